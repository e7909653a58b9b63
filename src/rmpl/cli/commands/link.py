"""``rmpl link``: link text events to image events, for any system's output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.default_model import warn_of
from rmpl.cli.options import Batch, CorpusOption, Images, ModelSchema
from rmpl.cli.outputs import hold, releases_locks

if TYPE_CHECKING:
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import Ontology
    from rmpl.records import Document


@releases_locks
def command(
    predictions: Annotated[
        Path, typer.Argument(help="Prediction file with text and image events.")
    ],
    model: Annotated[str, typer.Option(help="Run folder, model folder or hub id.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Corpus folder; not needed for output of rmpl extract."),
    ] = None,
    corpus: CorpusOption = "m2e2",
    images: Images = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Prediction file to write. Default: linked.jsonl beside PREDICTIONS."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Minimum probability of a link. Default: the run's own.", min=0, max=1),
    ] = None,
    schema: ModelSchema = None,
    batch: Batch = 32,
) -> None:
    """Link text events to the images that show them, for any system.

        rmpl link predictions.jsonl --model runs/tiny --data world/m2e2

    Existing links are replaced; events and arguments are unchanged. The output also has the
    multimedia events that follow from the links, as written by rmpl extract.
    """
    from rmpl.cli.progress import Bars
    from rmpl.cli.scoring import print_warnings
    from rmpl.errors import RmplError
    from rmpl.extraction.asking import Asker
    from rmpl.extraction.calibration import Calibration, read_calibration
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.extraction.linking.linker import Linker
    from rmpl.io.files import replacing
    from rmpl.io.read_report import ReadReport
    from rmpl.ontology import load_ontology
    from rmpl.predictions.media_run import media_by_document
    from rmpl.predictions.results import linked_line
    from rmpl.runs.trained import load_any, ontology_of
    from rmpl.tasks.same_event import SameEvent

    target = out if out is not None else predictions.with_name("linked.jsonl")
    if out is not None or predictions.exists():  # if not, reading them reports it
        hold(target, reads=(predictions, data, images, schema, model))
    warn_of(model, [predictions if data is None else data])
    backbone, folder = load_any(model)
    if schema is not None or folder is None:
        ontology = load_ontology(schema or "m2e2")
    else:
        ontology = ontology_of(folder)
    calibration = (read_calibration(folder) if folder is not None else None) or Calibration()
    report = ReadReport()
    documents = _documents(predictions, ontology, data, corpus, images, report)
    print_warnings(report)
    if not documents:
        raise RmplError(
            "no documents",
            where=str(predictions),
            remedy="write one line per document, also for documents without events",
        )
    media = media_by_document(predictions)
    asker = Asker(LocalEngine(backbone, batch=batch))
    linker = Linker(
        asker,
        backbone.context(ontology),
        threshold=calibration.link_threshold if threshold is None else threshold,
        scale=calibration.scale(SameEvent.name),
    )
    with Bars() as bars:
        linked = linker.link(documents, bars.update)
    with replacing(target) as file:
        file.writelines(linked_line(document, media[document.id]) for document in linked)
    for task, count in asker.failures.items():
        if count:
            typer.echo(f"{task}: {count:,} of {asker.asked[task]:,} unparseable answers", err=True)
    links = [link for document in linked for link in document.links]
    aligned = sum(len(link.alignments) for link in links)
    typer.echo(f"links: {len(links):,}, with {aligned:,} aligned pairs of a span and a box")
    typer.echo(f"predictions: {target}")


def _documents(
    predictions: Path,
    ontology: Ontology,
    data: Path | None,
    corpus: str,
    images: Path | None,
    report: ReadReport,
) -> list[Document]:
    """Return the predicted documents with their sentences and images."""
    import msgspec

    from rmpl.corpora.registry import read_corpus
    from rmpl.errors import RmplError
    from rmpl.predictions.file import read_predictions
    from rmpl.predictions.results import read_results

    if data is None:
        documents = list(read_results(predictions, report))
        if documents and not any(document.sentences for document in documents):
            raise RmplError(
                "events without their sentences and images",
                where=str(predictions),
                remedy="pass their corpus with --data and --corpus",
            )
        return documents
    whole = {document.id: document for document in read_corpus(corpus, data, images=images)}
    found = []
    for document in read_predictions(predictions, ontology=ontology, report=report):
        if document.id not in whole:
            raise RmplError(
                f"document {document.id!r} is not in {data}",
                where=str(predictions),
                remedy="pass the corpus that the events were predicted on",
            )
        media = whole[document.id]
        found.append(
            msgspec.structs.replace(document, sentences=media.sentences, images=media.images)
        )
    return found
