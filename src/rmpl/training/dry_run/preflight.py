"""What a recipe will do, before it does it: sizes, data, memory, steps; no weights, no GPU.

The model is built on the meta device from its configuration alone; the data are really read.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec
import PIL.Image
import torch
from peft import get_peft_model

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import (
    empty_model,
    model_type_of,
    processor_at_hand,
    read_config,
)
from rmpl.backbones.families import family_of
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.recipe.recipe import AdapterRecipe, BackboneRecipe, StageRecipe
from rmpl.records import Image
from rmpl.runs.adapters import adapter_config, full_parameters, trainable_by_part
from rmpl.tasks import Prompt
from rmpl.training.data.mixture import Mixture, Source
from rmpl.training.dry_run.memory import (
    Kept,
    Memory,
    Sharding,
    language_activations,
    logit_bytes,
    sharded,
    state_memory,
    vision_activations,
)
from rmpl.training.dry_run.token_counts import Lengths, TokenCounter, lengths_of
from rmpl.training.dry_run.warnings import recipe_warnings, stage_warnings
from rmpl.training.parallel.shares import share_out
from rmpl.training.run import Run

ONE = "1 GPU"
WITH, WITHOUT = "checkpointing", "no checkpointing"
TOKENS = 64
"""So many tokens tell what any number of them keeps: it grows with them."""
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

    @property
    def tokens(self) -> int:
        """Return how many tokens the stage sees of it, padding left out."""
        return round(self.drawn * self.lengths.mean)


class StageFacts(msgspec.Struct, frozen=True):
    """One stage; ``memory`` is that of one GPU, by how the work is spread."""

    name: str
    steps: int
    batch: int
    accumulate: int
    trained_as: str
    trainable: dict[str, int]
    sources: list[SourceFacts]
    memory: dict[str, Memory]
    warnings: list[str]

    @property
    def tokens(self) -> int:
        """Return how many tokens the stage trains on, padding left out."""
        return sum(source.tokens for source in self.sources)


class Preflight(msgspec.Struct, frozen=True):
    """What is known before a run; see ``preflight``."""

    model: str
    family: str
    parameters: int
    sizes_from: str
    tokens_from: str
    stages: list[StageFacts]
    warnings: list[str]


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
    recipe = run.recipe
    look = _Look(recipe.backbone, run.settings(), bf16=recipe.precision != "fp32")
    stages = [
        look.stage(stage, run.sources(stage), recipe.seed, devices, gpu_bytes)
        for stage in recipe.stages
    ]
    return Preflight(
        model=recipe.backbone.model,
        family=look.family.name,
        parameters=look.parameters,
        sizes_from=look.sizes_from,
        tokens_from=look.tokens_from,
        stages=stages,
        warnings=recipe_warnings(recipe, look.family, look.backbone.settings),
    )


class _Trained(NamedTuple):
    """A model without weights with what is trained of it, and what its layers keep of tokens."""

    model: Any
    weights: str
    words: Kept
    pictures: dict[tuple[int, int], Kept]


class _Look:
    """A backbone without weights, looked at stage by stage."""

    def __init__(self, recipe: BackboneRecipe, settings: Settings, *, bf16: bool) -> None:
        source = recipe.model
        self.family = family_of(model_type_of(source), source)
        self._config, self.sizes_from = read_config(source)
        self._bf16 = bf16
        self._weights = recipe.weights
        model = empty_model(self._config, self.family, torch.float32)
        self.parameters = sum(parameter.numel() for parameter in model.parameters())
        processor, rate = processor_at_hand(source, self.family)
        self.tokens_from = (
            "its own tokenizer"
            if rate is None
            else "words and marks, right to a tenth, as its tokenizer is not here"
        )
        self.backbone = Backbone(model, processor, self.family, settings)
        self._counter = TokenCounter(self.backbone, rate)
        self._seen: dict[str, _Trained] = {}

    def stage(
        self, stage: StageRecipe, sources: list[Source], seed: int, devices: int, gpu_bytes: int
    ) -> StageFacts:
        lengths = [lengths_of(source.samples, self._counter) for source in sources]
        steps = stage.steps_over(sum(len(source.samples) for source in sources))
        batches = steps * stage.accumulate
        shares = Mixture(sources, batches=batches, batch=stage.batch, seed=seed).shares()
        facts = [
            SourceFacts(
                name=source.name,
                samples=len(source.samples),
                share=shares[source.name],
                drawn=round(shares[source.name] * batches) * stage.batch,
                lengths=found,
            )
            for source, found in zip(sources, lengths, strict=True)
        ]
        trained = self._trained(stage.adapter)
        memory, refused = self._memory(trained, stage, lengths, devices)
        trainable = trainable_by_part(trained.model, self.family)
        positions = getattr(self._config.get_text_config(), "max_position_embeddings", None)
        return StageFacts(
            name=stage.name,
            steps=steps,
            batch=stage.batch,
            accumulate=stage.accumulate,
            trained_as=f"{stage.adapter.kind} over {trained.weights} weights",
            trainable={part: trainable.get(part, 0) for part in self.family.parts},
            sources=facts,
            memory=memory,
            warnings=refused
            + stage_warnings(
                stage,
                {fact.name: fact.lengths for fact in facts},
                {fact.name: fact.epochs for fact in facts},
                memory,
                positions=positions,
                gpu_bytes=gpu_bytes,
            ),
        )

    def _trained(self, adapter: AdapterRecipe) -> _Trained:
        """Return the model as a GPU would train it; the same for stages that train the same."""
        key = adapter.model_dump_json()
        if key not in self._seen:
            model, weights = self._model(adapter)
            words = language_activations(model, batch=1, tokens=TOKENS, autocast=self._bf16)
            self._seen[key] = _Trained(model, weights, words, {})
        return self._seen[key]

    def _model(self, adapter: AdapterRecipe) -> tuple[Any, str]:
        weights: str = self._weights
        if adapter.kind == "qlora":
            weights = "4bit"
        elif weights == "auto":
            weights = "bf16" if self._bf16 and adapter.kind != "full" else "fp32"
        dtype = torch.float32 if weights == "fp32" else torch.bfloat16
        model = empty_model(self._config, self.family, dtype)
        if adapter.kind == "full":
            return full_parameters(model, self.family, adapter.parts), weights
        return get_peft_model(model, adapter_config(self.family, adapter)), weights

    def _memory(
        self, trained: _Trained, stage: StageRecipe, lengths: list[Lengths], devices: int
    ) -> tuple[dict[str, Memory], list[str]]:
        """Return the memory by how the work is spread, and why it cannot be spread."""
        four_bits = self._four_bits(trained.model) if trained.weights == "4bit" else set()
        states = state_memory(trained.model, stage.optimizer.name, four_bits=four_bits)
        limit = stage.max_length or max(one.longest for one in lengths)
        longest = min(limit, max(one.longest for one in lengths))
        answer = min(limit, max(one.longest_answer for one in lengths))
        pictures = self._pictures(trained, lengths)
        words = trained.words
        vocabulary = self._config.get_text_config().vocab_size

        def at_work(samples: int, *, checkpointing: bool) -> Memory:
            text, picture = (
                one.checkpointed if checkpointing else one.whole for one in (words, pictures)
            )
            kept = samples * (text * longest // TOKENS + picture)
            return msgspec.structs.replace(
                states,
                activations=kept + words.copies + pictures.copies,
                logits=logit_bytes(samples * answer, vocabulary, autocast=self._bf16),
            )

        is_on = stage.checkpointing
        samples, _ = share_out(stage.batch, stage.accumulate, stage.split, 1)
        found = {
            ONE: at_work(samples, checkpointing=is_on),
            WITHOUT if is_on else WITH: at_work(samples, checkpointing=not is_on),
        }
        if devices == 1:
            return found, []
        try:
            samples, _ = share_out(stage.batch, stage.accumulate, stage.split, devices)
        except RmplError as error:
            return found, [str(error)]
        for name, how in SPREAD:
            one = at_work(samples, checkpointing=is_on)
            found[f"{devices} x {name}"] = sharded(one, trained.model, how, devices)
        return found, []

    def _four_bits(self, model: Any) -> set[str]:
        """Return the parameters that QLoRA keeps in 4 bits: the language model's linear layers."""
        language = re.compile(self.family.parts["language"])
        return {
            f"{name}.weight"
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear)
            and "lora_" not in name
            and "lm_head" not in name
            and language.match(name.removeprefix("base_model.model."))
        }

    def _pictures(self, trained: _Trained, lengths: list[Lengths]) -> Kept:
        """Return what the largest picture of all keeps."""
        shown = [(one.picture, one.largest) for one in lengths if one.largest is not None]
        if not shown:
            return Kept(0, 0, 0)
        _, largest = max(shown, key=lambda pair: pair[0])
        size = (largest.width, largest.height)
        if size not in trained.pictures:
            vision = self._blank(largest)
            kept = vision_activations(trained.model, vision, autocast=self._bf16)
            trained.pictures[size] = kept
        return trained.pictures[size]

    def _blank(self, like: Image) -> dict[str, torch.Tensor]:
        """Return the tensors of an empty image of the same size."""
        blank = PIL.Image.new("RGB", (like.width, like.height))
        return self.backbone.encode(Prompt("", like), image=blank).vision
