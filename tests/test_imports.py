"""The base install knows no torch; what starting costs is measured in benchmarks/imports.py."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "peft")


@pytest.mark.parametrize(
    "loaded",
    [
        "rmpl",
        "rmpl.cli.main",
        "rmpl.records, rmpl.corpora.registry, rmpl.scoring, rmpl.inputs.reading, rmpl.tasks,"
        "rmpl.tasks.boxes, rmpl.tasks.read_back, rmpl.viewer.report, rmpl.extraction.engines.base,"
        "rmpl.predictions.results",
    ],
    ids=["the package", "the command", "reading, scoring and drawing"],
)
def test_torch_is_not_imported(loaded):
    program = f"import sys, {loaded}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_help_is_printed_without_torch():
    program = (
        "import sys; from rmpl.cli.main import app\n"
        "try: app(['--help'])\n"
        f"except SystemExit: sys.exit(any(m in sys.modules for m in {HEAVY}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"score" in done.stdout
