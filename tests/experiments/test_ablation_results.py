"""What runs say together: means, spreads, the test over documents and its correction."""

from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.experiments.ablation_results import summarise
from rmpl.experiments.ablation_table import ablation_lines
from rmpl.experiments.grid import load_plan
from rmpl.experiments.grid_cells import CellRun
from rmpl.scoring import Counts, DocumentScore, Scores

GRID = Path(__file__).parents[2] / "recipes" / "ablations" / "tiny.yaml"
TASKS = ("text_emi", "text_are", "image_emi", "image_are", "mm_emi", "mm_are")
DOCUMENTS = 40


class FakeBenchmark:
    documents = tuple(range(DOCUMENTS))
    digest = "d"


def run(cell, seed, right, *, tasks=TASKS, data="same"):
    """A run that finds so many of ten in every document."""
    counts = {task: Counts(right, 10, 10) for task in tasks}
    documents = {f"d{n}": DocumentScore(counts, predicted=True) for n in range(DOCUMENTS)}
    return CellRun(
        cell=cell,
        seed=seed,
        fingerprint="f",
        scores=Scores("strict", documents),
        seconds={"train": 1.0},
        starts=1,
        commit="c",
        versions={"rmpl": "1"},
        data={"ace": data},
    )


@pytest.fixture(scope="module")
def plan():
    return load_plan(GRID)


def summary(plan, runs, seeds=(7, 8, 9, 10, 11)):
    return summarise(plan, seeds, FakeBenchmark(), runs)


def cells(result):
    return {cell.name: cell for cell in result.cells}


def test_means_and_spreads_are_those_over_seeds(plan):
    found = summary(plan, [run("rmpl", 7, 4), run("rmpl", 8, 6)])
    f1 = cells(found)["rmpl"].scores["text_emi"]["f1"]
    assert (f1.mean, f1.least, f1.most) == pytest.approx((50, 40, 60))
    assert f1.sd == pytest.approx(14.142, abs=1e-3)
    assert cells(summary(plan, [run("rmpl", 7, 4)]))["rmpl"].scores["mm_are"]["f1"].sd is None


def test_a_large_difference_is_told_from_chance_after_correction_over_the_whole_grid(plan):
    runs = [run("rmpl", seed, 6) for seed in (7, 8, 9, 10, 11)]
    for cell in plan.cells[1:]:
        runs += [run(cell.name, seed, 3 if cell.name == "joint" else 6) for seed in (7, 8, 9)]
    found = summary(plan, runs)
    assert found.test["corrected_for"] == (len(plan.cells) - 1) * len(TASKS)
    against = cells(found)["joint"].against_reference["mm_emi"]
    assert against.difference == pytest.approx(-30)
    assert against.p_holm < 0.05
    assert against.p_holm > against.p_value
    assert (against.lower_in, against.seeds) == (3, 3)
    same = cells(found)["no_stage1"].against_reference["mm_emi"]
    assert (same.difference, same.p_holm, same.lower_in) == (0, 1, 0)
    assert "joint/seed10" in found.missing


def test_only_seeds_that_both_have_are_compared(plan):
    found = summary(plan, [run("rmpl", 7, 6), run("rmpl", 8, 0), run("joint", 7, 6)])
    against = cells(found)["joint"].against_reference["text_emi"]
    assert (against.difference, against.seeds) == (0, 1)


def test_a_cell_of_one_medium_is_compared_in_that_one(plan):
    found = summary(plan, [run("rmpl", 7, 6), run("text_only", 7, 5, tasks=TASKS[:2])])
    assert set(cells(found)["text_only"].against_reference) == set(TASKS[:2])
    table = ablation_lines(found)
    row = next(line for line in table if line.startswith("text_only"))
    assert row.split()[1:] == ["50.0", "50.0", "-", "-", "-", "-", "1"]
    assert any("not run yet" in line for line in table)


def test_cells_trained_on_other_data_are_not_compared(plan):
    with pytest.raises(RmplError, match="another ace"):
        summary(plan, [run("rmpl", 7, 6), run("joint", 7, 6, data="other")])
