"""Markdown: blocks and signs in every order, of which certain words are text."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from damage import damaged
from shown import ANY, BLOCK, CELL, SPACE, Outcome, Written, read_file

EMPHASIS = ("*", "**", "***", "_", "__", "`", "``")
INLINE = ("b", "em", "span class=a", "sub", "u", "mark")
TAGS = ("p", "div", "section", "h2", "blockquote", "li", "center")
RULES = ("---", "***", "___", "- - -", "* * *", "-----", "_ _ _ _")
ITEMS = ("- ", "* ", "+ ", "1. ", "2) ", "-   ", "- [ ] ")
SIGNS = (".", ",", "! ", "?", ";", "&amp;", "\\*", "\\[", " *", " -", ")")


class Article(Written):
    """A Markdown text as it is written; every line of a block begins as ``start`` says."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.start = ""

    def line_end(self, apart: int = SPACE) -> None:
        """End a line, and begin the next one of the same block."""
        self.sign("\n" + self.start, apart)

    def text_run(self, depth: int = 2, *, lines: bool = True) -> None:
        """Write words and what may stand among them."""
        rng = self.rng
        for _ in range(rng.randrange(1, 5)):
            kind = rng.randrange(16)
            if kind < 6 or depth == 0:
                self.word()
            elif kind < 9:
                self.emphasis(depth)
            elif kind < 12:
                self.enclosed(depth)
            elif kind == 12:
                self.sign(rng.choice(("<br>", "<br/>", "<BR />")), SPACE)
            elif kind == 13:
                self.not_shown()
            else:
                self.sign(
                    rng.choice(("[^1]", "[^a]", "<http://x.org>", "https://x.org/a_b_c")), ANY
                )
            if rng.random() < 0.15:
                self.sign(rng.choice(SIGNS), ANY)
            if lines and rng.random() < 0.15:
                self.sign(rng.choice(("", "  ", "\\")))
                self.line_end()
            elif rng.random() < 0.7:
                self.sign(rng.choice((" ", "  ", "\t", "\u00a0")), SPACE)

    def enclosed(self, depth: int) -> None:
        """Write a text within a link or an element."""
        link = self.rng.choice(("](http://x.org/a_(b))", "](c 'T')", "][d]"))
        name, tag = self.rng.choice(INLINE), self.rng.choice(TAGS)
        self.rng.choice((
            lambda: self.wrapped("[", link, depth),
            lambda: self.wrapped(f"<{name}>", f"</{name.split()[0]}>", depth),
            lambda: self.wrapped(f"<{tag}>", f"</{tag}>", depth, SPACE),
        ))()  # fmt: skip

    def wrapped(self, before: str, after: str, depth: int, apart: int = 0) -> None:
        """Write a text between two signs."""
        self.sign(before, apart)
        self.text_run(depth - 1, lines=False)
        self.sign(after, apart)

    def emphasis(self, depth: int) -> None:
        """Write words between signs of emphasis, with no blank at the signs."""
        sign = self.rng.choice(EMPHASIS)
        self.sign(f" {sign}" if "_" in sign else sign, SPACE if "_" in sign else 0)
        self.word()
        if depth > 1 and "`" not in sign:
            self.sign(" ", SPACE)
            self.word()
        self.sign(f"{sign} " if "_" in sign else sign, SPACE if "_" in sign else 0)

    def not_shown(self) -> None:
        """Write what no reader of the article sees."""
        before, after = self.rng.choice((
            ("![", "](a.png)"), ("![", "][d]"), ("<!-- ", " -->"), ('<img alt="', '" src=a.png>'),
        ))  # fmt: skip
        self.hide(before, after)

    def begin(self, sign: str, more: str) -> None:
        """Begin a block on a new line."""
        self.sign("\n" + self.start + sign, BLOCK)
        self.start += more

    def block(self, depth: int = 2) -> None:
        """Write a block."""
        rng, start = self.rng, self.start
        kinds: list[Callable[[], None]] = [
            self.paragraph, self.paragraph, self.heading, self.underlined, self.table, self.rule,
            self.note, self.code, self.definition,
        ]  # fmt: skip
        if depth > 0:
            kinds += [lambda: self.items(depth), lambda: self.quotation(depth)]
        rng.choice(kinds)()
        self.start = start

    def paragraph(self) -> None:
        """Write a paragraph, after an empty line."""
        self.sign("\n" + self.start, BLOCK)
        self.begin("", "")
        self.text_run()
        self.sign("\n" + self.start, BLOCK)

    def heading(self) -> None:
        """Write a heading; what follows needs no empty line."""
        self.begin("#" * self.rng.randrange(1, 7) + " ", "")
        self.text_run(1, lines=False)
        self.sign(self.rng.choice(("", " #", " ###")), BLOCK)

    def underlined(self) -> None:
        """Write a heading with a line below it."""
        self.sign("\n" + self.start, BLOCK)
        self.begin("", "")
        self.text_run(1, lines=False)
        self.sign("\n" + self.start + self.rng.choice(("=", "-")) * self.rng.randrange(3, 9), BLOCK)

    def rule(self) -> None:
        """Write a rule, after an empty line."""
        self.sign("\n" + self.start, BLOCK)
        self.begin(self.rng.choice(RULES), "")

    def table(self) -> None:
        """Write a table with or without outer signs."""
        rng, columns = self.rng, self.rng.randrange(2, 4)
        edge = rng.choice(("|", "| "))
        self.sign("\n" + self.start, BLOCK)
        for row in range(rng.randrange(2, 4)):
            self.begin(edge, "")
            for column in range(columns):
                self.sign(" | " if column else "", CELL if column else 0)
                self.word()
                self.sign("" if rng.randrange(3) else " ")
            self.sign(edge, BLOCK)
            if row == 0:
                self.sign("\n" + self.start + edge + "|".join([":---"] * columns) + edge, BLOCK)
        self.sign("\n" + self.start, BLOCK)

    def note(self) -> None:
        """Write the text of a footnote."""
        self.sign("\n" + self.start, BLOCK)
        self.begin(f"[^{self.rng.randrange(9)}]: ", "    ")
        self.text_run(1)

    def code(self) -> None:
        """Write code, which is not read."""
        sign = self.rng.choice(("```", "~~~", "````", "``` python"))
        self.sign("\n" + self.start, BLOCK)
        start = "\n" + self.start
        self.hide(f"{start}{sign}{start}", f"{start}{sign.split(maxsplit=1)[0]}")
        self.sign("", BLOCK)

    def definition(self) -> None:
        """Write the address of a link or an image."""
        self.sign("\n" + self.start, BLOCK)
        self.begin(self.rng.choice(("[d]: http://x.org 'T'", "[d]: <a b.png>")), "")

    def items(self, depth: int) -> None:
        """Write a list, whose items may hold paragraphs and lists."""
        rng, start, sign = self.rng, self.start, self.rng.choice(ITEMS)
        if rng.randrange(2):
            self.sign("\n" + start, BLOCK)
        for _ in range(rng.randrange(1, 4)):
            self.start = start
            self.begin(sign, " " * (4 if "[" not in sign else 2))
            self.text_run(1)
            if rng.random() < 0.3:
                self.block(depth - 1)
        self.start = start
        self.sign("\n" + start, BLOCK)

    def quotation(self, depth: int) -> None:
        """Write a quotation."""
        start = self.start
        self.sign("\n" + start, BLOCK)
        sign = self.rng.choice(("> ", ">", "> > "))
        self.start = start + sign
        for _ in range(self.rng.randrange(1, 3)):
            self.block(depth - 1)
        self.start = start
        self.sign("\n" + start, BLOCK)


def one(rng: random.Random, folder: Path) -> Outcome:
    """Read one article; a fifth are damaged, of which only the end of reading is looked at."""
    article = Article(rng)
    if rng.random() < 0.2:
        article.hide("---\ntitle: ", "\ntags:\n- a\n---")
    for _ in range(rng.randrange(1, 6)):
        article.block()
    article.begin("[d]: http://x.org", "")
    ending = rng.choice(("\n", "\n", "\n", "\r\n"))
    content = article.text.replace("\n", ending).encode()
    if rng.randrange(5):
        content = b"\xef\xbb\xbf" * (rng.random() < 0.1) + content
        return read_file(folder / "a.md", article, content)
    found = read_file(folder / "a.md", article, damaged(content, rng, 1000) or b"")
    return Outcome("read") if found.how == "silent" else found
