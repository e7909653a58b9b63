"""Print the lowest versions that rmpl says it works with, as constraints for pip.

    python scripts/lowest_versions.py [EXTRA ...] > lowest.txt
    pip install -c lowest.txt '.[EXTRA]'

Those of the base install and of the named extras, with what they take from other extras. Of what
these libraries need in turn, pip takes the newest that they allow. `make quick-lowest` runs the
quick tests so.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([\w,.-]+)\])?(?:>=([\w.]+))?")


def pins(extras: list[str]) -> Iterator[str]:
    """Yield ``name==version`` for every lower bound; an unknown extra is a ``KeyError``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional: dict[str, list[str]] = project["optional-dependencies"]
    seen: set[str] = set()
    waiting = list(extras)
    lines = list(project["dependencies"])
    while waiting:
        if (extra := waiting.pop()) not in seen:
            seen.add(extra)
            lines += optional[extra]
            own = (one for one in optional[extra] if one.startswith(f"{project['name']}["))
            waiting += [name for one in own for name in one.partition("[")[2][:-1].split(",")]
    for line in dict.fromkeys(lines):
        match = _REQUIREMENT.match(line)
        if match is not None and match[3] is not None:
            yield f"{match[1]}=={match[3]}"


if __name__ == "__main__":
    try:
        print("\n".join(pins(sys.argv[1:])))
    except KeyError as error:
        sys.exit(f"no such extra: {error}")
