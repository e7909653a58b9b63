"""``rmpl plot`` writes figures beside each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.cli.commands.plot import command
from rmpl.errors import RmplError

pytest.importorskip("matplotlib", reason="no matplotlib: pip install 'rmpl[plot]'")


def test_files_become_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    score = {"tp": 1, "n_pred": 1, "n_gold": 1, "p": 100.0, "r": 100.0, "f1": 100.0}
    path = tmp_path / "scores.json"
    path.write_text(json.dumps({"strict": {"text_emi": score}}))
    command([path], out=tmp_path / "plots", ending=["png"], width=3.0)
    assert capsys.readouterr().out == f"plot: {tmp_path}/plots/scores-strict.png\n"
    with pytest.raises(RmplError, match="unknown format gif"):
        command([path], out=tmp_path / "plots", ending=["gif"])
