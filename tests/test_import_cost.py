"""What starting costs: the base install knows no torch, and help is there at once."""

import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize(
    ("words", "seconds"),
    [(["-c", "import rmpl"], 0.3), (["-m", "rmpl.cli.main", "--help"], 0.5)],
)
def test_starting_is_quick(words, seconds):
    def once():
        began = time.perf_counter()
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        return time.perf_counter() - began

    # A busy machine makes any one of them slow.
    assert min(once() for _ in range(5)) < seconds


def test_reading_scoring_and_drawing_never_load_torch():
    program = (
        "import sys, rmpl, rmpl.records, rmpl.corpora.registry, rmpl.scoring, rmpl.inputs.reading,"
        "rmpl.viewer.report, rmpl.extraction.engine, rmpl.extraction.results, rmpl.cli.main;"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'peft')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
