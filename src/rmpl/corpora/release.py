"""Comparing a corpus with its published release."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One compared value; ``known`` marks a known anomaly of the release."""

    what: str
    expected: int | str
    found: int | str
    known: bool = False

    @property
    def holds(self) -> bool:
        """Whether the value is that of the release."""
        return self.expected == self.found


class ReleaseReport(msgspec.Struct, frozen=True):
    """The result of a comparison with a release.

    Parameters
    ----------
    where
        The folder or file.
    release
        The name of the release.
    checks
        The compared values.
    remarks
        Further notes, one line each.
    """

    where: str
    release: str
    checks: list[Check]
    remarks: list[str] = []

    @property
    def deviations(self) -> list[Check]:
        """The checks that do not hold."""
        return [check for check in self.checks if not check.holds]

    @property
    def is_release(self) -> bool:
        """Whether it is the complete, unchanged release."""
        return not self.deviations

    def lines(self) -> list[str]:
        """Return one line per check with deviations marked, the remarks, and a conclusion."""
        lines = []
        for check in self.checks:
            if not check.holds:
                mark, rest = "DEVIATION", f"{check.found} (release: {check.expected})"
            else:
                mark, rest = ("known" if check.known else "ok"), f"{check.found}"
            lines.append(f"{mark:9}  {check.what}: {rest}")
        count = len(self.deviations)
        verdict = (
            f"{count} deviations from {self.release}"
            if count
            else f"this is {self.release}, complete"
        )
        return [*lines, *self.remarks, f"{self.where}: {verdict}"]
