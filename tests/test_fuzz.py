"""The fuzzers run, and their first inputs end well; benchmarks/fuzz tries as many as one likes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

for library in ("nupunkt", "nltk", "inscriptis"):
    pytest.importorskip(library)
FUZZ = Path(__file__).resolve().parents[1] / "benchmarks" / "fuzz"
KINDS = ["pages", "markdown", "json", "own", "predictions", "recipes"]


@pytest.mark.slow
def test_no_input_ends_in_a_traceback_or_differs_without_a_word():
    command = [sys.executable, str(FUZZ), *KINDS, "--inputs", "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[:2] for row in rows] == [[kind, "60"] for kind in KINDS]
    assert all(int(row[2]) > 0 for row in rows)
