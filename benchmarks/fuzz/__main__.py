"""Random inputs of every kind: tracebacks, and results that differ without a word.

    python benchmarks/fuzz KIND ... [--inputs 10000] [--seed 0] [--first 0] [--seconds 3600]

A KIND is pages, markdown, json, own, predictions, recipes, runs or runs-0.1; the last two damage
``--run``, or a run of a very small model that is trained in seconds. Every input must be read as
it is meant, or be refused in one line that says where. Input N is the same in every run with the
same seed; ``--first N --inputs 1`` repeats it alone. ``--seconds`` limits each kind.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import random
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import markdown_texts
import own_files
import pages
from shown import Outcome

from rmpl.errors import RmplError

One = Callable[[random.Random, Path], Outcome]
KINDS: dict[str, One] = {
    "pages": pages.one,
    "markdown": markdown_texts.one,
    "json": own_files.texts,
    "own": own_files.own,
    "predictions": own_files.predictions,
    "recipes": own_files.recipes,
}
OF_A_RUN = ("runs", "runs-0.1")
HOW = ("read", "refused", "traceback", "silent")
_SHOWN, _LONGEST = 20, 1_000


def one_of_run(kind: str, run: Path | None, folder: Path) -> One:
    """Return what damages and reads a run, by default one trained in ``folder``; needs torch."""
    import small_run  # noqa: PLC0415
    from run_files import Runs  # noqa: PLC0415

    return Runs(run or small_run.train(folder), is_old=kind != OF_A_RUN[0]).one


def ended(one: One, rng: random.Random, folder: Path) -> Outcome:
    """Return how reading one input ended."""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
            return one(rng, folder)
    except RmplError as error:
        return Outcome("refused" if error.where else "traceback", str(error))
    except Exception as error:  # any other is looked for
        return Outcome("traceback", "".join(traceback.format_exception(error)[-3:]))


def main() -> None:
    """Read input after input of every kind; exit with 1 for a traceback or a silent difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="+", choices=(*KINDS, *OF_A_RUN), metavar="KIND")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", type=Path, help="what runs and runs-0.1 damage")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = [(kind, counted(kind, asked)) for kind in asked.kinds]
    print(f"{'kind':12} {'inputs':>7} {'read':>7} {'refused in one line':>19} {'tracebacks':>10} "
          f"{'silent differences':>18}")  # fmt: skip
    for kind, counts in rows:
        read, refused, traced, silent = (counts[how] for how in HOW)
        print(f"{kind:12} {counts.total():7,} {read:7,} {refused:19,} {traced:10,} {silent:18,}")
    raise SystemExit(any(counts["traceback"] or counts["silent"] for _, counts in rows))


def counted(kind: str, asked: argparse.Namespace) -> collections.Counter[str]:
    """Return how the inputs of a kind ended; print the first that ended badly."""
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as beside:
        one = KINDS[kind] if kind in KINDS else one_of_run(kind, asked.run, Path(beside))
        end = time.monotonic() + asked.seconds
        for number in range(asked.first, asked.first + asked.inputs):
            if time.monotonic() > end:
                break
            rng = random.Random(f"{kind} {asked.seed} {number}")
            found = ended(one, rng, Path(name))
            counts[found.how] += 1
            wrong = counts["traceback"] + counts["silent"]
            if found.how in {"traceback", "silent"} and wrong <= _SHOWN:
                print(f"{kind} {number}: {found.how}: {found.said[:_LONGEST]}", flush=True)
    return counts


if __name__ == "__main__":
    main()
