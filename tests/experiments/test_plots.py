"""Figures for papers: what is drawn is what the files say, and the same file every time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import PIL.Image
import pytest

from rmpl.errors import RmplError
from rmpl.experiments.plot_inputs import PlotInputs, Score, read_inputs
from rmpl.experiments.plots import COLOURS, write_plots
from viewer.payloads import HOSTILE

pytest.importorskip("matplotlib", reason="no matplotlib: pip install 'rmpl[plot]'")

SCORE = {"tp": 5, "n_pred": 10, "n_gold": 10, "p": 50.0, "r": 50.0, "f1": 50.0}


def save(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def systems(tmp_path: Path) -> list[Path]:
    strict = {"text_emi": SCORE, "mm_emi": SCORE | {"f1_ci": [40.0, 61.0]}}
    given = {"mm_emi": SCORE | {"gold_given": True}}
    return [
        save(tmp_path / "a.json", {"strict": strict, "restricted": given}),
        save(tmp_path / "b.json", {"strict": {"text_emi": SCORE}}),
    ]


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    spread = {"mean": 50.0, "sd": 2.0, "least": 48.0, "most": 52.0}
    scores = {"text_emi": {"p": spread, "r": spread, "f1": spread}}
    against = {
        "difference": -3.0,
        "interval": {"low": -5.0, "high": -1.0},
        "p_value": 0.001,
        "p_holm": 0.01,
        "lower_in": 3,
        "seeds": 3,
    }
    cells = [
        {"name": "rmpl", "scores": scores, "against_reference": {}},
        {"name": "no_stage1", "scores": scores, "against_reference": {"text_emi": against}},
    ]
    head = {"format": "rmpl-ablation/1", "name": "tiny", "reference": "rmpl", "seeds": [1, 2, 3]}
    return save(tmp_path / "grid.json", {**head, "cells": cells})


def words(file: Path) -> str:
    """Return an SVG's texts: matplotlib writes each in a comment beside its outlines."""
    return file.read_text(encoding="utf-8")


def test_systems_stand_side_by_side_under_their_protocol(systems, tmp_path):
    inputs = read_inputs(systems)
    assert {name: list(one) for name, one in inputs.scores.items()} == {
        "strict": ["a", "b"],
        "restricted": ["a"],
    }
    files = write_plots(inputs, tmp_path / "out")
    assert [file.name for file in files] == ["scores-strict.svg", "scores-restricted.svg"]
    strict, given = map(words, files)
    assert "<!-- Protocol: strict -->" in strict
    assert "<!-- b -->" in strict
    assert f'fill="{COLOURS[1]}"' in strict
    assert "<!-- b -->" not in given
    assert "GOLD GIVEN" in given
    assert "GOLD GIVEN" not in strict


def test_an_interval_is_a_line_over_its_bar(systems, tmp_path):
    axes = _axes(systems[:1], "scores-strict")
    (bars, lines) = axes.containers
    assert [round(bar.get_height()) for bar in bars] == [50, 50]
    ((_, low), (_, high)) = lines.lines[2][0].get_segments()[0]
    assert (low, high) == (40.0, 61.0)


def _axes(paths, wanted):
    from matplotlib.figure import Figure

    from rmpl.experiments import plots

    figure = Figure()
    dict(plots._figures(read_inputs(paths)))[wanted](figure)
    return figure.axes[0]


def test_differences_told_from_chance_are_full(grid):
    axes = _axes([grid], "differences-grid")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no_stage1"]
    mark = axes.lines[-1]
    assert mark.get_xdata() == [-3.0]
    assert mark.get_markerfacecolor() == COLOURS[0]


def test_curves_types_and_grids_have_figures(systems, grid, tmp_path):
    run = tmp_path / "run"
    save(run / "stage1" / "curve.jsonl", {"step": 1, "loss": 2.0})
    (run / "stage1" / "curve.jsonl").write_text(
        '{"step": 1, "loss": 2.0}\n{"step": 2, "loss": 1.0}\n'
    )
    save(run / "metrics.json", {"strict": {"text_emi": SCORE}})
    errors = save(
        tmp_path / "errors.json", {"by_type": {"text_emi": {"Life:Die": SCORE}}, "errors": {}}
    )
    out = tmp_path / "out"
    files = write_plots(read_inputs([run, errors, grid]), out, formats=("png", "svg"), width=3.3)
    assert [file.name for file in files if file.suffix == ".png"] == [
        "scores-strict.png",
        "types-errors.png",
        "curves-run.png",
        "ablation-grid.png",
        "differences-grid.png",
    ]
    with PIL.Image.open(out / "curves-run.png") as picture:
        assert picture.width == pytest.approx(3.3 * 300, abs=2)
    assert "<!-- Die -->" in words(out / "types-errors.svg")


def test_the_same_input_gives_the_same_bytes(systems, tmp_path):
    endings = ("svg", "png", "pdf")
    first = write_plots(read_inputs(systems), tmp_path / "1", formats=endings)
    second = write_plots(read_inputs(systems), tmp_path / "2", formats=endings)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_runs_are_named_by_their_folders(tmp_path):
    paths = [
        save(tmp_path / name / "metrics.json", {"strict": {"text_emi": SCORE}}) for name in "ab"
    ]
    assert list(read_inputs(paths).scores["strict"]) == ["a", "b"]
    paths = [save(tmp_path / name / "s.json", {"strict": {"text_emi": SCORE}}) for name in "ab"]
    assert list(read_inputs(paths).scores["strict"]) == ["a/s", "b/s"]


@pytest.mark.parametrize("content", ["", "[1]", '{"strict": 3}', '{"format": "x"}', "\xff"])
def test_a_file_of_another_kind_is_one_clear_line(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(RmplError, match=r"x\.json: nothing that can be plotted"):
        read_inputs([path])


def test_mistakes_are_told(tmp_path, systems, monkeypatch):
    with pytest.raises(RmplError, match="no training curve"):
        read_inputs([tmp_path])
    with pytest.raises(RmplError, match="no such file"):
        read_inputs([tmp_path / "nothing.json"])
    (tmp_path / "file").write_text("")
    with pytest.raises(RmplError, match="cannot be written"):
        write_plots(read_inputs(systems), tmp_path / "file")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(RmplError, match=r"rmpl\[plot\]"):
        write_plots(read_inputs(systems), tmp_path / "out")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_add_nothing_to_a_figure_that_runs_or_leads_elsewhere(tmp_path, text):
    name = text.encode("utf-8", "replace").decode()
    score = Score(50.0)
    inputs = PlotInputs(
        scores={"strict": {name: {name: score}}},
        types={name: {name: score}},
        curves={},
        ablations={},
    )
    files = write_plots(inputs, tmp_path / "out")
    assert all(file.parent == tmp_path / "out" for file in files)
    for file in files:
        tree = ElementTree.parse(file)  # noqa: S314 - our own
        for element in tree.iter():
            assert element.tag.rpartition("}")[2] not in {"script", "foreignObject", "image", "a"}
            for key, value in element.attrib.items():
                assert not key.rpartition("}")[2].startswith("on")
                assert not key.endswith("href") or value.startswith("#")
