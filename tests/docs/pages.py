"""The pages of the documentation, their blocks, and what their marks say.

A block of commands or of Python has a mark on the line before it, which readers do not see::

    <!-- run -->                            it runs as it is shown
    <!-- run with RUN=runs/small -->        so, with this word in the place of another
    <!-- not run: it takes eight GPUs -->   why not, and which test does the like, if one does
"""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "howto").glob("*.md")),
    ROOT / "docs" / "api" / "index.md",
]

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>(?:not )?run[^\n]*?) -->\n+)?"
    r"(?:(?P<indented>^    [^\n]*\n(?:^    [^\n]*\n|^\n(?=    ))*)|^```\w*\n(?P<fenced>.*?)^```)",
    re.MULTILINE | re.DOTALL,
)
_PROGRAMS = "rmpl|make|pip|python|torchrun|accelerate|lm_eval|curl|cat|pytest|git|RAY_ADDRESS=|hf"
_COMMAND = re.compile(rf"^(?:{_PROGRAMS})(?:\b|(?<==))|^\.venv/bin/", re.MULTILINE)
_PYTHON = re.compile(r"^(?:from|import) \w", re.MULTILINE)


class Block(NamedTuple):
    """A block of a page: its text, and its mark ("" without one)."""

    code: str
    mark: str
    line: int

    @property
    def is_python(self):
        return _PYTHON.match(self.code) is not None

    @property
    def is_marked_or_must_be(self):
        return bool(self.mark) or self.is_python or _COMMAND.search(self.code) is not None

    @property
    def is_run(self):
        return self.mark == "run" or self.mark.startswith("run with ")

    @property
    def why_not(self):
        return self.mark.removeprefix("not run: ") if self.mark.startswith("not run: ") else ""

    @property
    def script(self):
        """The code with the mark's words in the places of those that it names."""
        code = self.code
        for pair in self.mark.removeprefix("run").removeprefix(" with ").split():
            name, _, value = pair.partition("=")
            code, count = re.subn(rf"(?<![\w-]){re.escape(name)}(?![\w-])", value, code)
            assert count, f"line {self.line}: {name} does not occur"
        return code


def blocks(path):
    """Return all indented and fenced blocks of a page."""
    text = path.read_text()
    return [
        Block(
            textwrap.dedent(found["indented"] or found["fenced"]),
            found["mark"] or "",
            text[: found.end()].count("\n"),
        )
        for found in _BLOCK.finditer(text)
    ]
