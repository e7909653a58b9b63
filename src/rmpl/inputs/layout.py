"""Rendering HTML as text with inscriptis, with bounds on time and memory.

inscriptis takes quadratic time for a paragraph of many small pieces, and unlimited blanks for
margins and table columns. Here text blocks collect their pieces and join them once, and the output
is limited. Within the limits the text is that of inscriptis, but for elements that it does not know
(``blocks``) and the line breaks within a block, which are ``LINE_BREAK``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, NamedTuple

from rmpl.errors import RmplError
from rmpl.inputs.blocks import BLOCKS, NOT_SHOWN, mark_blocks

LINE_BREAK = "\x0b"
"""A line break within a block: ``<br>``, or a line of ``<pre>``. It ends no paragraph."""
MAX_RENDERED = 64_000_000
"""Limit of rendered characters, including the blanks of margins and tables."""
MAX_CELLS = 5_000_000
"""Limit of the cells of all tables, which is the number of width comparisons."""
_WIDEST = 100
"""The widest margin, in characters. Wider margins do not change the sentences."""
_LONGEST_STYLE = 100
"""Characters of one style property; no relevant one is longer."""
_LONGEST_NUMBER = 9


class Libraries(NamedTuple):
    """The libraries that parse and render HTML."""

    html: Any
    etree: Any
    inscriptis: Any


@functools.cache
def libraries() -> Libraries:
    """Import the libraries that parse and render HTML.

    Raises
    ------
    RmplError
        If one is not installed.
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


def render(tree: Any, where: str, max_characters: int | None = None) -> str:
    """Return the visible text of a page's elements, one block per line.

    Lines of a block are separated by ``LINE_BREAK``, those of two blocks by line feeds. The tree is
    marked (``blocks``). Rendering stops with an error beyond twice ``max_characters``.

    Raises
    ------
    RmplError
        If the page needs too many blanks or too large a table, or is too long.
    """
    config = _config(_Budget(where, max_characters))
    mark_blocks(tree, frozenset(config.css), libraries().etree.iterwalk)
    try:
        return str(libraries().inscriptis.Inscriptis(tree, config).get_text())
    except (ValueError, RecursionError) as error:
        raise RmplError(
            f"a page that cannot be rendered ({error})",
            where=where,
            remedy="save its text as plain text",
        ) from error


class _Budget:
    """The remaining rendering budget of a page, and what is being written."""

    def __init__(self, where: str, most: int | None = None) -> None:
        self._where = where
        self._most = most
        self._written = 0
        self._characters = MAX_RENDERED
        self._compared = MAX_CELLS
        self.are_rows = False
        """Whether the lines being written are rows of a table, not of a ``<pre>``."""

    @contextlib.contextmanager
    def rows(self) -> Iterator[None]:
        self.are_rows = True
        try:
            yield
        finally:
            self.are_rows = False

    def take(self, characters: int) -> None:
        self._characters -= characters
        if self._characters < 0:
            raise RmplError(
                f"a page that takes more than {MAX_RENDERED:,} characters",
                where=self._where,
                remedy="are its tables or margins very wide? save its text as plain text",
            )

    def write(self, characters: int) -> None:
        self._written += characters
        if self._most is not None and self._written > 2 * self._most:
            raise RmplError(
                f"more than {2 * self._most:,} characters",
                where=self._where,
                remedy=f"the limit is {self._most:,}",
            )

    def compare(self, rows: int, columns: int) -> None:
        self._compared -= rows * columns
        if self._compared < 0:
            raise RmplError(
                f"a page with a table of {rows:,} rows and {columns:,} columns",
                where=self._where,
                remedy="save its text as plain text",
            )


def _config(budget: _Budget) -> Any:
    library = libraries().inscriptis
    from inscriptis.model.config import ParserConfig  # noqa: PLC0415 - as above
    from inscriptis.model.html_element import HtmlElement  # noqa: PLC0415
    from inscriptis.model.tag import CustomHtmlTagHandlerMapping  # noqa: PLC0415

    style = library.css_profiles.STRICT_CSS_PROFILE.copy()
    none = library.html_properties.Display.none
    block = library.html_properties.Display.block
    del style["head"]  # without a <body>, the parser takes the whole page for its head
    style.update({name: HtmlElement(display=block) for name in BLOCKS if name not in style})
    style.update({name: HtmlElement(display=none) for name in NOT_SHOWN})
    tables = library.model.tag.table_tag
    collecting = functools.partial(_collect_after, budget)
    handlers = CustomHtmlTagHandlerMapping(
        start_tag_mapping={
            "html": collecting(None),
            "li": _item,
            "br": _line_break,
            "table": collecting(_table),
            "td": collecting(tables.td_start_handler),
            "th": collecting(tables.td_start_handler),
        },
        end_tag_mapping={"table": functools.partial(_end_of_table, budget)},
    )
    config = ParserConfig(css=style, custom_html_tag_handler_mapping=handlers)
    attributes = {**config.attribute_handler.attribute_mapping, "style": _styled}
    config.attribute_handler.attribute_mapping = attributes
    return config


def _collect_after(
    budget: _Budget, handler: Callable[[Any, Any], None] | None
) -> Callable[[Any, Any], None]:
    """Wrap a start-tag handler so that the text after it goes to a ``CollectedBlock``."""
    block_class = _block_class()

    def start(state: Any, attributes: Any) -> None:
        if handler is not None:
            handler(state, attributes)
        canvas = state.tags[-1].canvas
        block = canvas.current_block
        if not isinstance(block, block_class):
            canvas.current_block = block_class(block.idx, block.prefix, budget)

    return start


def _item(state: Any, attributes: Any) -> None:
    """Start a list item; its ``value`` is used only if it is a number."""
    number = attributes.get("value", "")
    numbered = number.isascii() and len(number) <= _LONGEST_NUMBER
    tags = libraries().inscriptis.model.tag.list_tag
    tags.li_start_handler(state, attributes if numbered else {})


def _line_break(state: Any, _: Any) -> None:
    """Break the line of a block that has text, else leave a line free."""
    tag = state.tags[-1]
    if tag.canvas.current_block.is_empty():
        tag.canvas.write_newline()
    elif tag.display != libraries().inscriptis.html_properties.Display.none:
        tag.canvas.current_block.break_line()


def _table(state: Any, attributes: Any) -> None:
    """Start a table on a line of its own."""
    state.tags[-1].canvas.flush_inline()
    libraries().inscriptis.model.tag.table_tag.table_start_handler(state, attributes)


def _end_of_table(budget: _Budget, state: Any) -> None:
    """Charge the size of a table to the budget, then render it."""
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
    budget.compare(len(table.rows), len(widths))
    budget.take(heights * (sum(widths) + separators))
    with budget.rows():
        libraries().inscriptis.model.tag.table_tag.table_end_handler(state)


def _styled(style: str, element: Any) -> None:
    """Apply an element's inline style, with its margins limited."""
    from inscriptis.model.css import CssParse  # noqa: PLC0415 - optional

    properties = [one for one in style.split(";") if len(one) <= _LONGEST_STYLE]
    CssParse.attr_style(";".join(properties), element)
    for margin in ("margin_before", "margin_after", "padding_inline"):
        setattr(element, margin, min(getattr(element, margin), _WIDEST))


@functools.cache
def _block_class() -> Any:
    from inscriptis.html_properties import WhiteSpace  # noqa: PLC0415 - optional
    from inscriptis.model.canvas.block import Block  # noqa: PLC0415

    class CollectedBlock(Block):  # type: ignore[misc, unused-ignore]
        """A text block that joins its pieces once, when it is read."""

        def __init__(self, idx: int, prefix: Any, budget: _Budget) -> None:
            super().__init__(idx, prefix)
            self._room = budget
            self._pieces: list[str] = []

        def merge(self, text: str, whitespace: WhiteSpace) -> None:
            if whitespace == WhiteSpace.pre:
                line_end = "\n" if self._room.are_rows else LINE_BREAK
                self._write(text.replace("\n", line_end + self.prefix.rest))
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

        def break_line(self) -> None:
            """Write a line break, and leave out the blanks after it."""
            self._write(LINE_BREAK + self.prefix.rest)
            self.collapsable_whitespace = True

        def _write(self, text: str) -> None:
            if not self._pieces:
                text = self.prefix.first + text
            with contextlib.suppress(ValueError):  # "&#" and thousands of digits
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
            return CollectedBlock(self.idx + 1, self.prefix, self._room)

    return CollectedBlock
