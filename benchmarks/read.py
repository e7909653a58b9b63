"""How fast the corpora are read, as a table: ``python benchmarks/read.py [folder of real data]``.

Every case runs in a process of its own, whose peak memory includes the interpreter's. SWiG's
126,102 records are generated in its shape, because its files may not be shipped; M2E2 and MNRE are
read from the folder that is given (``m2e2/`` and ``mnre/v2/`` in it), where they are there. What
Python's own parsers need for the same files stands below them: on a slow or a busy machine only the
ratio to them says something.
"""

from __future__ import annotations

import ast
import functools
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

SPLITS = {"train": 75_702, "dev": 25_200, "test": 25_200}
VERBS, NOUNS, REPEATS = 504, 12_000, 3

Reader = Callable[..., Iterator[object]]


class Measured(NamedTuple):
    """One run: its records, seconds on the clock and of the processor, and peak memory in MB."""

    records: int
    seconds: float
    cpu: float
    megabytes: float


class Case(NamedTuple):
    """What is read, how it is read, and what is expected of it."""

    name: str
    corpus: str
    path: Path
    splits: tuple[str | None, ...]
    keep: bool
    target: str


def write_swig(folder: Path) -> None:
    """Write three splits and an imsitu_space.json in the shape and size of the real ones."""
    chooser = random.Random(0)
    nouns = [f"n{number:08d}" for number in range(NOUNS)]
    roles = ["agent", "item", "tool", "place"]
    verbs = ["arresting", "paying", "shooting", *(f"verb{number}" for number in range(VERBS - 3))]
    space = {
        "nouns": {noun: {"gloss": [f"thing {noun}"], "def": "a thing"} for noun in nouns},
        "verbs": {
            verb: {
                "framenet": "",
                "abstract": f"the AGENT {verb} an ITEM with a TOOL in a PLACE",
                "def": "",
                "order": roles,
                "roles": {},
            }
            for verb in verbs
        },
    }
    (folder / "imsitu_space.json").write_text(json.dumps(space))
    for split, count in SPLITS.items():
        records = {
            f"{verbs[n % VERBS]}_{n}.jpg": _record(chooser, verbs[n % VERBS], roles, nouns)
            for n in range(count)
        }
        (folder / f"{split}.json").write_text(json.dumps(records))


def _record(
    chooser: random.Random, verb: str, roles: list[str], nouns: list[str]
) -> dict[str, object]:
    boxes = {role: [-1, -1, -1, -1] for role in roles}
    for role in chooser.sample(roles[:3], 2):
        left, top = chooser.randrange(300), chooser.randrange(300)
        boxes[role] = [left, top, left + chooser.randrange(1, 200), top + chooser.randrange(1, 200)]
    frames = [
        {role: chooser.choice(nouns) if chooser.random() > 0.09 else "" for role in roles}
        for _ in range(3)
    ]
    return {"verb": verb, "height": 512, "width": 683, "bb": boxes, "frames": frames}


def read_json(path: Path, **_: object) -> Iterator[object]:
    """Parse M2E2's large file with the standard library, which gives no documents yet."""
    yield json.loads((path / "text_only_event.json").read_bytes())


def read_literals(path: Path, **_: object) -> Iterator[object]:
    """Parse MNRE's lines with the standard library, which gives no documents yet."""
    for line in (path / "mnre_train.txt").read_text(encoding="utf-8").splitlines():
        yield ast.literal_eval(line)


def measure(case: Case) -> Measured:
    """Read a case ``REPEATS`` times in this process and return the fastest."""
    from rmpl.corpora.registry import read_corpus  # noqa: PLC0415 - its own memory is measured too

    parsers: dict[str, Reader] = {"json.loads": read_json, "ast.literal_eval": read_literals}
    read = parsers.get(case.corpus) or functools.partial(read_corpus, case.corpus)
    best = Measured(0, float("inf"), float("inf"), 0.0)
    for _ in range(REPEATS):
        clock, cpu = time.perf_counter(), time.process_time()
        records = 0
        for split in case.splits:
            documents = enumerate(read(case.path, split=split), start=1)
            kept = deque(documents, maxlen=None if case.keep else 1)
            records += kept[-1][0]
        seconds = time.perf_counter() - clock, time.process_time() - cpu
        peak = _peak_megabytes()
        if seconds[1] < best.cpu:
            best = Measured(records, *seconds, peak)
    return best


def _peak_megabytes() -> float:
    # Not getrusage: a process that was spawned starts with its parent's maximum.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    """Measure every case and print the table."""
    real = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared/data")
    table = Table("corpus", "records", "clock s", "CPU s", "records/s", "peak MB", "target")
    with tempfile.TemporaryDirectory() as folder:
        swig = Path(folder)
        write_swig(swig)
        cases = [
            Case("SWiG shape, streamed", "swig", swig, tuple(SPLITS), False, "3 s, 200 MB"),
            Case("M2E2, 34.8 MB, kept", "m2e2", real / "m2e2", (None,), True, "0.2 s"),
            Case("  json.loads alone", "json.loads", real / "m2e2", (None,), True, ""),
            Case("MNRE v2 train, kept", "mnre", real / "mnre" / "v2", ("train",), True, "40,000/s"),
            Case(
                "  literal_eval alone", "ast.literal_eval", real / "mnre" / "v2", (None,), True, ""
            ),
        ]
        for case in cases:
            if not case.path.exists():
                table.add_row(case.name, "not here", "", "", "", "", case.target)
                continue
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                found = pool.apply(measure, (case,))
            table.add_row(
                case.name,
                f"{found.records:,}",
                f"{found.seconds:.2f}",
                f"{found.cpu:.2f}",
                f"{found.records / found.cpu:,.0f}",
                f"{found.megabytes:.0f}",
                case.target,
            )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
