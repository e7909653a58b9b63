"""The captions of a page's images: of their ``<figure>``, else their ``alt``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rmpl.inputs.article import MAX_CAPTION, on_one_line

_FILE = re.compile(r"(?i)\S+\.(?:jpe?g|png|gif|webp|bmp|tiff?)|image\d*|img[-_ ]?\d*|photo|picture")


class Captions:
    """The captions of one parsed page."""

    def __init__(self, tree: Any) -> None:
        self._of_figure: dict[Any, str] = {}
        self._without: set[Any] = set()  # figures with no caption, nor around them
        for caption in tree.iter("figcaption"):
            figure = next(caption.iterancestors("figure"), None)
            if figure is not None and figure not in self._of_figure:
                self._of_figure[figure] = on_one_line("".join(_texts(caption)))

    def of(self, image: Any) -> str:
        """Return the caption of an image; one that only names its file is none."""
        return self._around(image) or alt_text(str(image.get("alt") or ""))

    def _around(self, element: Any) -> str:
        """Return the caption of the nearest figure around an element that has one."""
        passed = []
        found = ""
        for figure in element.iterancestors("figure"):
            passed.append(figure)
            if found := self._of_figure.get(figure, ""):
                break
            if figure in self._without:
                break
        else:
            self._without.update(passed)
            return ""
        if found:
            self._of_figure.update(dict.fromkeys(passed, found))
        return found


def alt_text(written: str) -> str:
    """Return the text in place of an image, empty if it says nothing but a file's name."""
    text = on_one_line(written)
    return "" if _FILE.fullmatch(text) else text


def _texts(element: Any) -> Iterator[str]:
    """Yield the text of an element, until there is enough for a caption."""
    length = 0
    for text in element.itertext():
        yield str(text)
        length += len(text)
        if length > MAX_CAPTION:
            return
