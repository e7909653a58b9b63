"""``rmpl inspect``: training samples as the model gets them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.options import (
    CorpusArgument,
    CorpusPath,
    FirstSplit,
    Images,
    LabelMapping,
    SchemaOfData,
    Types,
)
from rmpl.cli.outputs import hold, releases_locks

if TYPE_CHECKING:
    from rmpl.backbones.backbone import Backbone
    from rmpl.backbones.settings import Settings
    from rmpl.recipe.recipe import Recipe
    from rmpl.records import Document
    from rmpl.tasks import Context, Sample, Task
    from rmpl.viewer.inspection import ShownDocument, ShownSample

SAMPLES = 12
"""The number of samples shown per document."""


@releases_locks
def command(
    corpus: CorpusArgument,
    path: CorpusPath,
    split: FirstSplit = None,
    images: Images = None,
    backbone: Annotated[
        str | None, typer.Option(help="embedded, a hub id or a model folder; no weights needed.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="Recipe to take the model, settings and tasks from.")
    ] = None,
    task: Annotated[list[str] | None, typer.Option(help="Show only this task; repeatable.")] = None,
    types: Types = "mapped",
    mapping: LabelMapping = None,
    schema: SchemaOfData = None,
    documents: Annotated[int, typer.Option(help="Documents to draw.", min=1)] = 12,
    out: Annotated[Path, typer.Option(help="Output page.")] = Path("inspect.html"),
) -> None:
    """Draw training samples as a model gets them.

        rmpl inspect jmee world/ace --recipe recipes/tiny.yaml --out inspect.html

    Shown are prompt, target, resized image and boxes, and the links of documents. Every target is
    parsed and compared with its annotation. Exit code 1 if any differs.
    """
    from rmpl.backbones.weightless import load_weightless
    from rmpl.corpora.registry import find_corpus, read_corpus
    from rmpl.errors import RmplError, one_line
    from rmpl.ontology import load_ontology
    from rmpl.recipe.recipe import load_recipe
    from rmpl.viewer.inspection import differences, write_inspection

    hold(out, reads=(path, images, recipe, mapping))
    loaded = None if recipe is None else load_recipe(recipe)
    if not find_corpus(corpus).whole and path.exists():  # one that is not there is refused below
        raise RmplError(
            f"{corpus} contain no sentences and images",
            where=str(path),
            remedy="inspect the corpus they were predicted on",
        )
    source, settings = _model(loaded, backbone)
    model, note = load_weightless(source, settings)
    ontology = load_ontology(schema or ("m2e2" if loaded is None else loaded.ontology))
    context = model.context(ontology)
    tasks = _tasks(context, _task_names(loaded, corpus, task))
    splits = [split] if split is not None else find_corpus(corpus).present_splits(path)[:1]
    read = list(
        read_corpus(
            corpus,
            path,
            split=splits[0],
            images=images,
            types=types,
            mapping=mapping,
            ontology=ontology,
        )
    )
    read = _as_trained(read, loaded, corpus)
    chosen = list(_choose(read, tasks, documents))
    notes = [
        f"model: {source} ({model.family.name}), {model.settings.style} prompts",
        *([note] if note else []),
        f"{len(chosen)} of {len(read):,} documents, evenly spread over those with events or "
        "relations",
    ]
    converter = _Converter(model, context, tasks)
    shown = [converter.document(one) for one in chosen]
    wrong = differences(shown)
    if wrong:
        notes.append(f"!! targets that differ from their annotation: {len(wrong)}")
    written = write_inspection(
        out, title=f"{corpus}: what the model sees", notes=notes, documents=shown
    )
    count = sum(len(one.samples) for one in shown)
    links = sum(len(one.document.links) for one in shown)
    linked = f", {links} link{'s' * (links > 1)} of text and image events" if links else ""
    typer.echo(f"{written}: {count} samples of {len(shown)} documents{linked}")
    for one in wrong[:SAMPLES]:
        typer.echo(one_line(f"target differs from its annotation: {one}"))
    if wrong:
        raise typer.Exit(1)


def _model(recipe: Recipe | None, backbone: str | None) -> tuple[str, Settings | None]:
    """Return the model's name and its settings, ``None`` for its own."""
    from rmpl.training.run import Run

    if recipe is None:
        return backbone or "embedded", None
    return backbone or recipe.backbone.model, Run(recipe, Path(), Path()).settings()


def _task_names(recipe: Recipe | None, corpus: str, wanted: list[str] | None) -> list[str]:
    """Return the requested tasks, else the recipe's tasks of such a corpus, else all."""
    from rmpl.tasks import EVENT_TASKS

    if wanted:
        return wanted
    if recipe is not None:
        named = [
            source.task
            for stage in recipe.stages
            for source in stage.mixture
            if any(recipe.corpora[name].reader == corpus for name in source.corpora)
        ]
        if named:
            return list(dict.fromkeys(named))
    return [task.name for task in EVENT_TASKS]


def _tasks(context: Context, names: Sequence[str]) -> list[Task[Any, Any]]:
    from rmpl.tasks import make_task

    return [make_task(name, context) for name in names]


def _as_trained(documents: list[Document], recipe: Recipe | None, corpus: str) -> list[Document]:
    """Replace names by made-up ones where the recipe does."""
    from rmpl.training.data.made_up_names import rare_names, renamed

    if recipe is None or not any(
        one.reader == corpus and one.made_up_names for one in recipe.corpora.values()
    ):
        return documents
    return list(renamed(documents, rare_names(documents), recipe.seed))


def _choose(
    documents: list[Document], tasks: Sequence[Task[Any, Any]], count: int
) -> Iterator[Document]:
    """Yield documents with samples, evenly spread over those with events or relations, if any."""
    rich = [one for one in documents if one.text_events or one.image_events or one.relations]
    pool = rich or documents
    step = max(1, len(pool) // count)
    order = (pool[place] for first in range(step) for place in range(first, len(pool), step))
    having = (one for one in order if any(True for _ in _samples(one, tasks)))
    yield from itertools.islice(having, count)


def _samples(document: Document, tasks: Sequence[Task[Any, Any]]) -> Iterator[Sample]:
    """Yield the samples of a document, the first of every task before the second of any."""
    made = [task.samples([document]) for task in tasks]
    for row in itertools.zip_longest(*made):
        yield from (one for one in row if one is not None)


class _Converter:
    """Converts samples to what a model gets."""

    def __init__(self, model: Backbone, context: Context, tasks: Sequence[Task[Any, Any]]) -> None:
        self._model = model
        self._context = context
        self._tasks = tasks

    def document(self, document: Document) -> ShownDocument:
        from rmpl.viewer.inspection import ShownDocument

        samples = list(_samples(document, self._tasks))
        shown = [self._sample(one, document) for one in samples[:SAMPLES]]
        return ShownDocument(document, shown, left_out=len(samples) - len(shown))

    def _sample(self, sample: Sample, document: Document) -> ShownSample:
        from rmpl.backbones.inspection import inspect_image, inspect_tokens, inspected_document
        from rmpl.tasks.read_back import read_back
        from rmpl.viewer.inspection import ShownSample

        tokens = inspect_tokens(self._model, sample)
        parts = read_back(sample, document, self._context)
        tiles: tuple[Any, ...] = ()
        whole = None
        if sample.prompt.image is not None:
            image = inspect_image(self._model, sample.prompt.image)
            tiles, whole = image.tiles, image.whole
            if parts is not None:
                annotated, answered = (inspected_document(part, image) for part in parts)
                parts = annotated, answered
        return ShownSample(
            sample.task,
            sample.id,
            tokens.prompt,
            tokens.target,
            tokens.tokens,
            parts,
            tiles,
            whole,
        )
