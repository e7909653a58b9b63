"""A user's own documents, and extracted lines to correct and train on, against a schema."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from rmpl.corpora.corpus import Request
from rmpl.corpora.own.against_schema import schema_problems, token_problems
from rmpl.corpora.own.texts import with_sentences
from rmpl.errors import RmplError
from rmpl.io.documents import ENDINGS, read_documents
from rmpl.io.image_folders import ImageFolders, with_image_paths
from rmpl.io.repeats import without_repeats
from rmpl.predictions.results import is_extracted, read_extracted
from rmpl.records import Document

ENDINGS_OF_SPLITS = tuple(f"{{split}}{ending}" for ending in ENDINGS)
"""The files of splits in a folder: ``train.jsonl``, ``dev.jsonl``, ``test.jsonl``."""


def read_own_documents(request: Request) -> Iterator[Document]:
    """Yield the documents of a file, or of a split's file in a folder.

    If the request names a schema, what does not fit it is refused.

    Raises
    ------
    RmplError
        If the file is missing. Broken documents are handled according to the request.
    """
    path = _file(request)
    find = None if request.ontology is None else functools.partial(_problems, request)
    if path.suffix != ".parquet" and is_extracted(path):
        for one in read_extracted(
            path, on_error=request.on_error, report=request.report, find=find
        ):
            yield without_repeats(one, str(path), request.report)
        return
    contained = request.images is not None
    folder = path.parent if request.images is None else request.images
    folders = ImageFolders([folder], request.on_error, request.report, follow_links=not contained)

    def locate(document: Document) -> Document:
        return with_image_paths(document, folders, str(path), contained=contained)

    yield from read_documents(
        path,
        on_error=request.on_error,
        report=request.report,
        locate=locate,
        find=find,
        prepare=functools.partial(with_sentences, report=request.report, on_error=request.on_error),
    )


def _file(request: Request) -> Path:
    path, split = request.path, request.split
    if path.is_file():
        if split is not None and not any(path.name == f"{split}{one}" for one in ENDINGS):
            raise RmplError(
                f"one file has no split {split!r}",
                where=str(path),
                remedy=f"omit the split, or give a folder with {split}.jsonl",
            )
        return path
    names = [f"{split or 'train'}{ending}" for ending in ENDINGS]
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        there = sorted(one.name for one in path.iterdir() if one.name.endswith(ENDINGS))
        raise RmplError(
            f"no {names[0]} in this folder",
            where=str(path),
            remedy=f"it has {', '.join(there)}" if there else "give a file of documents",
        )
    return found


def _problems(request: Request, document: Document, where: str) -> Iterator[RmplError]:
    """Yield what does not fit the schema that own documents are read for."""
    if request.types == "mapped" and request.ontology is not None:
        yield from schema_problems(document, request.ontology, where)
    yield from token_problems(document, where)
