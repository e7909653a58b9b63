"""Time and memory of ``rmpl score`` as a whole process, and of its parts.

    python benchmarks/score.py ../shared/data/m2e2

scores a full prediction set (the gold itself: every sentence, image and link predicted) under the
strict and the legacy protocol, and prints the table below; the best and the median of 15 runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rmpl.corpora.gold import read_gold
from rmpl.predictions.file import read_predictions
from rmpl.scoring import score_by_document

RUNS = 15


def whole_process(predictions: Path, gold: Path, *options: str) -> tuple[list[float], float]:
    """Return the seconds of every run, and the largest resident memory in MB."""
    command = [sys.executable, "-m", "rmpl.cli.main", "score", str(predictions)]
    command += ["--gold", str(gold), "--protocol", "strict", "--protocol", "legacy", *options]
    seconds, memory = [], 0
    for _ in range(RUNS):
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - begin)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        memory = max(memory, usage.ru_maxrss)
    return seconds, memory / 1024


def write_gold(folder: Path, file: Path) -> None:
    """Write the gold as a prediction file, in a process of its own.

    A child's largest memory counts from its parent's at the fork, so this process stays small.
    """
    code = (
        "import sys; from rmpl.corpora.m2e2.reader import read_m2e2; "
        "from rmpl.predictions.file import write_predictions; "
        "write_predictions(read_m2e2(sys.argv[1]), sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, str(folder), str(file)], check=True)


def part(work: Callable[[], object]) -> list[float]:
    """Return the seconds of every run of one part."""
    seconds = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return seconds


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    folder = Path(sys.argv[1])
    rows: list[tuple[str, list[float], str]] = []
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "predictions.jsonl"
        write_gold(folder, file)
        plain, memory = whole_process(file, folder)
        rows.append(("rmpl score, strict + legacy, whole process", plain, f"{memory:.0f} MB"))
        with_intervals, memory = whole_process(file, folder, "--intervals")
        rows.append(("the same with 1,000 bootstrap resamples", with_intervals, f"{memory:.0f} MB"))
        gold = read_gold(folder)
        rows.append(("reading the gold (35 MB)", part(lambda: read_gold(folder)), ""))
        rows.append(("reading the predictions", part(lambda: list(read_predictions(file))), ""))
        predicted = list(read_predictions(file))
        protocols = ["strict", "legacy"]
        scoring = part(lambda: score_by_document(gold.documents, predicted, protocols))
        rows.append(("scoring, strict + legacy", scoring, ""))
    print("| what | best | median | memory |\n|---|---|---|---|")
    for what, seconds, memory_text in rows:
        best, middle = min(seconds), statistics.median(seconds)
        print(f"| {what} | {best:.3f} s | {middle:.3f} s | {memory_text} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
