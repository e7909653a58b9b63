"""What starting costs: the base install knows no torch, and help is there at once."""

import resource
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("words", "seconds"),
    [(["-c", "import rmpl"], 0.3), (["-m", "rmpl.cli.main", "--help"], 0.5)],
)
def test_starting_is_quick(words, seconds):
    def once():
        """Return the processor's time: a busy machine makes the clock's say nothing."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(5)) < seconds


def test_reading_scoring_and_drawing_never_load_torch():
    program = (
        "import sys, rmpl, rmpl.records, rmpl.corpora.registry, rmpl.scoring, rmpl.inputs.reading,"
        "rmpl.tasks, rmpl.tasks.boxes, rmpl.tasks.read_back,"
        "rmpl.viewer.report, rmpl.extraction.engines.base, rmpl.predictions.results, rmpl.cli.main;"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'peft')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
