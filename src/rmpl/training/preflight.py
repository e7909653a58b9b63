"""What a recipe will do, before it does it: sizes, data, memory, steps; no weights, no GPU.

The model is built on the meta device from its configuration alone; the data are really read.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import PIL.Image
import torch

from rmpl.backbones import family_of
from rmpl.backbones.backbone import Backbone, Settings
from rmpl.backbones.checkpoints import (
    empty_model,
    known_checkpoints,
    local_folder,
    model_type_of,
    read_config,
    stand_in_processor,
)
from rmpl.errors import RmplError
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.training.adapters import full_parameters, new_lora, trainable_by_part
from rmpl.training.memory import (
    CUDA_BYTES,
    GIB,
    Kept,
    Memory,
    Sharding,
    language_activations,
    logit_bytes,
    sharded,
    state_memory,
    vision_activations,
)
from rmpl.training.mixture import Mixture, Source
from rmpl.training.recipe import StageRecipe
from rmpl.training.run import Run
from rmpl.training.token_counts import Lengths, TokenCounter, lengths_of

MANY_EPOCHS = 20
"""A source seen more often than this is warned about: the model learns it by heart."""
ONE, AGAIN = "1 GPU", "checkpointing"
MANY_PIXELS = 2_000_000
REMEDIES = {
    "weights": "precision bf16 halves them, a 4-bit base (QLoRA) quarters them again",
    "gradients": "train an adapter instead of everything, or fewer parts",
    "optimizer": "train an adapter instead of everything, or fewer parts",
    "activations": "half the batch with twice accumulate halves them, as do half the max_pixels",
    "logits": "half the batch with twice accumulate halves them",
    "gathered": "more GPUs do not help with these: take a smaller model",
}
SPREAD: tuple[tuple[str, Sharding], ...] = (
    ("DDP", "ddp"),
    ("ZeRO-2", "zero2"),
    ("FSDP/ZeRO-3", "zero3"),
)


class SourceFacts(msgspec.Struct, frozen=True):
    """One part of a stage's mixture.

    ``share`` is what the mixture really gives it; ``drawn`` counts samples with repetitions.
    """

    name: str
    samples: int
    share: float
    drawn: int
    lengths: Lengths

    @property
    def epochs(self) -> float:
        """Return how often every sample is seen, on average."""
        return self.drawn / self.samples


class StageFacts(msgspec.Struct, frozen=True):
    """One stage; ``memory`` is that of one GPU, by how the work is spread."""

    name: str
    steps: int
    batch: int
    accumulate: int
    trainable: dict[str, int]
    sources: list[SourceFacts]
    memory: dict[str, Memory]
    warnings: list[str]

    @property
    def tokens(self) -> int:
        """Return how many tokens the stage trains on, padding left out."""
        return round(sum(source.drawn * source.lengths.mean for source in self.sources))


class Preflight(msgspec.Struct, frozen=True):
    """What is known before a run; see ``preflight``."""

    model: str
    family: str
    parameters: int
    sizes_from: str
    tokens_from: str
    stages: list[StageFacts]


def preflight(run: Run, *, devices: int, gpu_bytes: int) -> Preflight:
    """Look ahead at a run.

    Parameters
    ----------
    run
        The run; nothing is written into its folder.
    devices
        How many GPUs the work may be spread over.
    gpu_bytes
        The memory of one; what does not fit is warned about.

    Raises
    ------
    RmplError
        As training would for its recipe and data, but never for missing weights.
    """
    source = run.recipe.backbone.model
    look = _Look(source, run.settings(), bf16=run.recipe.precision != "fp32")
    stages = [
        look.stage(stage, run.sources(stage), run.recipe.seed, devices, gpu_bytes)
        for stage in run.recipe.stages
    ]
    return Preflight(
        source, look.family.name, look.parameters, look.sizes_from, look.tokens_from, stages
    )


class _Look:
    """A backbone without weights, looked at stage by stage."""

    def __init__(self, source: str, settings: Settings, *, bf16: bool) -> None:
        self.family = family_of(model_type_of(source), source)
        self._config, self.sizes_from = read_config(source)
        self._bf16 = bf16
        model = self._empty()
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        processor, rate = self._processor(source)
        self.tokens_from = (
            "its own tokenizer"
            if rate is None
            else "words and marks, right to a tenth, as its tokenizer is not here"
        )
        self._backbone = Backbone(model, processor, self.family, settings)
        self._counter = TokenCounter(self._backbone, rate)

    def _processor(self, source: str) -> tuple[Any, float | None]:
        """Return the processor that is here, or a stand-in with its pieces a token."""
        folder = local_folder(source)
        known = known_checkpoints().get(source)
        if folder is not None or known is None:
            try:
                return self.family.load_processor(str(folder or source)), None
            except RmplError:
                if known is None:
                    raise
        return stand_in_processor(source, self.family), known.pieces_per_token

    def _empty(self) -> Any:
        return empty_model(self._config, self.family, torch.float32)

    def stage(
        self, stage: StageRecipe, sources: list[Source], seed: int, devices: int, gpu_bytes: int
    ) -> StageFacts:
        batches = stage.steps * stage.accumulate
        shares = Mixture(sources, batches=batches, batch=stage.batch, seed=seed).shares()
        facts = [
            SourceFacts(
                name=source.name,
                samples=len(source.samples),
                share=shares[source.name],
                drawn=round(shares[source.name] * batches) * stage.batch,
                lengths=lengths_of(source.samples, self._counter),
            )
            for source in sources
        ]
        model = self._trained(stage)
        memory = self._memory(model, stage, facts, devices)
        trainable = trainable_by_part(model, self.family)
        return StageFacts(
            name=stage.name,
            steps=stage.steps,
            batch=stage.batch,
            accumulate=stage.accumulate,
            trainable={part: trainable.get(part, 0) for part in self.family.parts},
            sources=facts,
            memory=memory,
            warnings=self._warnings(facts, memory, gpu_bytes),
        )

    def _trained(self, stage: StageRecipe) -> Any:
        adapter = stage.adapter
        if adapter.kind == "full":
            return full_parameters(self._empty(), self.family, adapter.parts)
        return new_lora(
            self._empty(),
            self.family,
            adapter.parts,
            rank=adapter.rank,
            alpha=adapter.alpha,
            dropout=adapter.dropout,
        )

    def _memory(
        self, model: Any, stage: StageRecipe, facts: list[SourceFacts], devices: int
    ) -> dict[str, Memory]:
        longest = max(fact.lengths.longest for fact in facts)
        kept = self._activations(model, stage.batch, longest, facts)
        vocabulary = self._config.get_text_config().vocab_size
        logits = logit_bytes(stage.batch * longest, vocabulary, autocast=self._bf16)
        states = state_memory(model, stage.optimizer.name)
        with_all, with_again = (
            msgspec.structs.replace(states, activations=activations, logits=logits)
            for activations in kept
        )
        found = {ONE: with_all, AGAIN: with_again}
        if devices > 1:
            for name, how in SPREAD:
                found[f"{devices} x {name}"] = sharded(with_all, model, how, devices)
        return found

    def _activations(self, model: Any, batch: int, longest: int, facts: list[SourceFacts]) -> Kept:
        """Return what the longest batch keeps, if it also has the largest pictures."""
        whole, again = language_activations(model, batch=batch, tokens=longest, autocast=self._bf16)
        shown = [fact.lengths for fact in facts if fact.lengths.largest is not None]
        if not shown:
            return Kept(whole, again)
        largest = max(shown, key=lambda lengths: lengths.picture).largest
        vision = self._blank(largest) if largest is not None else {}
        picture = vision_activations(model, vision, autocast=self._bf16)
        return Kept(whole + batch * picture.whole, again + batch * picture.checkpointed)

    def _blank(self, like: Image) -> dict[str, torch.Tensor]:
        """Return the tensors of an empty picture of the same size."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "blank.png"
            PIL.Image.new("RGB", (like.width, like.height)).save(path)
            image = msgspec.structs.replace(like, path=str(path))
            return self._backbone.encode(Prompt("", image)).vision

    def _warnings(
        self,
        facts: list[SourceFacts],
        memory: dict[str, Memory],
        gpu_bytes: int,
    ) -> list[str]:
        said = [
            f"{fact.name}: every sample is seen {fact.epochs:.0f} times"
            for fact in facts
            if fact.epochs > MANY_EPOCHS
        ]
        longest = max(fact.lengths.longest for fact in facts)
        positions = getattr(self._config.get_text_config(), "max_position_embeddings", longest)
        if longest > positions:
            said.append(
                f"the longest sample has {longest:,} tokens, the model {positions:,} places"
            )
        if self.family.pixels is not None and self._backbone.settings.max_pixels > MANY_PIXELS:
            said.append(
                f"pictures of up to {self._backbone.settings.max_pixels:,} pixels: "
                "backbone.max_pixels 401408 is 512 tokens a picture of Qwen's older families"
            )
        if min(one.total for one in memory.values()) + CUDA_BYTES > gpu_bytes:
            said.append(_too_much(memory, gpu_bytes))
        return said


def _too_much(memory: dict[str, Memory], gpu_bytes: int) -> str:
    """Say that no way of spreading fits, and what would make the largest component smaller."""
    name, least = min(memory.items(), key=lambda item: item[1].total)
    parts = msgspec.structs.asdict(least)
    largest = max(parts, key=lambda part: parts[part])
    return (
        f"{least.total / GIB:.0f} GiB at least ({name}), a GPU has {gpu_bytes / GIB:.0f}: most are "
        f"{largest}; {REMEDIES[largest]}"
    )
