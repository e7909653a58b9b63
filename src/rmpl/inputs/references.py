"""The pictures that a page or a Markdown article shows, as files beside it.

What an article names is data: an address on the web is not fetched, and a name never leads out of
the folder that was given.
"""

from __future__ import annotations

import contextlib
import html
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rmpl.errors import RmplError
from rmpl.inputs.files import Tell, path_name, read_file
from rmpl.inputs.pages import page_pictures
from rmpl.inputs.paragraphs import in_windows, markdown_pictures
from rmpl.inputs.sentences import RAW
from rmpl.io.images import resolve_inside
from rmpl.io.read_report import ReadReport

ELSEWHERE = "picture that an article shows and that is not beside it"

_SRC = r"""\bsrc\s*=\s*(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'>]{1,2000}))"""
# What follows an <img is looked through once, whether it has an address or not.
_IMG = re.compile(rf"<img\b(?:(?!{_SRC})[^>]){{0,2000}}+(?:{_SRC})?", re.IGNORECASE)


def shown_pictures(
    article: Path,
    root: Path,
    report: ReadReport,
    tell: Tell,
    *,
    markdown: bool,
    max_characters: int | None = None,
) -> list[Path]:
    """Return the files of the pictures that an article shows, each once, in its order.

    Parameters
    ----------
    article
        A page, or Markdown (which may hold HTML).
    root
        The folder that no name may leave.
    report
        Counts pictures that are not beside the article.
    tell
        Hears of names that lead out of ``root``.
    max_characters
        The most that an article may have; one that has far more is not looked at.
    """
    try:
        content = read_file(article)
        if not markdown:
            addresses = page_pictures(content, path_name(article), max_characters)
    except RmplError:  # reading the article itself will tell
        return []
    if markdown:
        if max_characters is not None and len(content) > 4 * RAW * max_characters:
            return []
        text = content.decode("utf-8", "replace")
        addresses = [*_html_pictures(text), *markdown_pictures(text)]
    return list(dict.fromkeys(_files(addresses, article, root, report, tell)))


def _html_pictures(text: str) -> Iterator[str]:
    """Yield the addresses of the pictures that the HTML within Markdown shows."""
    for match in in_windows(_IMG, text):
        address = next(filter(None, match.groups()), None)
        if address is not None:
            # Beyond thousands of digits, a number is no character.
            with contextlib.suppress(ValueError):
                address = html.unescape(address)
            yield address


def _files(
    addresses: Iterable[str], article: Path, root: Path, report: ReadReport, tell: Tell
) -> Iterator[Path]:
    for address in addresses:
        name = _local(address)
        if name is None:
            report.warn(ELSEWHERE, path_name(article))
            continue
        below = os.path.relpath(article.parent, root)
        try:
            # ".." may be within the folder: only where it all leads to counts.
            path = resolve_inside(root, os.path.normpath(os.path.join(below, name)))  # noqa: PTH118
        except RmplError as error:
            tell(
                RmplError(
                    "shows a picture outside its folder",
                    where=f"{path_name(article)}, {error.where}",
                    remedy="copy it beside the article",
                )
            )
            continue
        if path.is_file():
            yield path
        else:
            report.warn(ELSEWHERE, path_name(article))


def _local(address: str) -> str | None:
    """Return the file name that an address is, ``None`` if it leads to the web or is data."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path:
        return None
    return unquote(parts.path)
