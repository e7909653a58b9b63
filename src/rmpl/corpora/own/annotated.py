"""Files of annotation tools as corpora: brat, Label Studio, doccano, WebAnno TSV, COCO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rmpl.annotations.assemble import assembled
from rmpl.annotations.brat import read_brat
from rmpl.annotations.coco import read_coco
from rmpl.annotations.doccano import read_doccano
from rmpl.annotations.images import locating
from rmpl.annotations.label_studio import read_label_studio
from rmpl.annotations.mapping import Labels
from rmpl.annotations.mapping_file import load_labels
from rmpl.annotations.marks import Annotated
from rmpl.annotations.webanno import read_webanno
from rmpl.corpora.corpus import Corpus, Request
from rmpl.io.image_folders import ImageFolders
from rmpl.io.segmentation import require_splitter
from rmpl.ontology import load_ontology
from rmpl.records import Document

_Tool = Callable[[Request, Labels], Iterable[Annotated]]


def _reader(tool: _Tool, *, has_text: bool = True) -> Callable[[Request], Iterator[Document]]:
    """Make a reader of requests out of one that yields what a tool annotated."""

    def read(request: Request) -> Iterator[Document]:
        if has_text:
            require_splitter("annotated text", "ace")
        ontology = load_ontology("m2e2") if request.ontology is None else request.ontology
        labels = load_labels(request.mapping, request.path, ontology, free=request.types == "all")
        path = request.path
        folder = path if path.is_dir() else path.parent
        folders = [request.images] if request.images else [folder, folder / "images"]
        locate = locating(
            path, ImageFolders(folders, request.on_error, request.report, follow_links=True)
        )
        yield from assembled(
            tool(request, labels),
            labels,
            on_error=request.on_error,
            report=request.report,
            locate=locate,
        )

    return read


TOOLS: dict[str, Corpus] = {
    "brat": Corpus(
        "annotations of brat: .txt with .ann",
        _reader(lambda request, _: read_brat(request.path, request.report)),
        maps=True,
    ),
    "label_studio": Corpus(
        "annotations of Label Studio: its JSON export",
        _reader(lambda request, _: read_label_studio(request.path, request.report)),
        maps=True,
    ),
    "doccano": Corpus(
        "annotations of doccano: its JSONL export, with relations",
        _reader(lambda request, _: read_doccano(request.path)),
        maps=True,
    ),
    "webanno": Corpus(
        "annotations of INCEpTION and WebAnno: WebAnno TSV 3",
        _reader(lambda request, _: read_webanno(request.path)),
        maps=True,
    ),
    "coco": Corpus(
        "boxes and captions in COCO's format",
        _reader(
            lambda request, labels: read_coco(request.path, labels, request.report), has_text=False
        ),
        maps=True,
    ),
}
"""Their terms are those of whoever annotated."""
