"""What tests of several parts share: small worlds and models, built once a session."""

from __future__ import annotations

import collections
import gc
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from brief import BRIEF
from rmpl.synthetic.build import build_world
from shared import built_once

ROOT = Path(__file__).resolve().parents[1]
# No deadline: how long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.load_profile("default")
# `make quick` takes it; what a test sets for itself stays.
hypothesis.settings.register_profile("quick", max_examples=20, deadline=None)


SPLIT = ("docs/test_running.py", "training/test_killed_runs.py")
"""Files of long tests whose costly parts are built once: each test may run in any process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with most slow tests first, so that no process is left alone with one."""
    slow = collections.Counter(one.path for one in items if one.get_closest_marker("slow"))
    items.sort(key=lambda one: -slow[one.path])


gc.set_threshold(100_000, 20, 20)  # as the command does


def pytest_collection_finish() -> None:
    """Keep what is imported by now out of the collector's way: it is never garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give a process one file at a time (``--dist loadfile``), of ``SPLIT`` one test at a time."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return nodeid if file.endswith(SPLIT) else file

    return Scheduling(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU where there is none."""
    if item.get_closest_marker("gpu") is not None:
        torch = pytest.importorskip("torch", reason="needs rmpl[train]")
        if not torch.cuda.is_available():
            pytest.skip("needs CUDA: torch sees no GPU here")


@pytest.fixture(scope="session")
def small_world(tmp_path_factory) -> Path:
    """A synthetic corpus a fiftieth of the demo's size."""
    return built_once(
        tmp_path_factory, "small/world", lambda folder: build_world(folder, seed=5, scale=0.02)
    )


@pytest.fixture(scope="session")
def twin(tmp_path_factory) -> Path:
    """A very small model with random weights, saved like any checkpoint of its class."""
    return built_once(tmp_path_factory, "twin/model", build_twin)


def build_twin(folder: Path) -> None:
    from rmpl.backbones import embedded
    from rmpl.backbones.backbone import Backbone
    from rmpl.backbones.families.qwen3_vl import FAMILY
    from rmpl.backbones.settings import Settings

    texts = ['text-emi: Police fired on 3 men. [{"type":"Conflict:Attack","trigger":" fired"}]']
    tokenizer = embedded.train_tokenizer(texts, 320)
    processor = embedded.build_processor(tokenizer, min_pixels=1024, max_pixels=4096)
    model = embedded.build_model(tokenizer, seed=1, hidden=48, layers=2, vision=(32, 1))
    Backbone(model, processor, FAMILY, Settings("brief", " ", 20, 1024, 4096)).save(folder)


@pytest.fixture
def brief_answers(monkeypatch) -> None:
    """Keep a model with random weights, which never stops by itself, to a few tokens an answer."""
    for name, tokens in BRIEF.items():
        monkeypatch.setattr(name, tokens)


@pytest.fixture
def twins() -> Path:
    """The made-up document in every format."""
    return ROOT / "tests" / "data" / "format_twins"


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Give a folder of the datasets' real files, or skip: their licences forbid shipping them."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"the real files are not here: {path}")
        return path

    return find
