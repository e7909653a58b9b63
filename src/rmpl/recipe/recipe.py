"""A recipe: one typed tree that defines what is trained, on what, and how.

Read from YAML, changed by overrides (``stages.0.steps=100``), validated, saved in the run's folder.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pydantic

from rmpl.errors import RmplError
from rmpl.io.yaml_files import load_yaml
from rmpl.recipe.former_names import current_keys, current_names
from rmpl.recipe.inheritance import read_tree

Positive = Annotated[int, pydantic.Field(gt=0)]
Share = Annotated[float, pydantic.Field(ge=0, le=1)]
Rate = Annotated[float, pydantic.Field(gt=0)]
Name = Annotated[str, pydantic.Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]
"""The name of something with a folder of its own: it may not lead to another one."""
# Runs of earlier versions have names such as Qwen2.5-VL, too.
RecipeName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
NO_MODEL = "none"
PART = Literal["language", "projector", "vision"]
Precision = Literal["auto", "fp32", "bf16"]
Model = TypeVar("Model", bound=pydantic.BaseModel)


class Strict(pydantic.BaseModel):
    """A part of a recipe: no unknown keys, no changes after validation."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)
    added: ClassVar[frozenset[str]] = frozenset()
    """Keys that version 0.1 lacks. They are written only where they are used, so that fingerprints
    and locks of its recipes still hold."""

    @pydantic.model_serializer(mode="wrap")
    def _without_unused(self, write: pydantic.SerializerFunctionWrapHandler) -> dict[str, Any]:
        tree: dict[str, Any] = write(self)
        fields = type(self).model_fields
        unused = {name for name in self.added if getattr(self, name) == fields[name].default}
        return {name: value for name, value in tree.items() if name not in unused}


class BackboneRecipe(Strict):
    """The model to train, and how prompts and boxes are written for it.

    ``model`` is ``none`` in a recipe that only serves to be extended. ``weights`` is the precision
    of frozen weights, ``attention`` the attention kernels; ``auto`` selects what the machine has.
    With ``link_directions: both``, "same event?" is trained and asked in both directions, from the
    text to the image and from the image to the text. With ``captions``, questions about an image
    hold its caption, in training and extraction.
    """

    added = frozenset({"captions"})
    model: str = "embedded"
    weights: Literal["auto", "fp32", "bf16"] = "auto"
    attention: Literal["auto", "eager", "sdpa", "flash"] = "auto"
    style: Literal["full", "brief"] = "full"
    pad: str = ""
    box_step: Positive = 1
    min_pixels: Annotated[int, pydantic.Field(ge=0)] = 0
    max_pixels: Annotated[int, pydantic.Field(ge=0)] = 0
    link_directions: Literal["one", "both"] = "one"
    captions: bool = False


class CorpusRecipe(Strict):
    """A corpus: which reader, where (relative to ``data``), which split.

    ``made_up_names`` is the number of copies of each document, each with other made-up names, for
    models too small to know many; 0 keeps the corpus as it is. ``types: all`` keeps every event of
    a corpus of text events, with its own type and roles, and ``mapped`` those of the recipe's
    schema. ``extents`` says how long arguments are: ``heads`` or names, as M2E2 marks them, or as
    ``published``; by default heads for mapped types of corpora that mark phrases. ``mapping``,
    relative to ``data``, says what a tool's labels mean.
    """

    added = frozenset({"types", "extents", "mapping"})
    reader: str
    path: str
    split: str | None = None
    made_up_names: Annotated[int, pydantic.Field(ge=0, le=100)] = 0
    types: Literal["mapped", "all"] = "mapped"
    extents: Literal["published", "heads"] | None = None
    mapping: str | None = None


class SourceRecipe(Strict):
    """One part of a mixture: a task over the documents of one or more corpora.

    ``weight`` is its share of the samples, relative to the other sources of the stage.
    ``negatives`` is the share of samples without an event: of those that the corpora have, a part
    is drawn; all are used by default. With ``candidates``, a prompt lists that number of types,
    sampled anew for every sample, not the whole schema. ``keep`` is the share of samples to use.
    """

    added = frozenset({"negatives", "candidates", "keep"})
    task: str
    corpora: list[str] = pydantic.Field(min_length=1)
    weight: Annotated[float, pydantic.Field(gt=0)] = 1.0
    negatives: Annotated[float, pydantic.Field(ge=0, lt=1)] | None = None
    candidates: Annotated[int, pydantic.Field(ge=0)] = 0
    keep: Annotated[float, pydantic.Field(gt=0, le=1)] = 1.0


class AdapterRecipe(Strict):
    """Which parts of the model train, by an adapter or directly (``full``); the rest is frozen.

    ``dora`` also learns column magnitudes; ``qlora`` is LoRA over 4-bit weights.
    """

    kind: Literal["lora", "dora", "qlora", "full"] = "lora"
    rank: Positive = 16
    alpha: Positive = 32
    dropout: Share = 0.0
    parts: list[PART] = pydantic.Field(default=["language", "projector"], min_length=1)

    def shape(self) -> tuple[object, ...]:
        """Return what two adapters must have in common for one to continue the other."""
        dora = self.kind == "dora"
        return dora, self.rank, self.alpha, self.dropout, tuple(sorted(self.parts))


class OptimizerRecipe(Strict):
    """AdamW, or Muon for matrices and AdamW for the rest, under a WSD schedule.

    WSD: ``warmup`` steps of linear warm-up, a stable phase, linear decay to 0 over the last
    ``decay`` share of the steps. ``learning_rates`` sets the rate of single parts of the model.
    """

    name: Literal["adamw", "muon"] = "adamw"
    learning_rate: Rate = 1e-4
    learning_rates: dict[PART, Rate] = {}
    weight_decay: Annotated[float, pydantic.Field(ge=0)] = 0.0
    warmup: Annotated[int, pydantic.Field(ge=0)] = 10
    decay: Share = 0.4


class EvaluateRecipe(Strict):
    """Evaluation on held-out samples, checkpoint selection and early stopping.

    Evaluate every ``every`` steps on at most ``samples`` samples per source, by the tasks' own
    score or by the loss. Training stops after ``patience`` evaluations without
    improvement (0: never).
    """

    every: Positive
    by: Literal["score", "loss"] = "score"
    samples: Positive = 64
    patience: Annotated[int, pydantic.Field(ge=0)] = 0


class StageRecipe(Strict):
    """A stage: its mixture, its initialisation and its length.

    ``start`` is ``base`` or the name of an earlier stage. ``by`` is how an earlier stage's adapter
    is used: ``continue`` trains it further, ``merge`` merges it into the weights and adds a new
    one, ``stack`` keeps it frozen and adds a new one on top.

    Give either ``steps`` or ``epochs``; an epoch is the number of samples of all sources. Samples
    of more than ``max_length`` tokens are skipped. ``by_length`` batches samples of similar length,
    which needs less padding. ``micro_batches`` is the number of micro-batches of a batch; it and
    activation ``checkpointing`` save memory and change nothing else.
    """

    name: Name
    start: str = "base"
    by: Literal["continue", "merge", "stack"] = "continue"
    mixture: list[SourceRecipe] = pydantic.Field(min_length=1)
    steps: Positive | None = None
    epochs: Annotated[float, pydantic.Field(gt=0)] | None = None
    batch: Positive = 16
    accumulate: Positive = 1
    micro_batches: Positive = 1
    checkpointing: bool = False
    max_length: Positive | None = None
    by_length: bool = False
    adapter: AdapterRecipe = AdapterRecipe()
    optimizer: OptimizerRecipe = OptimizerRecipe()
    save_every: Positive = 100
    evaluate: EvaluateRecipe | None = None

    @pydantic.model_validator(mode="after")
    def _is_possible(self) -> StageRecipe:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError(f"stage {self.name} needs steps or epochs, one of the two")
        if self.batch % self.micro_batches:
            raise ValueError(
                f"stage {self.name}: a batch of {self.batch} cannot be split into "
                f"{self.micro_batches} equal micro-batches"
            )
        idle = set(self.optimizer.learning_rates) - set(self.adapter.parts)
        if idle:
            raise ValueError(
                f"stage {self.name} has a learning rate for {min(idle)}, which its adapter's parts "
                "leave frozen"
            )
        if self.by == "stack" and self.adapter.kind in {"dora", "full"}:
            raise ValueError(
                f"stage {self.name} stacks {self.adapter.kind} on an adapter: stack lora or qlora, "
                "or merge"
            )
        if self.by == "merge" and self.adapter.kind == "qlora" and self.start != "base":
            raise ValueError(
                f"stage {self.name} would merge an adapter into 4-bit weights, which loses "
                "precision: continue or stack it"
            )
        return self

    def steps_over(self, samples: int) -> int:
        """Return the number of optimizer steps over sources with ``samples`` samples in all."""
        if self.steps is not None:
            return self.steps
        return max(math.ceil((self.epochs or 1.0) * samples / (self.batch * self.accumulate)), 1)


class Recipe(Strict):
    """The whole recipe.

    ``contamination_check`` is a folder of the M2E2 benchmark: training documents that share an id
    or a near-identical sentence with it are removed and reported. ``held_out`` is the
    share of the documents that no stage is trained on, for evaluation. ``report_to`` lists loggers
    of training curves besides the run folder: TensorBoard, if it is installed.
    """

    name: RecipeName
    seed: int = 7
    precision: Precision = "auto"
    ontology: str = "m2e2"
    data: str = "."
    contamination_check: str | None = None
    held_out: Annotated[float, pydantic.Field(ge=0, le=0.5)] = 0.0
    report_to: list[str] | None = None
    backbone: BackboneRecipe = BackboneRecipe()
    corpora: dict[str, CorpusRecipe] = {}
    stages: list[StageRecipe] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _has_current_names(cls, tree: Any) -> Any:
        return current_names(tree, "recipe") if isinstance(tree, dict) else tree

    @pydantic.model_validator(mode="after")
    def _refers_to_what_exists(self) -> Recipe:
        seen: dict[str, StageRecipe] = {}
        for stage in self.stages:
            if stage.name in seen or stage.name == "base":
                raise ValueError(f"two stages are called {stage.name}")
            if stage.start not in {"base", *seen}:
                raise ValueError(f"stage {stage.name} starts from {stage.start}, no earlier stage")
            if stage.start in seen and stage.by == "continue":
                _continues(stage, seen[stage.start])
            seen[stage.name] = stage
            if stage.evaluate is not None and not self.held_out:
                raise ValueError(f"stage {stage.name} is to be evaluated, but held_out is 0")
            for source in stage.mixture:
                for corpus in source.corpora:
                    if corpus not in self.corpora:
                        raise ValueError(
                            f"stage {stage.name} mixes corpus {corpus}, which corpora lacks"
                        )
        return self

    def require_model(self) -> None:
        """Check that a model is named; recipes that only serve to be extended name none.

        Raises
        ------
        RmplError
            If no model is named.
        """
        if self.backbone.model == NO_MODEL:
            raise RmplError(
                "backbone.model: this recipe names no model, others extend it",
                where=self.name,
                remedy="take one of those (`rmpl recipes`), or --set backbone.model=MODEL",
            )


def _continues(stage: StageRecipe, earlier: StageRecipe) -> None:
    """Check that a stage that continues an adapter describes the same adapter."""
    one, other = stage.adapter, earlier.adapter
    if "full" not in {one.kind, other.kind} and one.shape() != other.shape():
        raise ValueError(
            f"stage {stage.name} continues the adapter of {earlier.name}, but describes another: "
            "give both the same adapter, or merge or stack it"
        )


def load_recipe(path: Path, overrides: list[str] | None = None, *, warn: bool = True) -> Recipe:
    """Read and validate a recipe.

    Parameters
    ----------
    path
        The YAML file; it may extend another one, see ``inherit``.
    overrides
        ``dotted.key=value`` strings; the value is read as YAML, list items by number.
    warn
        Whether former names of keys give a warning; they are read in any case.

    Raises
    ------
    RmplError
        For a missing or malformed file, an unknown key or an impossible value: names the key.
    """
    return validated(Recipe, changed_tree(path, overrides, warn=warn), str(path))


def changed_tree(
    path: Path, overrides: list[str] | None = None, *, warn: bool = True
) -> dict[str, Any]:
    """Read a recipe as ``load_recipe`` does, without validating it yet.

    Raises
    ------
    RmplError
        For a missing or malformed file, or an override that does not fit it.
    """
    tree = read_tree(path, warn=warn)
    for override in current_keys(overrides or []):
        _override(tree, override)
    return current_names(tree, "overrides", warn=warn) if overrides else tree


def validated(
    kind: type[Model], tree: dict[str, Any], where: str, *, keys: str = "docs/recipes.md"
) -> Model:
    """Return a tree as an instance of ``kind``, or report the wrong key.

    Parameters
    ----------
    kind
        The model class to validate against.
    tree
        The tree as read from YAML.
    where
        Its source, for messages.
    keys
        The page that lists the keys.

    Raises
    ------
    RmplError
        For an unknown key or an impossible value.
    """
    try:
        return kind.model_validate(tree)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        more = len(error.errors()) - 1
        also = f" (and {more} more)" if more else ""
        raise RmplError(
            f"{key}: {_reason(first)}{also}", where=where, remedy=_remedy(first, keys)
        ) from error


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "no such key"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _remedy(error: Any, keys: str) -> str:
    if error["type"] == "extra_forbidden":
        return f"check its spelling against {keys}"
    return "correct it and start again"


def _override(tree: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator:
        raise RmplError(f"override {override!r} has no '='", remedy="write key.sub=value")
    *parents, last = key.split(".")
    node: Any = tree
    try:
        for name in parents:
            node = node[int(name)] if isinstance(node, list) else node.setdefault(name, {})
        if isinstance(node, list):
            node[int(last)] = load_yaml(value)
        else:
            node[last] = load_yaml(value)
    except (
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise RmplError(
            f"override {override!r} does not fit the recipe",
            remedy="check the dotted key; stages are counted from 0, as in stages.0.steps=100",
        ) from error
