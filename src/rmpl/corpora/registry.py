"""The names under which corpora are read, their splits and where their files lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rmpl.corpora.ace import read_ace, read_names
from rmpl.corpora.documents import read_documents
from rmpl.corpora.dygiepp import read_dygiepp
from rmpl.corpora.jmee import read_jmee
from rmpl.corpora.m2e2 import read_m2e2
from rmpl.corpora.mnre import read_mnre
from rmpl.corpora.oneie import read_oneie
from rmpl.corpora.pictures import Pictures, with_pictures
from rmpl.corpora.rams import read_rams
from rmpl.corpora.report import OnError, ReadReport
from rmpl.corpora.situations import read_swig
from rmpl.corpora.textee import read_textee
from rmpl.corpora.wikievents import read_wikievents
from rmpl.errors import RmplError
from rmpl.records import Document


class Request(NamedTuple):
    """What a caller wants read: see ``read_corpus``."""

    path: Path
    split: str | None
    images: Path | None
    on_error: OnError
    report: ReadReport


class Corpus(NamedTuple):
    """One readable corpus.

    Parameters
    ----------
    read
        Streams the documents of a request.
    splits
        Its splits, in order; empty where a path names the one file there is.
    trains
        Whether training may read it. M2E2 is annotated for evaluation only.
    about
        One line for help texts.
    """

    read: Callable[[Request], Iterator[Document]]
    splits: tuple[str, ...]
    trains: bool
    about: str


def _m2e2(request: Request) -> Iterator[Document]:
    return read_m2e2(
        request.path, images=request.images, on_error=request.on_error, report=request.report
    )


def _swig(request: Request) -> Iterator[Document]:
    return read_swig(
        request.path,
        split=request.split or "train",
        images=request.images,
        on_error=request.on_error,
        report=request.report,
    )


def _mnre(request: Request) -> Iterator[Document]:
    split = request.split or "train"
    # The published validation file of version 2 really has a blank before the dot.
    names = [f"{stem}_{split}{end}" for stem in ("mnre", "ours") for end in (".txt", " .txt")]
    path = find_file(request.path, names)
    images = request.images
    if images is None and (path.parent / "img_org").is_dir():
        images = path.parent / "img_org"
    return read_mnre(path, images=images, on_error=request.on_error, report=request.report)


def _ace(request: Request) -> Iterator[Document]:
    names = None
    if request.split is not None:
        lists = [f"{request.split}{end}" for end in (".doc.txt", ".txt", ".filelist")]
        names = read_names(find_file(request.path, lists))
    return read_ace(request.path, names=names, on_error=request.on_error, report=request.report)


def _documents(request: Request) -> Iterator[Document]:
    folder = request.path.parent if request.images is None else request.images
    pictures = Pictures([folder], request.on_error, request.report)
    for document in read_documents(request.path, on_error=request.on_error, report=request.report):
        yield with_pictures(document, pictures, contained=request.images is not None)


def _in_file(
    read: Callable[..., Iterator[Document]], *endings: str
) -> Callable[[Request], Iterator[Document]]:
    """Make a reader that takes a folder and a split out of one that takes a file."""

    def read_file(request: Request) -> Iterator[Document]:
        split = request.split or "train"
        path = find_file(request.path, [f"{split}{ending}" for ending in endings])
        return read(path, on_error=request.on_error, report=request.report)

    return read_file


def find_file(path: Path, names: list[str]) -> Path:
    """Return ``path`` if it is a file, otherwise the first of ``names`` that is in that folder.

    Raises
    ------
    RmplError
        If none is there.
    """
    if path.is_file():
        return path
    found = next((path / name for name in names if (path / name).is_file()), None)
    if found is None:
        raise RmplError(
            f"none of {', '.join(repr(name) for name in names)} is there",
            where=str(path),
            remedy="give the file itself, or the folder and --split",
        )
    return found


_TRAIN_DEV_TEST = ("train", "dev", "test")

CORPORA: dict[str, Corpus] = {
    "m2e2": Corpus(
        _m2e2, (), trains=False, about="M2E2: news with pictures and links; evaluation only"
    ),
    "swig": Corpus(_swig, _TRAIN_DEV_TEST, trains=True, about="SWiG: verbs with boxed roles"),
    "imsitu": Corpus(_swig, _TRAIN_DEV_TEST, trains=True, about="imSitu: verbs with roles"),
    "mnre": Corpus(
        _mnre, ("train", "val", "test"), trains=True, about="MNRE 1 and 2: relations in tweets"
    ),
    "ace": Corpus(_ace, _TRAIN_DEV_TEST, trains=True, about="ACE 2005 from .sgm and .apf.xml"),
    "jmee": Corpus(
        _in_file(read_jmee, ".json"), _TRAIN_DEV_TEST, trains=True, about="ACE 2005 as JMEE JSON"
    ),
    "oneie": Corpus(
        _in_file(read_oneie, ".oneie.json", ".jsonl", ".json"),
        _TRAIN_DEV_TEST,
        trains=True,
        about="ACE 2005 as OneIE lines",
    ),
    "dygiepp": Corpus(
        _in_file(read_dygiepp, ".json", ".jsonl"),
        _TRAIN_DEV_TEST,
        trains=True,
        about="ACE 2005 as DyGIE++ lines",
    ),
    "textee": Corpus(
        _in_file(read_textee, ".json", ".jsonl"),
        _TRAIN_DEV_TEST,
        trains=True,
        about="text events as TextEE lines",
    ),
    "rams": Corpus(
        _in_file(read_rams, ".jsonlines"),
        _TRAIN_DEV_TEST,
        trains=True,
        about="RAMS, mapped to M2E2's types: free, unlike ACE",
    ),
    "wikievents": Corpus(
        _in_file(read_wikievents, ".jsonl"),
        _TRAIN_DEV_TEST,
        trains=True,
        about="WikiEvents, mapped to M2E2's types: free, unlike ACE",
    ),
    "documents": Corpus(
        _documents, (), trains=True, about="your own documents: .jsonl, .jsonl.gz, .parquet"
    ),
}


def read_corpus(
    name: str,
    path: str | Path,
    *,
    split: str | None = None,
    images: str | Path | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a corpus by its name.

    Parameters
    ----------
    name
        A key of ``CORPORA``.
    path
        The corpus's folder, or the one file to read.
    split
        One of the corpus's splits; by default its first. For ``ace`` a file that lists the split's
        documents, ``train.txt`` or ``train.doc.txt``, must be in the folder; by default all.
    images
        The pictures, where they are not at the corpus's usual place beside the annotations.
    on_error
        ``"raise"`` stops at the first record that cannot be used, ``"count"`` leaves it out.
    report
        Counts what was used and what was not.

    Raises
    ------
    RmplError
        If there is no such corpus, split, path or file, or it is malformed.
    """
    corpus = find_corpus(name)
    path = Path(path)
    if not path.exists():
        raise RmplError("no such file or folder", where=str(path), remedy="check the path")
    if split is not None and split not in corpus.splits:
        raise RmplError(
            f"{name} has no split {split!r}",
            remedy=f"its splits: {', '.join(corpus.splits) or 'none, leave it out'}",
        )
    folder = None if images is None else Path(images)
    if folder is not None and not folder.is_dir():
        raise RmplError("no such images folder", where=str(folder), remedy="check the path")
    request = Request(path, split, folder, on_error, ReadReport() if report is None else report)
    return corpus.read(request)


def find_corpus(name: str) -> Corpus:
    """Return the corpus of that name.

    Raises
    ------
    RmplError
        If there is none.
    """
    if name not in CORPORA:
        raise RmplError(f"no corpus named {name!r}", remedy=f"known: {', '.join(CORPORA)}")
    return CORPORA[name]
