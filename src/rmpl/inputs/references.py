"""Local image files referenced by a web page or a Markdown article.

References are untrusted: URLs are not fetched, and a path never leaves the given folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rmpl.errors import RmplError
from rmpl.inputs.article import Figure, Shown
from rmpl.inputs.files import OnUnreadable, path_name, read_file
from rmpl.inputs.markdown import markdown_images
from rmpl.inputs.pages import page_images
from rmpl.inputs.sentences import RAW
from rmpl.io.contained import is_file
from rmpl.io.images import resolve_inside
from rmpl.io.read_report import ReadReport

ELSEWHERE = "image referenced by an article but not found beside it"


def shown_images(
    article: Path,
    root: Path,
    report: ReadReport,
    on_unreadable: OnUnreadable,
    *,
    markdown: bool,
    max_characters: int | None = None,
) -> dict[Path, str]:
    """Return the image files that an article references, with captions, in document order.

    Parameters
    ----------
    article
        A web page, or Markdown (which may contain HTML).
    root
        The folder that no path may leave.
    report
        Counts images that are not found beside the article.
    on_unreadable
        Called for paths that leave ``root``.
    max_characters
        Limit of an article; a much longer one is not searched for images.
    """
    try:
        content = read_file(article)
        if not markdown:
            figures = page_images(content, path_name(article), max_characters)
    except RmplError:  # reading the article itself reports it
        return {}
    if markdown:
        if max_characters is not None and len(content) > 4 * RAW * max_characters:
            return {}
        text = content.decode("utf-8", "replace")
        figures = markdown_images(text)
    found: dict[Path, str] = {}
    for one in _files(figures, article, root, report, on_unreadable):
        found[one.path] = found.get(one.path) or one.caption
    return found


def _files(
    figures: Iterable[Figure],
    article: Path,
    root: Path,
    report: ReadReport,
    on_unreadable: OnUnreadable,
) -> Iterator[Shown]:
    """Yield the first file there is of each image's URLs."""
    for figure in figures:
        found = (_file(one, article, root) for one in figure.addresses)
        try:
            path = next(filter(None, found), None)
        except RmplError as error:
            on_unreadable(error)
            continue
        if path is None:
            report.warn(ELSEWHERE, path_name(article))
        else:
            yield Shown(path, figure.caption)


def _file(address: str, article: Path, root: Path) -> Path | None:
    """Return the file of a URL, ``None`` if it is on the web or not there."""
    name = _local(address)
    if name is None:
        return None
    below = os.path.relpath(article.parent, root)
    try:
        # ".." is allowed as long as the resolved path stays within the folder.
        path = resolve_inside(root, os.path.normpath(os.path.join(below, name)))  # noqa: PTH118
    except RmplError as error:
        raise RmplError(
            "references an image outside its folder",
            where=f"{path_name(article)}, {error.where}",
            remedy="copy it beside the article",
        ) from error
    return path if is_file(path) else None


def _local(address: str) -> str | None:
    """Return the file name of a relative URL; ``None`` for the web and ``data:``."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path:
        return None
    return unquote(parts.path)
