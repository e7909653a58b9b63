"""Option names of earlier versions, still accepted but no longer shown in the help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rmpl.cli.help import Command


class _WithFormerOptions(Command):
    former: ClassVar[Mapping[str, str]] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line with former option names replaced by today's."""
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [*map(self._current, args[:end]), *args[end:]])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Leave out arguments without a metavar: former forms that are hidden from the help."""
        return [piece for piece in super().collect_usage_pieces(ctx) if piece != "[]"]

    def _current(self, word: str) -> str:
        name, equals, value = word.partition("=")
        return f"{self.former.get(name, name)}{equals}{value}"


def with_former_options(former: Mapping[str, str]) -> type[Command]:
    """Return a command class that also accepts former names of options.

    Parameters
    ----------
    former
        Former name -> today's, both with their dashes.
    """
    return type("Command", (_WithFormerOptions,), {"former": former})
