"""Counts of what a reader used, left out and found suspicious, with reasons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from rmpl.errors import RmplError, one_line

OnError = Literal["raise", "count"]
"""What a reader does with an invalid record: raise an error, or skip and count it."""

MAX_CASES = 3
OF_MANY = re.compile(r"(event type|role) (.+) (outside the schema|without a role in M2E2)")
"""Reasons that differ in a name only, of which a corpus may have hundreds."""
_COUNTED = {"event type": "text events", "role": "text arguments"}
"""What was used where such a thing is in the schema."""


class ReadReport:
    """Counters of used, left-out and suspicious items, with example locations per reason.

    Attributes
    ----------
    used
        The number of items per type (``sentences``, ``text events``, ...) that went into documents.
    left_out
        The number of left-out items, by reason.
    warnings
        The number of suspicious items that were used nevertheless, by reason.
    refused
        The number of left-out items that were invalid rather than unwanted.
    not_run
        The number of documents that were not asked about a medium (``text``, ``image``).
    cases
        The first distinct locations per reason, at most ``max_cases`` each.
    """

    def __init__(self, max_cases: int = MAX_CASES) -> None:
        self.max_cases = max_cases
        self.used: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.refused = 0
        self.not_run: Counter[str] = Counter()
        self.cases: dict[str, list[str]] = {}

    def use(self, what: str, count: int = 1) -> None:
        """Count items that became part of a document."""
        self.used[what] += count

    def leave_out(self, reason: str, where: str, count: int = 1) -> None:
        """Count items that were left out."""
        self.left_out[reason] += count
        self._add_case(reason, where)

    def warn(self, reason: str, where: str) -> None:
        """Count a suspicious item that was used nevertheless."""
        self.warnings[reason] += 1
        self._add_case(reason, where)

    def refuse(self, error: RmplError, on_error: OnError) -> None:
        """Handle an invalid record according to ``on_error``: raise ``error`` or count it."""
        if on_error == "raise":
            raise error
        self.refused += 1
        self.leave_out(error.what, error.where or "?")

    def refuse_all(self, errors: Sequence[RmplError], on_error: OnError) -> None:
        """Handle everything invalid of one record; raise the last error, which refuses the record.

        Raises
        ------
        RmplError
            If there is an error: the first with ``on_error="raise"``, else the last, uncounted.
        """
        for error in errors[:-1]:
            self.refuse(error, on_error)
        if errors:
            raise errors[-1]

    def _add_case(self, reason: str, where: str) -> None:
        cases = self.cases.setdefault(reason, [])
        if len(cases) < self.max_cases and where not in cases:
            cases.append(where)

    def add(self, other: dict[str, Any]) -> None:
        """Add the counts of another report, given as its ``as_dict``."""
        self.used.update(other["used"])
        self.left_out.update(other["left_out"])
        self.warnings.update(other["warnings"])
        self.refused += other["refused"]
        for reason, cases in other["cases"].items():
            for where in cases:
                self._add_case(reason, where)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON types."""
        return {
            "used": dict(self.used),
            "left_out": dict(self.left_out),
            "refused": self.refused,
            "warnings": dict(self.warnings),
            "cases": {reason: list(cases) for reason, cases in self.cases.items()},
        }

    def lines(self, *, verbose: bool = False) -> list[str]:
        """Return the report as lines to print, in order of first occurrence.

        Parameters
        ----------
        verbose
            Whether every event type and role that is left out gets a line of its own.
        """
        lines = [f"used: {count:,} {what}" for what, count in self.used.items()]
        alike = {} if verbose else self._alike()
        for kind, counts in alike.items():
            lines.append(one_line(f"left out: {self._summed(kind, counts)}"))
        summed = {reason for counts in alike.values() for reason in counts}
        for title, counter in (("left out", self.left_out), ("warning", self.warnings)):
            for reason, count in counter.items():
                if title == "left out" and reason in summed:
                    continue
                examples = ", ".join(self.cases[reason])
                named = f" (e.g. {examples})" if examples else ""
                lines.append(one_line(f"{title}: {count:,} x {reason}{named}"))
        return lines

    def _alike(self) -> dict[tuple[str, str], dict[str, int]]:
        """Return the counts of reasons that differ in a name only, where there are several."""
        alike: dict[tuple[str, str], dict[str, int]] = {}
        for reason, count in self.left_out.items():
            found = OF_MANY.fullmatch(reason)
            if found is not None:
                alike.setdefault((found[1], found[3]), {})[reason] = count
        return {kind: counts for kind, counts in alike.items() if len(counts) > 1}

    def _summed(self, kind: tuple[str, str], counts: dict[str, int]) -> str:
        what, why = kind
        count = sum(counts.values())
        of = _COUNTED.get(what, "")
        whole = f" of {count + self.used[of]:,} {of}" if self.used[of] else ""
        names = {OF_MANY.sub(r"\2", reason): number for reason, number in counts.items()}
        most = sorted(names.items(), key=lambda one: -one[1])[: self.max_cases]
        listed = ", ".join(f"{name} {number:,}" for name, number in most)
        return f"{count:,}{whole}: {len(counts)} {what}s {why} (most often {listed})"
