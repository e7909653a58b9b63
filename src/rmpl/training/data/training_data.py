"""What a run is trained on: corpora, read once, of which a part may be held out."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from rmpl.corpora.contamination import ContaminationCheck
from rmpl.corpora.observed import observed_schema
from rmpl.corpora.origin import is_synthetic
from rmpl.corpora.registry import find_corpus, read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology, load_ontology
from rmpl.recipe.recipe import CorpusRecipe, Recipe, SourceRecipe
from rmpl.records import Document
from rmpl.tasks import Context, Sample, Task, make_task
from rmpl.tasks.candidates import training_samples
from rmpl.training.data.made_up_names import rare_names, renamed


def Corpus(  # noqa: N802 - a class of version 0.1
    reader: str, path: Path, split: str | None = None, made_up_names: int = 0
) -> CorpusRecipe:
    """Return a corpus as a recipe names it; for callers of version 0.1."""
    return CorpusRecipe(reader=reader, path=str(path), split=split, made_up_names=made_up_names)


class TrainingData:
    """The corpora of a run.

    Parameters
    ----------
    corpora
        By the names that mixtures know them by.
    data
        What their paths are relative to.
    ontology
        The event types and roles that readers keep; M2E2's by default.
    contamination_check
        A folder of the M2E2 benchmark whose documents and sentences may not be trained on.
    held_out
        The share of the documents that nothing is trained on. Which ones is a function of the seed
        and their ids alone: the same for all stages, tasks and corpora.
    seed
        Of that choice.

    Raises
    ------
    RmplError
        If a corpus is for evaluation only, or there is no reader of that name.
    """

    def __init__(
        self,
        corpora: Mapping[str, CorpusRecipe],
        *,
        data: Path = Path(),
        ontology: Ontology | None = None,
        contamination_check: str | None = None,
        held_out: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.readings: dict[str, ReadReport] = {}
        self._corpora = corpora
        self._data = data
        self._ontology = ontology
        self._benchmark = contamination_check
        self._share = held_out
        self._seed = seed
        self._documents: dict[str, list[Document]] = {}
        for name, corpus in corpora.items():
            if not find_corpus(corpus.reader).trains:
                raise RmplError(
                    f"corpus {name} reads {corpus.reader}, which is for evaluation only",
                    remedy="train on other corpora; nothing may be trained on a test set",
                )

    def samples(
        self, source: SourceRecipe, context: Context, *, held_out: bool = False
    ) -> list[Sample]:
        """Return the samples of a source of a mixture: to learn from, or held out.

        Where one of its corpora is read with all of its types, the schema is the one that the
        source's documents show, not the recipe's.

        Raises
        ------
        RmplError
            If a corpus is not there or cannot be read, there is no such task, the task asks for
            all events of a sentence or image and no document knows them, or it learns arguments and
            a corpus has none.
        """
        self._require_arguments(source, make_task(source.task, context))
        documents = [one for name in source.corpora for one in self.documents(name)]
        if any(self._corpora[name].types == "all" for name in source.corpora):
            context = dataclasses.replace(context, ontology=observed_schema(documents, "observed"))
        documents = [one for one in documents if self._is_held_out(one) == held_out]
        task = make_task(source.task, context)
        if task.asks_for_all and documents and all(one.partial for one in documents):
            raise RmplError(
                f"{source.task} asks for all events, and {' and '.join(source.corpora)} mark only "
                "some of them",
                remedy="use text-are or text-event with partial corpora, or a complete corpus",
            )
        found = list(training_samples(source.task, documents, context, source.candidates))
        if source.negatives is not None:
            found = self._balanced(task, found, source.negatives)
        if source.keep < 1:
            found = [
                one
                for number, one in enumerate(found)  # ids are unique within a document only
                if self._draw(f"keep {number} {one.id}") < source.keep
            ]
        return found

    def _require_arguments(self, source: SourceRecipe, task: Task[Any, Any]) -> None:
        """Refuse corpora without arguments for a task that would learn that there are none."""
        if task.finds in {None, "mentions", "type"}:
            return
        for name in source.corpora:
            if find_corpus(self._corpora[name].reader).mentions_only:
                raise RmplError(
                    f"{source.task} learns arguments, and {name} marks mentions only",
                    remedy="use the corpus with text-emi",
                )

    def _balanced(
        self, task: Task[Any, Any], samples: list[Sample], negatives: float
    ) -> list[Sample]:
        """Draw negatives until they are a share of the samples; order and positives stay."""
        others = [one for one in samples if task.is_positive(one) is False]
        wanted = round((len(samples) - len(others)) * negatives / (1 - negatives))
        rng = random.Random(f"{self._seed} negatives {task.name}")
        drawn = {id(one) for one in rng.sample(others, min(wanted, len(others)))}
        return [one for one in samples if task.is_positive(one) is not False or id(one) in drawn]

    def trained_documents(self, name: str) -> list[Document]:
        """Return those documents of a corpus that are trained on."""
        return [document for document in self.documents(name) if not self._is_held_out(document)]

    def held_out_documents(self, name: str) -> list[Document]:
        """Return those documents of a corpus that nothing is trained on."""
        return [document for document in self.documents(name) if self._is_held_out(document)]

    def documents(self, name: str) -> list[Document]:
        """Return a corpus's documents; overlaps with the benchmark are removed and reported."""
        if name not in self._documents:
            missing = self.missing(name)
            if missing is not None:
                raise missing
            corpus = self._corpora[name]
            path = self._data / corpus.path
            report = self.readings.setdefault(name, ReadReport())
            mapping = None if corpus.mapping is None else self._data / corpus.mapping
            documents = read_recipe_corpus(
                corpus, path, mapping=mapping, ontology=self._ontology, report=report
            )
            if self._contamination_check is not None:
                documents = self._contamination_check.keep_clean(documents, report)
            self._documents[name] = list(documents)
            if corpus.made_up_names:
                names, own = rare_names(self._documents[name]), self._documents[name]
                self._documents[name] = [
                    document
                    for variant in range(corpus.made_up_names)
                    for document in renamed(own, names, self._seed + variant)
                ]
        return self._documents[name]

    def missing(self, name: str) -> RmplError | None:
        """Return the error of a corpus whose file or folder is not there; ``None`` if it is."""
        path = self._data / self._corpora[name].path
        if path.exists():
            return None
        return RmplError(
            "no such file or folder",
            where=f"corpus {name}: {path}",
            remedy="get the data (docs/data.md), give the folder its path is relative to "
            f"with --data, or change corpora.{name}.path",
        )

    def fingerprints(self) -> dict[str, dict[str, object]]:
        """Return the number of documents and their digest for every corpus that was read."""
        return {
            name: {"documents": len(documents), "sha256": digest_of(documents)}
            for name, documents in self._documents.items()
        }

    def origins(self) -> dict[str, dict[str, object]]:
        """Return the actual source and the terms of every corpus that was read.

        The synthetic corpora have the formats of published ones: readers cannot distinguish them.
        """
        return {
            name: {
                "reader": corpus.reader,
                "synthetic": is_synthetic(self._data / corpus.path),
                "terms": find_corpus(corpus.reader).terms,
            }
            for name, corpus in self._corpora.items()
            if name in self._documents
        }

    def _is_held_out(self, document: Document) -> bool:
        return bool(self._share) and self._draw(f"held out {document.id}") < self._share

    def _draw(self, of: str) -> float:
        """Return a number from 0 to 1 that depends on the seed and ``of`` alone."""
        drawn = hashlib.sha256(f"{self._seed} {of}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / 2**64

    @functools.cached_property
    def _contamination_check(self) -> ContaminationCheck | None:
        if self._benchmark is None:
            return None
        try:
            return ContaminationCheck(read_corpus("m2e2", self._benchmark))
        except RmplError as error:
            raise RmplError(
                f"contamination_check: {error.what}",
                where=error.where,
                remedy="give the folder of M2E2 with --set contamination_check=FOLDER (relative "
                "to where you are, not to --data), or null to train unchecked",
            ) from error


def read_recipe_corpus(
    corpus: CorpusRecipe,
    path: Path,
    *,
    split: str | None = None,
    mapping: Path | None = None,
    ontology: Ontology | None = None,
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a corpus of a recipe from ``path``, in ``split`` instead of its own if that is given.

    ``mapping`` is the recipe's, found; it says what the labels of an annotation tool mean.

    Raises
    ------
    RmplError
        As ``read_corpus``.
    """
    return read_corpus(
        corpus.reader,
        path,
        split=split or corpus.split,
        report=report,
        ontology=ontology,
        types=corpus.types,
        extents=corpus.extents,
        mapping=mapping,
    )


def recipe_data(recipe: Recipe, data: Path) -> TrainingData:
    """Return the corpora that a recipe names, with their paths relative to ``data``."""
    return TrainingData(
        recipe.corpora,
        data=data,
        ontology=load_ontology(recipe.ontology),
        contamination_check=recipe.contamination_check,
        held_out=recipe.held_out,
        seed=recipe.seed,
    )


def published_documents(
    recipe: Recipe, data: Path, *, mapped: bool = False
) -> dict[str, list[Document]]:
    """Return the documents of a recipe's corpora, by corpus, with the names that are in them.

    With ``mapped``, only corpora with types of the recipe's schema are read.
    """
    corpora = {
        name: corpus.model_copy(update={"made_up_names": 0})
        for name, corpus in recipe.corpora.items()
        if not mapped or corpus.types == "mapped"
    }
    read = recipe_data(recipe.model_copy(update={"corpora": corpora}), data)
    return {name: read.documents(name) for name in corpora}


def digest_of(documents: Iterable[Document]) -> str:
    """Return the SHA-256 of documents, hexadecimal.

    Images count by their names and sizes: where they lie does not matter.
    """
    encoder = msgspec.json.Encoder()
    digest = hashlib.sha256()
    for document in documents:
        digest.update(encoder.encode(_without_folders(document)))
    return digest.hexdigest()


def _without_folders(document: Document) -> Document:
    images = tuple(
        image if image.path is None else msgspec.structs.replace(image, path=Path(image.path).name)
        for image in document.images
    )
    return msgspec.structs.replace(document, images=images)
