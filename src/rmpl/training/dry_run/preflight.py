"""The dry run of a recipe: sizes, data, memory and steps, without weights and GPU.

The model is built on the meta device from its configuration; the data is actually read. Where it
is not there, its parameters and memory are those of one assumed document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import PIL.Image
import torch
from peft import get_peft_model

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import (
    empty_model,
    local_folder,
    model_type_of,
    processor_at_hand,
    read_config,
)
from rmpl.backbones.end_of_turn import is_untrained_in_files
from rmpl.backbones.families import family_of
from rmpl.backbones.settings import Settings
from rmpl.errors import RmplError
from rmpl.recipe.recipe import AdapterRecipe, BackboneRecipe, StageRecipe
from rmpl.records import Image
from rmpl.runs.adapters import adapter_config, full_parameters, trainable_by_part
from rmpl.tasks import Prompt
from rmpl.training.data.mixture import Mixture, Source
from rmpl.training.dry_run.assumed import assumed_sources
from rmpl.training.dry_run.memory import (
    Activations,
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
"""The number of tokens that activations are counted with; they are proportional to it."""
SPREAD: tuple[tuple[str, Sharding], ...] = (
    ("DDP", "ddp"),
    ("ZeRO-2", "zero2"),
    ("FSDP/ZeRO-3", "zero3"),
)


class SourceFacts(msgspec.Struct, frozen=True):
    """One source of a stage's mixture.

    ``share`` is its realised share; ``drawn`` the number of samples, with repetitions.
    """

    name: str
    samples: int
    share: float
    drawn: int
    lengths: Lengths

    @property
    def epochs(self) -> float:
        """Return the mean number of times that a sample is used."""
        return self.drawn / self.samples

    @property
    def tokens(self) -> int:
        """Return the number of its tokens in the stage, without padding."""
        return round(self.drawn * self.lengths.mean)


class StageFacts(msgspec.Struct, frozen=True):
    """One stage; ``memory`` is that of one GPU, by parallelism."""

    name: str
    steps: int
    """0 if that depends on data that are not there."""
    batch: int
    accumulate: int
    trained_as: str
    trainable: dict[str, int]
    sources: list[SourceFacts]
    memory: dict[str, Memory]
    warnings: list[str]
    undivided: str = ""
    """Why its steps cannot be divided among the GPUs, if so."""
    missing: tuple[RmplError, ...] = ()
    """Its corpora that are not there. Its lengths are then assumed ones, its shares unknown."""

    @property
    def tokens(self) -> int:
        """Return the number of tokens that the stage trains on, without padding."""
        return sum(source.tokens for source in self.sources)


class Preflight(msgspec.Struct, frozen=True):
    """The result of a dry run; see ``preflight``."""

    model: str
    family: str
    parameters: int
    sizes_from: str
    tokens_from: str
    stages: list[StageFacts]
    warnings: list[str]


def preflight(run: Run, *, devices: int, gpu_bytes: int) -> Preflight:
    """Dry-run a recipe.

    Parameters
    ----------
    run
        The run; nothing is written into its folder.
    devices
        The number of GPUs to distribute training over.
    gpu_bytes
        The memory of one in bytes; stages that need more get a warning.

    Raises
    ------
    RmplError
        As training for its recipe and data, but not for missing weights or corpora.
    """
    recipe = run.recipe
    dry_run = _DryRun(recipe.backbone, run.settings(), bf16=recipe.precision != "fp32")
    stages = []
    for stage in recipe.stages:
        names = dict.fromkeys(name for source in stage.mixture for name in source.corpora)
        missing = tuple(one for name in names if (one := run.corpora.missing(name)) is not None)
        if missing:
            pixels = dry_run.backbone.settings.max_pixels
            sources = assumed_sources(stage, run.context(), pixels)
            if not sources:  # tasks of other packages, about what no document of ours has
                raise missing[0]
        else:
            sources = run.sources(stage)
        stages.append(
            dry_run.stage(stage, sources, recipe.seed, devices, gpu_bytes, missing=missing)
        )
    return Preflight(
        model=recipe.backbone.model,
        family=dry_run.family.name,
        parameters=dry_run.parameters,
        sizes_from=dry_run.sizes_from,
        tokens_from=dry_run.tokens_from,
        stages=stages,
        warnings=[
            *recipe_warnings(recipe, dry_run.family, dry_run.backbone.settings, run.data),
            *dry_run.frozen_end(recipe.stages),
        ],
    )


class _Trained(NamedTuple):
    """A model without weights, prepared for training, and its activations."""

    model: Any
    weights: str
    text: Activations
    images: dict[tuple[int, int], Activations]


_PREPARED: dict[tuple[str, ...], _Trained] = {}
"""Models counted before: the cells of an ablation grid and the stages of a recipe share them."""
_KEPT = 4


class _DryRun:
    """A backbone without weights, on which stages are dry-run."""

    def __init__(self, recipe: BackboneRecipe, settings: Settings, *, bf16: bool) -> None:
        self._source = source = recipe.model
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
            else "words and punctuation, accurate to 10%, as its tokenizer is not on this machine"
        )
        self.backbone = Backbone(model, processor, self.family, settings)
        self._counter = TokenCounter(self.backbone, rate)

    def stage(
        self,
        stage: StageRecipe,
        sources: list[Source],
        seed: int,
        devices: int,
        gpu_bytes: int,
        *,
        missing: tuple[RmplError, ...] = (),
    ) -> StageFacts:
        """Return the facts of a stage; ``sources`` are assumed ones if corpora are missing."""
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
            steps=0 if missing and stage.steps is None else steps,
            batch=stage.batch,
            accumulate=stage.accumulate,
            trained_as=f"{stage.adapter.kind} over {trained.weights} weights",
            trainable={part: trainable.get(part, 0) for part in self.family.parts},
            sources=facts,
            memory=memory,
            undivided=refused,
            missing=missing,
            warnings=stage_warnings(
                stage,
                {fact.name: fact.lengths for fact in facts if not missing},
                {fact.name: fact.epochs for fact in facts if not missing},
                memory,
                positions=positions,
                gpu_bytes=gpu_bytes,
            ),
        )

    def frozen_end(self, stages: Sequence[StageRecipe]) -> list[str]:
        """Return a warning if answers end with a new token whose embedding no stage trains."""
        folder = local_folder(self._source)
        trains = any(s.adapter.kind == "full" and "language" in s.adapter.parts for s in stages)
        end, tokenizer = self.backbone.end_id, self.backbone.tokenizer
        if folder is None or trains or not is_untrained_in_files(folder, tokenizer, end):
            return []
        token = tokenizer.convert_ids_to_tokens(end)
        return [
            f"the model was not trained with the token {token}, which ends its answers, and its "
            "embedding stays frozen: a constant loss at the end of every answer"
        ]

    def _trained(self, adapter: AdapterRecipe) -> _Trained:
        """Return the model as trained on a GPU, counted once for all that is alike."""
        settings = msgspec.json.encode(self.backbone.settings).decode()
        key = (
            self._config.to_json_string(use_diff=False),
            self.family.name,
            settings,
            adapter.model_dump_json(),
            f"{self._weights} {self._bf16}",
        )
        if key not in _PREPARED:
            model, weights = self._model(adapter)
            text = language_activations(model, batch=1, tokens=TOKENS, autocast=self._bf16)
            while len(_PREPARED) >= _KEPT:
                del _PREPARED[next(iter(_PREPARED))]
            _PREPARED[key] = _Trained(model, weights, text, {})
        return _PREPARED[key]

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
    ) -> tuple[dict[str, Memory], str]:
        """Return the memory by parallelism, and why the work cannot be distributed, if so."""
        four_bits = self._four_bits(trained.model) if trained.weights == "4bit" else set()
        states = state_memory(trained.model, stage.optimizer.name, four_bits=four_bits)
        limit = stage.max_length or max(one.longest for one in lengths)
        longest = min(limit, max(one.longest for one in lengths))
        answer = min(limit, max(one.longest_answer for one in lengths))
        images = self._images(trained, lengths)
        vocabulary = self._config.get_text_config().vocab_size

        def at_work(samples: int, *, checkpointing: bool) -> Memory:
            text, image = (
                one.checkpointed if checkpointing else one.whole for one in (trained.text, images)
            )
            saved = samples * (text * longest // TOKENS + image)
            return msgspec.structs.replace(
                states,
                activations=saved + trained.text.copies + images.copies,
                logits=logit_bytes(samples * answer, vocabulary, autocast=self._bf16),
            )

        is_on = stage.checkpointing
        samples, _ = share_out(stage.batch, stage.accumulate, stage.micro_batches, 1)
        found = {
            ONE: at_work(samples, checkpointing=is_on),
            WITHOUT if is_on else WITH: at_work(samples, checkpointing=not is_on),
        }
        if devices == 1:
            return found, ""
        try:
            samples, _ = share_out(stage.batch, stage.accumulate, stage.micro_batches, devices)
        except RmplError as error:
            return found, str(error)
        for name, how in SPREAD:
            one = at_work(samples, checkpointing=is_on)
            found[f"{devices} x {name}"] = sharded(one, trained.model, how, devices)
        return found, ""

    def _four_bits(self, model: Any) -> set[str]:
        """Return the parameters that QLoRA stores in 4 bits: the language model's linear layers."""
        language = re.compile(self.family.parts["language"])
        return {
            f"{name}.weight"
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear)
            and "lora_" not in name
            and "lm_head" not in name
            and language.match(name.removeprefix("base_model.model."))
        }

    def _images(self, trained: _Trained, lengths: list[Lengths]) -> Activations:
        """Return the activations of the largest image."""
        shown = [(one.image, one.largest) for one in lengths if one.largest is not None]
        if not shown:
            return Activations(0, 0, 0)
        _, largest = max(shown, key=lambda pair: pair[0])
        size = (largest.width, largest.height)
        if size not in trained.images:
            vision = self._blank(largest)
            found = vision_activations(trained.model, vision, autocast=self._bf16)
            trained.images[size] = found
        return trained.images[size]

    def _blank(self, like: Image) -> dict[str, torch.Tensor]:
        """Return the tensors of a blank image of the same size."""
        blank = PIL.Image.new("RGB", (like.width, like.height))
        return self.backbone.encode(Prompt("", like), image=blank).vision
