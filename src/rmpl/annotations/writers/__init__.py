"""Writers of what annotation tools open: brat, Label Studio and COCO."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rmpl.annotations.writers.brat import write_brat
from rmpl.annotations.writers.coco import write_coco
from rmpl.annotations.writers.label_studio import write_label_studio
from rmpl.errors import RmplError
from rmpl.io.documents import different
from rmpl.io.folders import appearing_folder
from rmpl.io.read_report import ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document

_Write = Callable[[list[Document], Path, Ontology, ReadReport], None]
WRITERS: dict[str, _Write] = {
    "brat": write_brat,
    "label_studio": write_label_studio,
    "coco": write_coco,
}


def check_folder(folder: Path) -> None:
    """Refuse a folder with something in it: corrections in it would be overwritten.

    Raises
    ------
    RmplError
        If it is not empty, or a file.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise RmplError(
            "already exists, and what is in it would be overwritten",
            where=str(folder),
            remedy="name another folder",
        )


def write_annotations(
    documents: Iterable[Document],
    tool: str,
    folder: Path,
    ontology: Ontology,
    report: ReadReport,
) -> int:
    """Write documents for a tool into a folder that appears when it is complete.

    Parameters
    ----------
    documents
        The documents, whose image paths are absolute.
    tool
        A key of ``WRITERS``.
    folder
        A folder that is not there yet, or empty; the caller holds its lock.
    ontology
        The types and roles that annotators may choose.
    report
        Counts what the tool does not hold.

    Returns
    -------
    int
        The number of documents.

    Raises
    ------
    RmplError
        If the folder has something in it, or cannot be written.
    """
    check_folder(folder)
    every = list(different(documents))
    try:
        with appearing_folder(folder, flushed=False) as unfinished:
            WRITERS[tool](every, unfinished, ontology, report)
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})", where=str(folder)
        ) from error
    return len(every)
