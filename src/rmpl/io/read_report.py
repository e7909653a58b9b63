"""What a reader used, what it left out and why: nothing is dropped without a count."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from rmpl.errors import RmplError, one_line

OnError = Literal["raise", "count"]
"""What a reader does with a record it cannot use: stop, or leave it out and count it."""

KEPT_CASES = 3


class ReadReport:
    """Counters of what was used, left out and found odd, each with its first cases.

    Attributes
    ----------
    used
        How many of each thing (``sentences``, ``text events``, ...) went into documents.
    left_out
        How many things did not, by reason.
    warnings
        How many things were kept although they look wrong, by reason.
    refused
        How many of the things left out were broken, not merely unwanted.
    cases
        The first places of each reason, as many as ``kept_cases``, each once.
    """

    def __init__(self, kept_cases: int = KEPT_CASES) -> None:
        self.kept_cases = kept_cases
        self.used: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.refused = 0
        self.cases: dict[str, list[str]] = {}

    def use(self, what: str, count: int = 1) -> None:
        """Count something that became part of a document."""
        self.used[what] += count

    def leave_out(self, reason: str, where: str, count: int = 1) -> None:
        """Count something that did not."""
        self.left_out[reason] += count
        self._keep(reason, where)

    def warn(self, reason: str, where: str) -> None:
        """Count something that was kept but looks wrong."""
        self.warnings[reason] += 1
        self._keep(reason, where)

    def refuse(self, error: RmplError, on_error: OnError) -> None:
        """Apply the policy to a record that cannot be used: raise ``error`` or count it."""
        if on_error == "raise":
            raise error
        self.refused += 1
        self.leave_out(error.what, error.where or "?")

    def _keep(self, reason: str, where: str) -> None:
        cases = self.cases.setdefault(reason, [])
        if len(cases) < self.kept_cases and where not in cases:
            cases.append(where)

    def add(self, other: dict[str, Any]) -> None:
        """Count, too, what ``as_dict`` of another report says."""
        self.used.update(other["used"])
        self.left_out.update(other["left_out"])
        self.warnings.update(other["warnings"])
        self.refused += other["refused"]
        for reason, cases in other["cases"].items():
            for where in cases:
                self._keep(reason, where)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON types."""
        return {
            "used": dict(self.used),
            "left_out": dict(self.left_out),
            "refused": self.refused,
            "warnings": dict(self.warnings),
            "cases": {reason: list(cases) for reason, cases in self.cases.items()},
        }

    def lines(self) -> list[str]:
        """Return the report as lines to print, in the order things were met."""
        lines = [f"used: {count:,} {what}" for what, count in self.used.items()]
        for title, counter in (("left out", self.left_out), ("warning", self.warnings)):
            for reason, count in counter.items():
                examples = ", ".join(self.cases[reason])
                named = f" (e.g. {examples})" if examples else ""
                lines.append(one_line(f"{title}: {count:,} x {reason}{named}"))
        return lines
