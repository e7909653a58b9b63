"""What there is to read in files and folders: articles with their pictures, pictures alone.

In a folder, a picture belongs

1. to every page or Markdown article that shows it;
2. else to the only article of its folder, or of the nearest folder above that has articles;
3. else to the article there whose name it begins with: ``storm.txt`` has ``storm.jpg``,
   ``storm-2.png`` and ``storm_files/a.jpg``;
4. else, where its folder or one above holds a file of documents, to the documents in that;
5. else it is a document of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.files import Tell, path_name
from rmpl.inputs.references import shown_pictures
from rmpl.io.parquet import count_rows
from rmpl.io.read_report import ReadReport
from rmpl.io.regular import open_regular

Kind = Literal["text", "markdown", "page", "picture", "documents", "stdin"]
STDIN = "-"
_KINDS: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "page",
    ".htm": "page",
    ".xhtml": "page",
    ".json": "documents",
    ".jsonl": "documents",
    ".jsonl.gz": "documents",
    ".parquet": "documents",
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"), "picture"),
}
ENDINGS = ", ".join(_KINDS)
OTHER = "file of another kind"
LEFT = "picture beside a file of documents, which says what belongs to it"
_ARTICLES = frozenset({"text", "markdown", "page"})
_WORD = re.compile(r"[^\W_]")


class Source(NamedTuple):
    """Something to read.

    Parameters
    ----------
    kind
        How.
    path
        Where; ``-`` for standard input.
    name
        The id of its document, and what the ids of its pictures begin like; of a file of documents,
        what those without an id are called after.
    root
        The folder that nothing it names may leave.
    pictures
        Those that belong to an article.
    """

    kind: Kind
    path: Path
    name: str
    root: Path
    pictures: tuple[Path, ...] = ()


def find_sources(
    inputs: Sequence[str], report: ReadReport, tell: Tell, *, max_characters: int | None = None
) -> list[Source]:
    """Return what the named files and folders hold, in the order of their names.

    No pictures are looked for in articles that have far more than ``max_characters``.

    Raises
    ------
    RmplError
        If an input is not there, or a file is of no kind that is read.
    """
    sources: list[Source] = []
    for name in inputs:
        path = Path(name)
        if name == STDIN:
            sources.append(Source("stdin", path, "stdin", Path.cwd()))
        elif path.is_dir():
            sources += _folder(path, report, tell, max_characters)
        elif os.path.lexists(path):
            kind = _kind(path)
            if kind is None:
                raise RmplError("of no kind that is read", where=name, remedy=f"use {ENDINGS}")
            source = Source(kind, path, path_name(path), path.parent)
            shown = _shown(source, report, tell, max_characters)
            sources.append(source._replace(pictures=tuple(shown)))
        else:
            raise RmplError("no such file or folder", where=name, remedy="check the path")
    return sources


def _kind(path: Path) -> Kind | None:
    name = path.name.lower()
    return next((kind for ending, kind in _KINDS.items() if name.endswith(ending)), None)


def _folder(root: Path, report: ReadReport, tell: Tell, most: int | None) -> Iterator[Source]:
    found: dict[Path, list[Source]] = {}
    for path in _files(root, tell):
        kind = _kind(path)
        if kind is None:
            report.leave_out(OTHER, path_name(path))
        else:
            found.setdefault(path.parent, []).append(Source(kind, path, path_name(path), root))
    shown = {
        source.path: _shown(source, report, tell, most)
        for sources in found.values()
        for source in sources
    }
    in_some_article = {path for paths in shown.values() for path in paths}
    alone: list[Source] = []
    for folder, sources in found.items():
        owners = _owners(folder, root, found)
        named = {path_name(owner.path.with_suffix("")): owner for owner in reversed(owners)}
        for source in sources:
            if source.kind != "picture" or source.path in in_some_article:
                continue
            owner = owners[0] if len(owners) == 1 else _named_after(source.path, named)
            if owner is not None:
                shown[owner.path].append(source.path)
            elif _has_documents(folder, root, found):
                report.leave_out(LEFT, source.name)
            else:
                alone.append(source)
    articles = [
        source._replace(pictures=tuple(shown[source.path]))
        for sources in found.values()
        for source in sources
        if source.kind != "picture"
    ]
    yield from sorted([*articles, *alone], key=lambda source: source.path)


def _shown(source: Source, report: ReadReport, tell: Tell, most: int | None) -> list[Path]:
    if source.kind not in {"page", "markdown"}:
        return []
    markdown = source.kind == "markdown"
    return shown_pictures(
        source.path, source.root, report, tell, markdown=markdown, max_characters=most
    )


def _files(root: Path, tell: Tell) -> Iterator[Path]:
    """Yield the files of a folder and those below it; links may neither lead out nor in circles."""

    def failed(error: OSError) -> None:
        tell(RmplError(f"cannot be read ({error.strerror})", where=path_name(Path(error.filename))))

    inside = os.path.realpath(root)
    for folder, below, names in os.walk(root, onerror=failed):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted([*names, *below]):
            path = Path(folder, name)
            if name.startswith(".") or (name in below and not path.is_symlink()):
                continue
            if path.is_symlink() and path.is_dir():
                what = "a link to a folder, which is not followed"
                tell(RmplError(what, where=path_name(path), remedy="name that folder itself"))
            elif path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(inside):
                what = "a link that leads out of the folder"
                tell(RmplError(what, where=path_name(path), remedy="name that file itself"))
            else:
                yield path


def _owners(folder: Path, root: Path, found: dict[Path, list[Source]]) -> list[Source]:
    """Return the articles of a folder, else of the nearest one above that has any."""
    while True:
        articles = [source for source in found.get(folder, ()) if source.kind in _ARTICLES]
        if articles or folder == root:
            return articles
        folder = folder.parent


def _named_after(picture: Path, articles: Mapping[str, Source]) -> Source | None:
    """Return the article with the longest name that a picture's begins with, as whole words."""
    name = path_name(picture)
    ends = (end for end in range(len(name), 0, -1) if _WORD.match(name, end) is None)
    return next((articles[name[:end]] for end in ends if name[:end] in articles), None)


def _has_documents(folder: Path, root: Path, found: dict[Path, list[Source]]) -> bool:
    while True:
        if any(source.kind == "documents" for source in found.get(folder, ())):
            return True
        if folder == root:
            return False
        folder = folder.parent


def count_documents(sources: Sequence[Source]) -> int:
    """Return about how many documents there will be; one of a file of documents in one piece."""
    return sum(_count(source) for source in sources)


def _count(source: Source) -> int:
    count = _COUNTS.get(source.path.suffix.lower())
    if count is None or not source.path.is_file():
        return 1
    try:
        return max(count(source.path), 1)
    except (OSError, RmplError):  # it will be told of when it is read
        return 1


def _lines_of(path: Path) -> int:
    lines = 0
    with open_regular(path) as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines


_COUNTS: dict[str, Callable[[Path], int]] = {".jsonl": _lines_of, ".parquet": count_rows}
