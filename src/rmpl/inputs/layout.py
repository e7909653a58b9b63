"""A page's elements laid out as text by inscriptis, within bounds that no page can pass.

inscriptis takes a square of the time for a paragraph of many small pieces, and blanks without end
for margins and the columns of tables. Here its blocks of text collect their pieces, and what is
laid out is counted. The text of a page within the bounds is the one that inscriptis makes.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from html import unescape
from typing import Any, NamedTuple

from rmpl.errors import RmplError

MOST_LAID_OUT = 64_000_000
"""Characters, with the blanks that margins and tables are made of."""
MOST_COMPARED = 5_000_000
"""Columns times rows of tables: so often are the widths of cells compared."""
_WIDEST = 100
"""Of a margin, in letters. A page whose margins are wider has the same sentences."""
_LONGEST_STYLE = 100
"""Characters of one property of a style. None that counts here has as many."""
_LONGEST_NUMBER = 9
_HIDDEN = ("nav", "footer", "aside", "form", "button", "noscript", "template", "svg")


class Libraries(NamedTuple):
    """What pages are read with."""

    html: Any
    etree: Any
    inscriptis: Any


@functools.cache
def libraries() -> Libraries:
    """Return what pages are read with.

    Raises
    ------
    RmplError
        If it is not installed.
    """
    try:
        import inscriptis.html_engine  # noqa: PLC0415 - optional, and only pages need it
        import inscriptis.model.tag.list_tag  # noqa: PLC0415
        import inscriptis.model.tag.table_tag  # noqa: PLC0415
        import lxml.etree  # noqa: PLC0415
        import lxml.html  # noqa: PLC0415
    except ImportError as error:
        raise RmplError(
            "HTML pages need the library inscriptis", remedy="pip install 'rmpl[extract]'"
        ) from error
    return Libraries(lxml.html, lxml.etree, inscriptis)


def laid_out(tree: Any, where: str, max_characters: int | None = None) -> str:
    """Return the visible text of a page's elements, a block a line.

    Where there is more than twice ``max_characters``, it is given up.

    Raises
    ------
    RmplError
        If it takes too many blanks or too wide a table, or there is too much of it.
    """
    room = _Room(where, max_characters)
    try:
        return str(libraries().inscriptis.Inscriptis(tree, _config(room)).get_text())
    except (ValueError, RecursionError) as error:
        raise RmplError(
            f"a page that cannot be laid out ({error})",
            where=where,
            remedy="save its text as plain text",
        ) from error


class _Room:
    """What may still be laid out of a page."""

    def __init__(self, where: str, most: int | None = None) -> None:
        self._where = where
        self._most = most
        self._written = 0
        self._characters = MOST_LAID_OUT
        self._compared = MOST_COMPARED

    def take(self, characters: int) -> None:
        self._characters -= characters
        if self._characters < 0:
            raise RmplError(
                f"a page that takes more than {MOST_LAID_OUT:,} characters",
                where=self._where,
                remedy="are its tables or margins very wide? save its text as plain text",
            )

    def write(self, characters: int) -> None:
        self._written += characters
        if self._most is not None and self._written > 2 * self._most:
            raise RmplError(
                f"more than {2 * self._most:,} characters",
                where=self._where,
                remedy=f"at most {self._most:,} are read",
            )

    def compare(self, rows: int, columns: int) -> None:
        self._compared -= rows * columns
        if self._compared < 0:
            raise RmplError(
                f"a page with a table of {rows:,} rows and {columns:,} columns",
                where=self._where,
                remedy="save its text as plain text",
            )


def _config(room: _Room) -> Any:
    library = libraries().inscriptis
    from inscriptis.model.config import ParserConfig  # noqa: PLC0415 - as above
    from inscriptis.model.html_element import HtmlElement  # noqa: PLC0415
    from inscriptis.model.tag import CustomHtmlTagHandlerMapping  # noqa: PLC0415

    style = library.css_profiles.STRICT_CSS_PROFILE.copy()
    none = library.html_properties.Display.none
    style.update({name: HtmlElement(display=none) for name in _HIDDEN})
    tables = library.model.tag.table_tag
    collecting = functools.partial(_collecting, room)
    handlers = CustomHtmlTagHandlerMapping(
        start_tag_mapping={
            "html": collecting(None),
            "li": _item,
            "table": collecting(tables.table_start_handler),
            "td": collecting(tables.td_start_handler),
            "th": collecting(tables.td_start_handler),
        },
        end_tag_mapping={"table": functools.partial(_end_of_table, room)},
    )
    config = ParserConfig(css=style, custom_html_tag_handler_mapping=handlers)
    attributes = {**config.attribute_handler.attribute_mapping, "style": _styled}
    config.attribute_handler.attribute_mapping = attributes
    return config


def _collecting(
    room: _Room, handler: Callable[[Any, Any], None] | None
) -> Callable[[Any, Any], None]:
    """Return a handler of start tags after which what is written is collected and counted."""
    collected = _collected()

    def start(state: Any, attributes: Any) -> None:
        if handler is not None:
            handler(state, attributes)
        canvas = state.tags[-1].canvas
        block = canvas.current_block
        if not isinstance(block, collected):
            canvas.current_block = collected(block.idx, block.prefix, room)

    return start


def _item(state: Any, attributes: Any) -> None:
    """Begin an item of a list, with a number of its own only where it is one."""
    number = attributes.get("value", "")
    numbered = number.isascii() and len(number) <= _LONGEST_NUMBER
    tags = libraries().inscriptis.model.tag.list_tag
    tags.li_start_handler(state, attributes if numbered else {})


def _end_of_table(room: _Room, state: Any) -> None:
    """Count what a table will take, then let it be laid out."""
    table = state.current_table[-1]
    heights, widths = 0, list[int]()
    for row in table.rows:
        height = 0
        for column, cell in enumerate(row.columns):
            cell.flush_inline()
            lines = [line for block in cell.blocks for line in block.split("\n")]
            width = max(map(len, lines), default=0)
            height = max(height, len(lines))
            if column == len(widths):
                widths.append(width)
            widths[column] = max(widths[column], width)
        heights += height
    separators = len(table.cell_separator) * len(widths)
    room.compare(len(table.rows), len(widths))
    room.take(heights * (sum(widths) + separators))
    libraries().inscriptis.model.tag.table_tag.table_end_handler(state)


def _styled(style: str, element: Any) -> None:
    """Apply an element's own style, with margins of any width that a screen has."""
    from inscriptis.model.css import CssParse  # noqa: PLC0415 - optional

    kept = [one for one in style.split(";") if len(one) <= _LONGEST_STYLE]
    CssParse.attr_style(";".join(kept), element)
    for margin in ("margin_before", "margin_after", "padding_inline"):
        setattr(element, margin, min(getattr(element, margin), _WIDEST))


@functools.cache
def _collected() -> Any:
    from inscriptis.html_properties import WhiteSpace  # noqa: PLC0415 - optional
    from inscriptis.model.canvas.block import Block  # noqa: PLC0415

    class Collected(Block):  # type: ignore[misc, unused-ignore]
        """A line whose pieces are joined when it is read, not one by one."""

        def __init__(self, idx: int, prefix: Any, room: _Room) -> None:
            super().__init__(idx, prefix)
            self._room = room
            self._pieces: list[str] = []

        def merge(self, text: str, whitespace: WhiteSpace) -> None:
            if whitespace == WhiteSpace.pre:
                self._write(text.replace("\n", "\n" + self.prefix.rest))
                self.collapsable_whitespace = False
                return
            words = " ".join(text.split())
            self._room.write(len(words))
            if words:
                before = " " if text[0].isspace() and not self.collapsable_whitespace else ""
                self.collapsable_whitespace = text[-1].isspace()
                self._write(before + words + (" " if self.collapsable_whitespace else ""))
            elif text and not self.collapsable_whitespace:
                self.collapsable_whitespace = True
                self._write(" ")

        def _write(self, text: str) -> None:
            if not self._pieces:
                text = self.prefix.first + text
            with contextlib.suppress(ValueError):  # "&#" and thousands of digits are no character
                text = unescape(text)
            self._room.take(len(text))
            self.idx += len(text)
            if text:
                self._pieces.append(text)

        @property
        def content(self) -> str:
            content = "".join(self._pieces)
            if self.collapsable_whitespace and content.endswith(" "):
                content = content[:-1]
                self.idx -= 1
            self._pieces = [content] if content else []
            return content

        def new_block(self) -> Any:
            self.prefix.consumed = False
            return Collected(self.idx + 1, self.prefix, self._room)

    return Collected
