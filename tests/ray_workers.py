"""What workers of other processes load in tests: it has to be importable there."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from brief import keep_to_short_answers
from fakes import FakeEngine
from rmpl.errors import RmplError
from rmpl.extraction.engines.base import EngineError
from rmpl.extraction.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes

FOUND = '[{"type":"Conflict:Attack","trigger":" shot"}]'


def shot(prompt) -> str:
    """Find that somebody "shot"; some texts are refused, some bring the engine down."""
    text = prompt.text
    if "crash" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "down" in text:
        raise EngineError("the server does not answer")
    if "refuse" in text:
        raise RmplError("this is refused")
    return FOUND if text.startswith("text-emi") and " shot" in text else "[]"


def scripted(seconds: float = 0.0, pids: Path | None = None) -> Extractor:
    """Load no model; leave a file named like this process's number in a folder."""
    if pids is not None:
        (pids / str(os.getpid())).touch()
    engine = FakeEngine(shot, confidence=0.5, before=lambda _: time.sleep(seconds))
    return Extractor(engine, Context(load_ontology(), RelativeBoxes(), "brief", ""))


def brief(model: Path) -> Extractor:
    """Load a model with random weights, and keep it to a few tokens an answer."""
    keep_to_short_answers()
    return Extractor.from_pretrained(model)


def broken() -> Extractor:
    raise RmplError("no such model", where="nowhere")
