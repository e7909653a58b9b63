"""Write docs/cli.md, the reference of the command line, from the commands themselves.

With ``--check`` nothing is written; exit code 1 if the page is out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from rmpl.cli.help import PANELS, parts_of
from rmpl.cli.main import app

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
WHY_NOT = "an example, whose options tests/cli/test_help.py checks"
HEAD = """# Commands

<!-- Written by scripts/cli_page.py; `make docs` writes it anew. -->

What `rmpl --help` and `rmpl COMMAND --help` print, on one page. Every command reports an input
error in one line (what, where, what to do) with exit code 2; `rmpl --debug` before a command
shows the traceback, `rmpl --version` the version. After Ctrl-C the exit code is 130; training,
ablations, extraction and prediction keep finished work.
"""


def page() -> str:
    """Return the page."""
    root: Any = typer.main.get_command(app)
    parts = [HEAD]
    for panel in PANELS:
        parts.append(f"## {panel}\n")
        for name, command in root.commands.items():
            if command.rich_help_panel == panel and not command.hidden:
                parts += _sections(("rmpl", name), command)
    return "\n".join(parts)


def _sections(words: tuple[str, ...], command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    for name, one in inner.items():
        yield from _sections((*words, name), one)
    if not inner:
        yield from _section(words, command)


def _section(words: tuple[str, ...], command: Any) -> Iterator[str]:
    first, _, rest = parts_of(command.help.replace("\b\n", ""))
    yield f"### {' '.join(words)}\n"
    yield f"{first}\n"
    example = "\n".join(f"    {line}" for line in command.example.splitlines())
    yield f"<!-- not run: {WHY_NOT} -->\n\n{example}\n"
    if rest:
        yield f"{_linked(' '.join(rest.split()))}\n"
    lines = [_parameter(one) for one in command.params if not one.hidden]
    if lines:
        yield "\n".join(lines) + "\n"


def _parameter(param: Any) -> str:
    """Return a line on an argument or option; the same with every version of typer."""
    names = [*param.opts, *param.secondary_opts]
    if param.param_type_name == "argument":
        names = [(param.metavar or param.name).upper()]
    facts = [_linked(param.help or "")]
    if param.required:
        facts.append("Required.")
    default = param.default
    if (
        param.show_default
        and not getattr(param, "is_flag", False)
        and default not in (None, (), [])
    ):
        facts.append(f"Default: {getattr(default, 'value', default)}.")
    return f"- {', '.join(f'`{name}`' for name in names)}: {' '.join(facts)}"


def _linked(text: str) -> str:
    """Return a text whose names of pages are links, as pages are beside each other."""
    return re.sub(r"docs/(\w+\.md)", r"[\1](\1)", text)


def main() -> None:
    """Write the page, or compare it with what would be written."""
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit(f"{PAGE} is out of date: python scripts/{Path(__file__).name}")
        return
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
