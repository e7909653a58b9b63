"""A grid of very small runs: kept, resumed, compared; what its result says."""

import json

import pytest
from typer.testing import CliRunner

from experiments.small_grids import CELLS, write_grid
from rmpl.cli.main import app
from rmpl.experiments import ablation as ablation_module
from rmpl.experiments.ablation import RESULT

pytestmark = pytest.mark.slow


def ablate(grid, world, out, *words):
    line = ["ablate", grid, "--data", world, "--out", out, *words]
    return CliRunner().invoke(app, [str(word) for word in line])


@pytest.fixture(scope="module")
def done(twin, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    grid = write_grid(folder / "files", twin)
    result = ablate(grid, small_world, folder / "out", "--seeds", 1, "--jobs", 2)
    assert result.exit_code == 0, result.output
    return grid, folder / "out", result


def test_the_table_has_every_cell_and_score(done):
    _, out, result = done
    lines = result.output.splitlines()
    for name in CELLS:
        assert any(line.startswith(name) for line in lines)
    found = json.loads((out / RESULT).read_text())
    assert found["format"] == "rmpl-ablation/1"
    assert found["missing"] == []
    assert found["budget"] == {"steps": 2, "samples": 4}
    cells = {cell["name"]: cell for cell in found["cells"]}
    assert set(cells["rmpl"]["scores"]) == {
        "text_emi", "text_are", "image_emi", "image_are", "mm_emi", "mm_are"
    }  # fmt: skip
    # A cell that never saw a picture is not asked about one.
    assert set(cells["text_only"]["scores"]) == {"text_emi", "text_are"}
    assert set(cells["text_only"]["against_reference"]) == {"text_emi", "text_are"}
    assert cells["rmpl"]["against_reference"] == {}
    assert "a preview, not a result" in result.output


def test_finished_cells_are_kept(done, small_world, monkeypatch):
    grid, out, _ = done
    monkeypatch.setattr(ablation_module, "run_cell", lambda *_: pytest.fail("run again"))
    before = (out / RESULT).read_text()
    again = ablate(grid, small_world, out, "--seeds", 1)
    assert again.exit_code == 0, again.output
    assert (out / RESULT).read_text() == before


def test_a_cell_of_another_recipe_is_not_taken_for_this_one(done, small_world):
    grid, out, _ = done
    other = ablate(
        grid, small_world, out, "--seeds", 1, "--set", "stages.0.optimizer.learning_rate=0.1"
    )
    assert other.exit_code == 2
    assert "another recipe" in other.output


def test_a_grid_that_was_stopped_goes_on_with_what_is_missing(done, small_world):
    grid, out, _ = done
    scored = out / "text_only" / "seed1" / "scored.json"
    trained = (scored.parent / "run.json").stat().st_mtime_ns
    before = json.loads(scored.read_text())
    scored.unlink()
    again = ablate(grid, small_world, out, "--seeds", 1)
    assert again.exit_code == 0, again.output
    after = json.loads(scored.read_text())
    assert after["scores"] == before["scores"]
    assert after["starts"] == before["starts"] + 1
    assert (scored.parent / "run.json").stat().st_mtime_ns > trained
