"""The help: commands in groups, each with an example; plain text of 80 columns."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

PANELS = ("Try it", "Extract", "Data", "Train", "Evaluate", "Experiments")
"""The groups of ``rmpl --help``, in their order."""

_KEPT = "\b\n"
"""Before a paragraph whose lines the help prints as they are."""


def parts_of(docstring: str) -> tuple[str, str, str]:
    """Return a command's first sentence, its example and the rest of its help.

    The example is the paragraph after the first sentence that begins with "rmpl"; "" without one.
    """
    paragraphs = re.split(r"\n\s*\n", docstring.strip("\n"))
    first = " ".join(paragraphs[0].split())
    second = paragraphs[1] if len(paragraphs) > 1 else ""
    example = second if second.lstrip().startswith("rmpl ") else ""
    rest = paragraphs[2 if example else 1 :]
    lines = [line.strip() for line in example.splitlines()]
    return first, "\n".join(lines), "\n\n".join(rest)


class Command(TyperCommand):
    """A command whose docstring has an example, as an indented paragraph."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        first, example, rest = parts_of(settings.get("help") or "")
        self.example = example
        shown = _KEPT + "\n".join(f"    {line}" for line in example.splitlines())
        settings["help"] = "\n\n".join(part for part in (first, example and shown, rest) if part)
        super().__init__(*args, **settings)


class Group(TyperGroup):
    """Commands listed by their panels; their descriptions are wrapped, not cut off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands, by panel."""
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        shown = {name: one for name, one in known.items() if one is not None and not one.hidden}
        width = max(map(len, shown), default=0)
        for panel in (*PANELS, None):
            rows = [
                (f"{name:{width}}", parts_of(one.short_help or one.help or "")[0])
                for name, one in shown.items()
                if (getattr(one, "rich_help_panel", None) or None) == panel
            ]
            if rows:
                with formatter.section(panel or "Commands"):
                    formatter.write_dl(rows)
