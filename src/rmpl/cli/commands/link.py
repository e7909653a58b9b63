"""``rmpl link``: links for events that are already there, whoever found them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmpl.cli.outputs import hold, lets_go

if TYPE_CHECKING:
    from rmpl.ontology import Ontology
    from rmpl.records import Document


@lets_go
def command(
    predictions: Annotated[
        Path, typer.Argument(help="Prediction file with text and image events.")
    ],
    model: Annotated[str, typer.Option(help="A run's or a model's folder, or a hub id.")],
    data: Annotated[
        Path | None,
        typer.Option(help="The corpus's folder; not needed for what rmpl extract wrote."),
    ] = None,
    corpus: Annotated[str, typer.Option(help="Its format.")] = "m2e2",
    images: Annotated[
        Path | None, typer.Option(help="Folder of pictures; default images/ beside the corpus.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Prediction file; default linked.jsonl beside the other.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Least probability of one event; default the run's own.", min=0, max=1),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="Event types and roles; default what was trained on.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Prompts answered together.", min=1)] = 32,
) -> None:
    """Find which text events and image events of a document are one event.

    Links that the file already has are replaced; events and arguments stay as they are. With the
    links come the multimedia events that they make, as rmpl extract writes them.
    """
    from rmpl.cli.progress import Bars
    from rmpl.extraction.asking import Asker
    from rmpl.extraction.calibration import Calibration, read_calibration
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.extraction.linking.linker import Linker
    from rmpl.io.files import replacing
    from rmpl.ontology import load_ontology
    from rmpl.predictions.results import linked_line
    from rmpl.runs.trained import load_any, ontology_of
    from rmpl.tasks.same_event import SameEvent

    target = out if out is not None else predictions.with_name("linked.jsonl")
    if out is not None or predictions.exists():  # if not, reading them will tell
        hold(target)
    backbone, folder = load_any(model)
    if schema is not None or folder is None:
        ontology = load_ontology(schema or "m2e2")
    else:
        ontology = ontology_of(folder)
    calibration = (read_calibration(folder) if folder is not None else None) or Calibration()
    documents = _documents(predictions, ontology, data, corpus, images)
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
        file.writelines(map(linked_line, linked))
    for task, count in asker.failures.items():
        if count:
            typer.echo(
                f"{task}: {count:,} of {asker.asked[task]:,} answers not readable whole", err=True
            )
    links = [link for document in linked for link in document.links]
    aligned = sum(len(link.alignments) for link in links)
    typer.echo(f"links: {len(links):,}, with {aligned:,} pairs of a span and a box aligned")
    typer.echo(f"predictions: {target}")


def _documents(
    predictions: Path, ontology: Ontology, data: Path | None, corpus: str, images: Path | None
) -> list[Document]:
    """Return the predicted documents with the sentences and pictures that they speak of."""
    import msgspec

    from rmpl.corpora.registry import read_corpus
    from rmpl.errors import RmplError
    from rmpl.predictions.file import read_predictions
    from rmpl.predictions.results import read_results

    if data is None:
        documents = list(read_results(predictions))
        if documents and not any(document.sentences for document in documents):
            raise RmplError(
                "holds events without their sentences and pictures",
                where=str(predictions),
                remedy="say with --data and --corpus where these are",
            )
        return documents
    whole = {document.id: document for document in read_corpus(corpus, data, images=images)}
    found = []
    for document in read_predictions(predictions, ontology=ontology):
        if document.id not in whole:
            raise RmplError(
                f"document {document.id!r} is not in {data}",
                where=str(predictions),
                remedy="name the corpus that the events are from",
            )
        media = whole[document.id]
        found.append(
            msgspec.structs.replace(document, sentences=media.sentences, images=media.images)
        )
    return found
