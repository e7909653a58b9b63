"""What is read of one article, whatever its format."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rmpl.inputs.paragraphs import Finder

MAX_CAPTION = 2_000
"""Characters of a caption; what is longer is no caption, and is cut."""


class Figure(NamedTuple):
    """An image of an article: its URLs, the preferred first, and its caption."""

    addresses: list[str]
    caption: str = ""


class Shown(NamedTuple):
    """An image file of an article, with its caption there."""

    path: Path
    caption: str = ""


class Article(NamedTuple):
    """An article.

    Parameters
    ----------
    text
        What ``Sentence.source`` refers to.
    find
        Splits it into paragraphs.
    metadata
        Title, author, date and others, as they are written.
    images
        The images that are in its file.
    is_extracted
        Whether ``text`` is not the content of the file but extracted from it.
    """

    text: str
    find: Finder
    metadata: dict[str, str]
    images: tuple[Shown, ...] = ()
    is_extracted: bool = False


def on_one_line(text: str, most: int = MAX_CAPTION) -> str:
    """Return a caption, or a value of metadata, without line breaks, and cut if it is too long."""
    return " ".join(text[: 4 * most].split())[:most].strip()
