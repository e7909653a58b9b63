"""What a corpus is to the registry: its reader, splits, files, extents, source and terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from rmpl.corpora.text.selection import Types
from rmpl.errors import RmplError
from rmpl.io.read_report import OnError, ReadReport
from rmpl.ontology import Ontology
from rmpl.records import Document

Extents = Literal["published", "heads"]
"""How long arguments are: as the corpus marks them, or heads and names."""
Extent = Literal["head", "mention", "phrase"]


class Request(NamedTuple):
    """The arguments of ``read_corpus``."""

    path: Path
    split: str | None
    images: Path | None
    on_error: OnError
    report: ReadReport
    ontology: Ontology | None = None
    """The event types and roles to keep; M2E2's by default."""
    types: Types = "mapped"
    """Whether a corpus of text events keeps those of the ontology's types or all, as they are."""
    extents: Extents | None = None
    """How long arguments are; ``None`` for heads with mapped types, as published with all."""
    mapping: Path | None = None
    """What the labels of an annotation tool mean; ``labels.yaml`` beside its files by default."""


class Corpus(NamedTuple):
    """One readable corpus.

    Parameters
    ----------
    about
        One line for help texts.
    read
        Streams the documents of a request.
    splits
        Its splits, in order; empty if it has none.
    files
        The possible file names of a split, with ``{split}`` for its name.
    extent
        What it marks as arguments: ``head`` (heads or names, as M2E2), ``mention`` (ACE's full
        mentions, reduced to heads on request) or ``phrase`` (reduced where types are mapped).
    trains
        Whether training may read it. M2E2 is annotated for evaluation only.
    whole
        Whether its documents contain the sentences and images of their events.
    mentions_only
        Whether its events have no arguments because nobody annotated any.
    maps
        Whether its labels may be mapped onto the schema by a user's file.
    source
        Where to obtain it.
    terms
        Its terms of use as stated by its authors (docs/data.md), quoted in model cards.
    """

    about: str
    read: Callable[[Request], Iterator[Document]]
    splits: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    extent: Extent = "head"
    trains: bool = True
    whole: bool = True
    mentions_only: bool = False
    maps: bool = False
    source: str = ""
    terms: str = "see its authors"

    def reduces(self, request: Request) -> bool:
        """Return whether arguments are reduced to the heads of their phrases."""
        if self.extent == "head":
            return False
        if request.extents is None:
            return self.extent == "phrase" and request.types == "mapped"
        return request.extents == "heads"

    def find(self, path: Path, split: str) -> Path | None:
        """Return ``path`` if it is a file, otherwise the split's file in that folder, if any."""
        if path.is_file():
            return path
        names = (path / name.format(split=split) for name in self.files)
        return next((name for name in names if name.is_file()), None)

    def file(self, request: Request) -> Path:
        """Return the file of a request: its path, or its split's file in that folder.

        Raises
        ------
        RmplError
            If the split's file is missing.
        """
        split = request.split or self.splits[0]
        found = self.find(request.path, split)
        if found is None:
            names = ", ".join(repr(file.format(split=split)) for file in self.files)
            raise RmplError(
                f"none of {names} found",
                where=str(request.path),
                remedy="give the file itself, or the folder and --split",
            )
        return found

    def split_of(self, file: Path) -> str | None:
        """Return the split in a file's name, if any."""
        names = ((split, name.format(split=split)) for name in self.files for split in self.splits)
        return next((split for split, name in names if name == file.name), None)

    def present_splits(self, path: Path) -> list[str | None]:
        """Return the splits whose files are in a folder; ``[None]`` if there are none."""
        found = [split for split in self.splits if path.is_dir() and self.find(path, split)]
        return list(found) or [None]
