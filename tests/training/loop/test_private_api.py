"""The Trainer's private hooks: each is still called, with what we take."""

from __future__ import annotations

import inspect
import re

import pytest
from transformers import Trainer

from rmpl.training.loop.private_api import HookedTrainer

HOOKS = sorted(name for name in vars(HookedTrainer) if name.startswith("_") and name[1] != "_")

SOURCE = inspect.getsource(Trainer)


@pytest.mark.parametrize("name", HOOKS)
def test_the_trainer_calls_a_hook_with_what_it_takes(name):
    hook, own = getattr(HookedTrainer, name), getattr(Trainer, name)
    taken = inspect.signature(hook).parameters
    assert list(taken) == list(inspect.signature(own).parameters)
    assert re.search(rf"self\.{name}\b", SOURCE)


def test_hooks_are_all_there():
    assert len(HOOKS) == 7


def test_the_trainer_asks_whether_the_schedule_is_its_own():
    assert "if self._created_lr_scheduler" in SOURCE
