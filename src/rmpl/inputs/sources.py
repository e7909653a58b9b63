"""Finding the sources in files and folders: articles with their images, and single images.

In a folder, an image is assigned

1. to every page or Markdown article that references it;
2. otherwise to the only article of its folder, or of the nearest folder above with articles;
3. otherwise to the article there whose name is a prefix of its own: ``storm.txt`` gets
   ``storm.jpg``, ``storm-2.png`` and ``storm_files/a.jpg``;
4. otherwise, if its folder or one above contains a document file, to the documents in that file;
5. otherwise it is a document of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.archives import archive_files
from rmpl.inputs.article import Shown
from rmpl.inputs.files import OnUnreadable, path_name
from rmpl.inputs.kinds import check_kind
from rmpl.inputs.references import shown_images
from rmpl.inputs.tables import count_rows_of_table
from rmpl.inputs.written import OUTPUT, is_output
from rmpl.io.parquet import count_rows
from rmpl.io.read_report import ReadReport
from rmpl.io.regular import open_regular

Kind = Literal[
    "text", "markdown", "page", "word", "pdf", "mail",
    "table", "documents", "image", "archive", "stdin",
]  # fmt: skip
STDIN = "-"
_PLAIN: dict[str, Kind] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "page",
    ".htm": "page",
    ".xhtml": "page",
    ".json": "documents",
    ".jsonl": "documents",
    ".ndjson": "documents",
    ".csv": "table",
    ".tsv": "table",
}
"""The kinds that may also be gzipped."""
_KINDS: dict[str, Kind] = {
    **_PLAIN,
    **{f"{ending}.gz": kind for ending, kind in _PLAIN.items()},
    ".docx": "word",
    ".pdf": "pdf",
    ".eml": "mail",
    ".parquet": "documents",
    ".zip": "archive",
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff"), "image"),
}
ENDINGS = f"{', '.join(one for one in _KINDS if not one.endswith('.gz'))}; texts also as .gz"
OTHER = "unsupported file type"
LEFT = "image beside a document file, which lists its own images"
_ARTICLES = frozenset({"text", "markdown", "page", "word", "pdf", "mail"})
_LISTING = frozenset({"documents", "table"})
"""Kinds of files with many documents, which list their own images."""
_WORD = re.compile(r"[^\W_]")
_ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]+://|www\.")


class Source(NamedTuple):
    """An input to read.

    Parameters
    ----------
    kind
        The file type.
    path
        The file; ``-`` for standard input.
    name
        The id of its document, and the prefix of its images' ids; for a document file, the prefix
        of ids that are missing.
    root
        The folder that no path in it may leave.
    images
        The images assigned to an article, in addition to those within its own file.
    """

    kind: Kind
    path: Path
    name: str
    root: Path
    images: tuple[Shown, ...] = ()


def find_sources(
    inputs: Sequence[str],
    report: ReadReport,
    on_unreadable: OnUnreadable,
    *,
    max_characters: int | None = None,
    ignored: Iterable[Path] = (),
) -> list[Source]:
    """Return the sources in the given files and folders, in the order of their names.

    Articles with far more than ``max_characters`` are not searched for images. Files in folders
    that are ``ignored``, such as the command's own outputs, are no sources.

    Raises
    ------
    RmplError
        If an input does not exist, a file type is unsupported, or a file is not what its name
        says.
    """
    sources: list[Source] = []
    no_sources = {os.path.realpath(path) for path in ignored}
    for name in inputs:
        path = Path(name)
        if name == STDIN:
            sources.append(Source("stdin", path, "stdin", Path.cwd()))
        elif path.is_dir():
            sources += _folder(path, report, on_unreadable, max_characters, no_sources)
        elif os.path.lexists(path):
            kind = _kind(path)
            if kind is None:
                raise RmplError("unsupported file type", where=name, remedy=f"use {ENDINGS}")
            check_kind(kind, path)
            if kind == "archive":
                sources += _archive(path, report, on_unreadable, max_characters)
                continue
            source = Source(kind, path, path_name(path), path.parent)
            shown = _shown(source, report, on_unreadable, max_characters)
            sources.append(source._replace(images=_as_shown(shown)))
        elif _ADDRESS.match(name) is not None:
            remedy = "save the page with its images, and name the file"
            raise RmplError("an address, which is never fetched", where=name, remedy=remedy)
        else:
            raise RmplError("no such file or folder", where=name, remedy="check the path")
    return sources


def _kind(path: Path) -> Kind | None:
    ending = _ending(path)
    return None if ending is None else _KINDS[ending]


def _ending(path: Path) -> str | None:
    name = path.name.lower()
    return next((ending for ending in _KINDS if name.endswith(ending)), None)


def _folder(
    root: Path,
    report: ReadReport,
    on_unreadable: OnUnreadable,
    most: int | None,
    ignored: Collection[str],
) -> list[Source]:
    """Return the sources in a folder, and in the archives in it."""
    archives: list[Path] = []
    files = []
    for path in _files(root, on_unreadable):
        if os.path.realpath(path) in ignored:
            continue
        if is_output(path):
            report.leave_out(OUTPUT, path_name(path))
        else:
            files.append(path)
    sources = list(_assigned(files, root, archives, report, on_unreadable, most))
    for path in archives:
        try:
            check_kind("archive", path)
            sources += _archive(path, report, on_unreadable, most)
        except RmplError as error:
            on_unreadable(error)
    return sorted(sources, key=lambda source: source.path)


def _archive(
    path: Path, report: ReadReport, on_unreadable: OnUnreadable, most: int | None
) -> list[Source]:
    """Return the sources in a zip archive, which is read like a folder."""
    nested: list[Path] = []
    files = archive_files(path, on_unreadable)
    sources = list(_assigned(files, path, nested, report, on_unreadable, most))
    for inner in nested:
        error = RmplError("an archive within an archive", where=path_name(inner))
        on_unreadable(RmplError(error.what, where=error.where, remedy="unpack the outer one"))
    return sources


def _assigned(
    files: Iterable[Path],
    root: Path,
    archives: list[Path],
    report: ReadReport,
    on_unreadable: OnUnreadable,
    most: int | None,
) -> Iterator[Source]:
    """Yield the sources among files, images with their articles; ``archives`` get the archives."""
    found: dict[Path, list[Source]] = {}
    for path in files:
        kind = _kind(path)
        if kind is None:
            report.leave_out(OTHER, path_name(path))
        elif kind == "archive":
            archives.append(path)
        else:
            found.setdefault(path.parent, []).append(Source(kind, path, path_name(path), root))
    shown = {
        source.path: _shown(source, report, on_unreadable, most)
        for sources in found.values()
        for source in sources
    }
    in_some_article = {path for paths in shown.values() for path in paths}
    alone: list[Source] = []
    for folder, sources in found.items():
        owners = _owners(folder, root, found)
        named = {_without_ending(owner.path): owner for owner in reversed(owners)}
        for source in sources:
            if source.kind != "image" or source.path in in_some_article:
                continue
            owner = owners[0] if len(owners) == 1 else _named_after(source.path, named)
            if owner is not None:
                shown[owner.path][source.path] = ""
            elif _has_documents(folder, root, found):
                report.leave_out(LEFT, source.name)
            else:
                alone.append(source)
    articles = [
        source._replace(images=_as_shown(shown[source.path]))
        for sources in found.values()
        for source in sources
        if source.kind != "image"
    ]
    yield from sorted([*articles, *alone], key=lambda source: source.path)


def _shown(
    source: Source, report: ReadReport, on_unreadable: OnUnreadable, most: int | None
) -> dict[Path, str]:
    """Return the images that a page or Markdown shows, with their captions."""
    if source.kind not in {"page", "markdown"}:
        return {}
    markdown = source.kind == "markdown"
    return shown_images(
        source.path, source.root, report, on_unreadable, markdown=markdown, max_characters=most
    )


def _as_shown(images: Mapping[Path, str]) -> tuple[Shown, ...]:
    return tuple(Shown(path, caption) for path, caption in images.items())


def _without_ending(path: Path) -> str:
    return path_name(path)[: -len(_ending(path) or "")]


def _files(root: Path, on_unreadable: OnUnreadable) -> Iterator[Path]:
    """Yield the files below a folder; links to folders and out of ``root`` are not followed."""

    def failed(error: OSError) -> None:
        on_unreadable(
            RmplError(f"cannot be read ({error.strerror})", where=path_name(Path(error.filename)))
        )

    inside = os.path.realpath(root)
    for folder, below, names in os.walk(root, onerror=failed):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted([*names, *below]):
            path = Path(folder, name)
            if name.startswith(".") or (name in below and not path.is_symlink()):
                continue
            if path.is_symlink() and path.is_dir():
                what = "a link to a folder, which is not followed"
                on_unreadable(
                    RmplError(what, where=path_name(path), remedy="name that folder itself")
                )
            elif path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(inside):
                what = "a link to outside the folder"
                on_unreadable(
                    RmplError(what, where=path_name(path), remedy="name that file itself")
                )
            else:
                yield path


def _owners(folder: Path, root: Path, found: dict[Path, list[Source]]) -> list[Source]:
    """Return the articles of a folder or, if it has none, of the nearest one above."""
    while True:
        articles = [source for source in found.get(folder, ()) if source.kind in _ARTICLES]
        if articles or folder == root:
            return articles
        folder = folder.parent


def _named_after(image_path: Path, articles: Mapping[str, Source]) -> Source | None:
    """Return the article with the longest name that is a prefix, in whole words, of an image's."""
    name = path_name(image_path)
    ends = (end for end in range(len(name), 0, -1) if _WORD.match(name, end) is None)
    return next((articles[name[:end]] for end in ends if name[:end] in articles), None)


def _has_documents(folder: Path, root: Path, found: dict[Path, list[Source]]) -> bool:
    while True:
        if any(source.kind in _LISTING for source in found.get(folder, ())):
            return True
        if folder == root:
            return False
        folder = folder.parent


def count_documents(sources: Sequence[Source]) -> int:
    """Estimate the number of documents; a ``.json`` file, or a gzipped one, counts as one."""
    return sum(_count(source) for source in sources)


def _count(source: Source) -> int:
    count = _COUNTS.get(source.path.suffix.lower())
    if count is None or not source.path.is_file():
        return 1
    try:
        return max(count(source.path), 1)
    except (OSError, RmplError):  # it is reported when it is read
        return 1


def _lines_of(path: Path) -> int:
    lines = 0
    with open_regular(path) as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines


_COUNTS: dict[str, Callable[[Path], int]] = {
    ".jsonl": _lines_of,
    ".ndjson": _lines_of,
    ".csv": count_rows_of_table,
    ".tsv": count_rows_of_table,
    ".parquet": count_rows,
}
