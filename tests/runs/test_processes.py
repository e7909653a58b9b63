"""Two real processes learn what one learns."""

import subprocess
import sys

import pytest
import torch
import yaml

from rmpl.recipe.recipe import Recipe
from rmpl.runs.curve import read_curve
from rmpl.training.run import Run
from training.small_runs import recipe, weights


@pytest.fixture(scope="module")
def tree(twin):
    """Stage one halves its batches; those of stage two are odd: one process has texts only."""
    tree = recipe(twin).model_dump(mode="json")
    tree["stages"][1] |= {"batch": 3, "accumulate": 2, "mixture": tree["stages"][0]["mixture"]}
    return Recipe.model_validate(tree)


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(tree, small_world, tmp_path):
    Run(tree, tmp_path / "one", small_world).train()
    written = tmp_path / "recipe.yaml"
    written.write_text(yaml.safe_dump(tree.model_dump(mode="json")))
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["-m", "rmpl.cli.main", "train", str(written), "--data", str(small_world)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "two")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained:") == 1
    for stage in ("one", "two"):
        alone, together = (read_curve(tmp_path / n / stage / "curve.jsonl") for n in ("one", "two"))
        assert [p.keys() for p in alone] == [p.keys() for p in together]
        for point, other in zip(alone, together, strict=True):
            for key, value in point.items():
                assert value == pytest.approx(other[key], abs=1.1e-5 if "loss" in key else 1e-3)
        ours, theirs = (weights(tmp_path / name / stage) for name in ("one", "two"))
        assert all(torch.allclose(ours[k], theirs[k], atol=1e-5) for k in ours)
