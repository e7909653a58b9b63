"""Is this the published release of a corpus? Its facts, compared one by one."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at; ``known`` marks an oddity that belongs to the release."""

    what: str
    expected: int | str
    found: int | str
    known: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is as in the release."""
        return self.expected == self.found


class ReleaseReport(msgspec.Struct, frozen=True):
    """Everything that was compared with a release.

    Parameters
    ----------
    where
        The folder or file.
    release
        What the release is called.
    checks
        What was compared.
    remarks
        What else a user should know, one line each.
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
        """Whether it is the release, whole and unchanged."""
        return not self.deviations

    def lines(self) -> list[str]:
        """Return one line a check, deviations marked, the remarks, and a verdict."""
        lines = []
        for check in self.checks:
            if not check.holds:
                mark, rest = "DEVIATION", f"{check.found} (release: {check.expected})"
            else:
                mark, rest = ("known" if check.known else "ok"), f"{check.found}"
            lines.append(f"{mark:9}  {check.what}: {rest}")
        count = len(self.deviations)
        verdict = (
            f"{count} deviations from {self.release}" if count else f"this is {self.release}, whole"
        )
        return [*lines, *self.remarks, f"{self.where}: {verdict}"]
