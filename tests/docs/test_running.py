"""What README and docs mark as run does run as it is shown, where data and models are small."""

import os
import shutil
import subprocess
import tempfile
import unittest.mock
from pathlib import Path

import PIL.Image
import pytest
import yaml

import warm
from docs.pages import PAGES, ROOT, blocks
from rmpl.corpora.registry import read_corpus
from rmpl.predictions.file import write_predictions
from rmpl.recipe.recipe import load_recipe
from rmpl.synthetic import build
from rmpl.training.run import Run
from shared import built_once

SHOWING = [page for page in PAGES if blocks(page)]
"""Pages that show commands or programs."""
RUNNABLE = [page for page in SHOWING if any(block.is_run for block in blocks(page))]
STEPS = (1, 24)
"""Of the two stages: so many that answers are brief."""
DOCUMENTS = 1
plan_corpus = build.plan_corpus

SCHEMA = """
name: my
events:
  "Disaster:Flood": {description: water covers land, text: [Place], image: [Victim]}
"""
STORY = "Police arrested Ana Reyes in Lima. She had attacked a convoy of Lima Council.\n"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A folder with what pages name: a small world, a run, recipes of a few steps, articles.

    Its recipes stand in the places of the shipped ones: a file of one's own comes first.
    """
    return built_once(tmp_path_factory, "workshop", furnish)


def furnish(folder):
    folder.mkdir()
    with unittest.mock.patch.object(
        build, "plan_corpus", lambda _, *rest: plan_corpus(DOCUMENTS, *rest)
    ):
        build.build_world(folder / "small", seed=5, scale=0.02)
    tiny = load_recipe(ROOT / "recipes" / "tiny.yaml").model_dump(mode="json", exclude_none=True)
    tiny["data"] = "small"
    for stage, steps in zip(tiny["stages"], STEPS, strict=True):
        stage.update(steps=steps, batch=4)
    (folder / "recipes").mkdir()
    for name in ("tiny", "qwen2_5_vl_7b"):  # the embedded model stands in for the larger one
        text = yaml.safe_dump({**tiny, "name": name})
        (folder / "recipes" / f"{name}.yaml").write_text(text)
    ready = folder / "runs" / "ready"
    Run(load_recipe(folder / "recipes" / "tiny.yaml"), ready, folder / "small").train()
    shutil.copytree(ready, folder / "runs" / "qwen2_5_vl_7b")
    (folder / "news").mkdir()
    for path in (folder / "news" / "a.txt", folder / "story.txt"):
        path.write_text(STORY)
    (folder / "page.html").write_text(f"<html><body><p>{STORY}</p></body></html>")
    for path in (folder / "news" / "a.jpg", folder / "photo.jpg", folder / "lima.jpg"):
        PIL.Image.new("RGB", (96, 64), "gray").save(path)
    (folder / "my.yaml").write_text(SCHEMA)
    for name in ("A.jsonl", "B.jsonl"):
        write_predictions(read_corpus("m2e2", folder / "small" / "m2e2"), folder / name)


@pytest.fixture(scope="module")
def programs():
    """A folder with ``rmpl`` and ``python``, which need not import torch each time."""
    with tempfile.TemporaryDirectory() as name, warm.server(Path(name) / "socket"):
        folder = Path(name) / "bin"
        folder.mkdir()
        warm.program(folder / "python", Path(name) / "socket")
        warm.program(folder / "rmpl", Path(name) / "socket", "-m", "rmpl.cli.main")
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_what_is_marked_as_run_runs_as_it_is_shown(page, workshop, programs, tmp_path):
    folder = tmp_path / "here"
    shutil.copytree(workshop, folder)
    script = []
    for number, block in enumerate(one for one in blocks(page) if one.is_run):
        if block.is_python:
            (folder / f"block{number}.py").write_text(block.script)
            script.append(f"python block{number}.py")
        else:
            script.append(block.script)
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", "\n".join(script)],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",  # so small a model is faster on one
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_most_pages_are_run():
    assert len(RUNNABLE) > len(SHOWING) / 2
