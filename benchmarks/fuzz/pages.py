"""HTML pages: elements nested as people nest them, of which a browser shows certain words."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from damage import damaged
from shown import ANY, BLOCK, CELL, SPACE, Outcome, Written, read_file

BLOCKS = (
    "p div section article main header h1 h2 h3 blockquote center address figure figcaption "
    "details summary fieldset legend li dl ul ol menu dir pre dialog search hgroup"
).split()
OF_TEXT = frozenset("p pre h1 h2 h3 address legend summary".split())
LISTS = {"ul": "li", "ol": "li", "menu": "li", "dir": "li", "dl": "dt dd"}
INLINE = (
    "a b i em strong span sup sub code cite abbr time mark small u font ins del kbd label bdi data "
    "tt samp var big s strike nobr acronym dfn bdo ruby"
).split()
CUSTOM = "amp-text story-text x-y headline story".split()
HIDDEN = (
    "nav footer aside button select textarea datalist noscript template audio video canvas iframe "
    "script style dialog"
).split()
SIGNS = (".", ",", "!", "?", ";", "&amp;", "&#8211;", '"', "\u2026")
SPACES = (" ", " ", " ", "\n", "\t", "&nbsp;", "  \n  ", "&#32;", "\u2003")
ATTRIBUTES = (
    "", "", "", " class=a", " id='a > b'", ' title="x < y"', " data-x=1 disabled",
    ' style="margin-top:2em; padding-left: 3em"', " lang=en\n dir=ltr", " =", " hidden2",
    " style=color:red", ' alt="/"',
)  # fmt: skip
NO_DISPLAY = (" hidden", " style='display:none'", ' style="color:red; DISPLAY: none"', " HIDDEN=''")
HEADS = (
    "", "<html><body>", "<!DOCTYPE html><html><head><title>T</title></head><body>",
    "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body>",
    "<meta charset=utf-8>", "<form id=aspnet action=x>",
)  # fmt: skip
NESTED = (3, 10, 50, 120, 260, 5_000)


class Page(Written):
    """A page as it is written."""

    def element(self, name: str, inside: Callable[[], None], apart: int, more: str = "") -> None:
        """Write an element with what is in it."""
        name = name.upper() if self.rng.random() < 0.1 else name
        self.sign(f"<{name}{more}{self.rng.choice(ATTRIBUTES)}>", apart)
        inside()
        self.sign(f"</{name}>", apart)

    def running_text(self, depth: int = 3) -> None:
        """Write words, and elements that are parts of a text."""
        rng = self.rng
        for _ in range(rng.randrange(1, 5)):
            kind = rng.randrange(14)
            if kind < 6 or depth == 0:
                self.word()
            elif kind < 9:
                self.element(rng.choice(INLINE), lambda: self.running_text(depth - 1), 0)
            elif kind == 9:
                self.element(rng.choice(CUSTOM), lambda: self.running_text(depth - 1), SPACE)
            elif kind == 10:
                self.sign(rng.choice(("<br>", "<br/>", "<BR clear=all>")), SPACE)
            elif kind == 11:
                self.sign(rng.choice(("<wbr>", "<!-- c -->", "<span></span>", "<b> </b>")), ANY)
            else:
                self.not_shown(("span", "em", "u"))
            if rng.random() < 0.2:
                self.sign(rng.choice(SIGNS), ANY)
            if rng.random() < 0.7:
                self.sign(rng.choice(SPACES), SPACE)

    def not_shown(self, names: tuple[str, ...]) -> None:
        """Write what a browser does not show, or rmpl leaves out."""
        rng = self.rng
        kind = rng.randrange(3)
        if kind == 0:
            self.hide("<!-- ", " -->")
        elif kind == 1:
            name = rng.choice(HIDDEN)
            option = "<option>" if name in {"select", "datalist"} else ""
            self.hide(f"<{name}>{option}", f"</{name}>")
        else:
            name = rng.choice(names)
            inside = "<tr><td>" if name == "table" else ""
            self.hide(f"<{name}{rng.choice(NO_DISPLAY)}>{inside}", f"</{name}>")

    def flow(self, depth: int) -> None:
        """Write blocks and text beside them."""
        rng = self.rng
        for _ in range(rng.randrange(1, 4)):
            kind = rng.randrange(13)
            if kind < 3 or depth == 0:
                self.running_text()
            elif kind < 7:
                self.block(rng.choice(BLOCKS), depth)
            elif kind == 7:
                self.table(depth)
            elif kind == 8:
                self.sign(rng.choice(("<hr>", "<hr/>", "<HR noshade>")), BLOCK)
            elif kind == 9:
                self.nested(depth)
            elif kind == 10:
                self.not_shown(("div", "span", "section", "ul", "table", "article"))
            elif kind == 11:
                self.sign(rng.choice(("</p>", "</P >", "</br>")), SPACE)
            else:  # a block within a part of a text
                name = rng.choice(("a", "b", "span", "font", "ins"))
                self.element(name, lambda: self.block("div", depth - 1), 0)
            if rng.random() < 0.5:
                self.sign(rng.choice(SPACES), SPACE)

    def block(self, name: str, depth: int) -> None:
        """Write a block with what may stand in it."""
        more = " open" if name == "dialog" else ""
        if name in LISTS:
            self.element(name, lambda: self.items(LISTS[name], depth), BLOCK, more)
        elif depth <= 0 or (name in OF_TEXT and self.rng.random() < 0.7):
            self.element(name, self.running_text, BLOCK, more)
        else:
            self.element(name, lambda: self.flow(depth - 1), BLOCK, more)

    def items(self, names: str, depth: int) -> None:
        """Write the items of a list; their end tags may be missing."""
        is_short = self.rng.random() < 0.3
        for _ in range(self.rng.randrange(1, 4)):
            name = self.rng.choice(names.split())
            self.sign(f"<{name}>", BLOCK)
            self.flow(depth - 1) if depth > 0 else self.running_text()
            self.sign("" if is_short else f"</{name}>\n", BLOCK)

    def table(self, depth: int) -> None:
        """Write a table; end tags that HTML does not need may be missing."""
        rng, is_short = self.rng, self.rng.random() < 0.3
        self.sign("<table border=1>", BLOCK)
        if rng.random() < 0.2:
            self.element("caption", self.running_text, BLOCK)
        body = rng.choice(("", "tbody"))
        self.sign(f"<{body}>" if body else "")
        for _ in range(rng.randrange(1, 4)):
            self.sign("<tr>", BLOCK)
            for cell in range(rng.randrange(1, 4)):
                name, more = rng.choice(("td", "td", "th")), rng.choice(("", " colspan=2"))
                self.sign(f"<{name}{more}>", CELL if cell else BLOCK)
                if depth > 1 and rng.random() < 0.2:
                    self.flow(depth - 2)
                else:
                    self.running_text(1)
                self.sign("" if is_short else f"</{name}>")
            self.sign("" if is_short else "</tr>", BLOCK)
        self.sign(f"</{body}>" if body else "")
        self.sign("</table>", BLOCK)

    def nested(self, depth: int) -> None:
        """Write one element within another many times over."""
        times = self.rng.choice(NESTED[: 4 if depth > 1 else 6])
        name, apart = self.rng.choice((("div", BLOCK), ("section", BLOCK), ("b", 0), ("x-y", ANY)))
        self.sign(f"<{name}>" * times, apart)
        self.running_text(1)
        self.sign(f"</{name}>" * times, apart)


def one(rng: random.Random, folder: Path) -> Outcome:
    """Read one page; a third are damaged, of which only the end of reading is looked at."""
    page = Page(rng)
    head = rng.choice(HEADS)
    page.sign(head, BLOCK)
    page.flow(rng.randrange(1, 5))
    page.sign("</form>" if "form" in head else rng.choice(("", "</body></html>")))
    content = page.text.encode()
    if rng.randrange(3):
        if rng.random() < 0.1:
            content = rng.choice((b"\xef\xbb\xbf" + content, page.text.encode("utf-16")))
        return read_file(folder / "a.html", page, content)
    found = read_file(folder / "a.html", page, damaged(content, rng, 1000) or b"")
    return Outcome("read") if found.how == "silent" else found
