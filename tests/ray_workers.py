"""What workers of other processes load in tests: it has to be importable there."""

from __future__ import annotations

import os
import pkgutil
import signal
import time
from pathlib import Path

from brief import BRIEF
from rmpl.errors import RmplError
from rmpl.extraction.engines.base import EngineError, Reply
from rmpl.extraction.extractor import Extractor
from rmpl.ontology import load_ontology
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes

FOUND = '[{"type":"Conflict:Attack","trigger":" shot"}]'


class Scripted:
    """Finds that somebody "shot", slowly; some texts are refused, some bring it down."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, prompts, *, max_tokens, grammars=None, progress=None):
        time.sleep(self._seconds)
        texts = [prompt.text for prompt in prompts]
        if any("crash" in text for text in texts):
            os.kill(os.getpid(), signal.SIGKILL)
        if any("down" in text for text in texts):
            raise EngineError("the server does not answer")
        if any("refuse" in text for text in texts):
            raise RmplError("this is refused")
        found = [text.startswith("text-emi") and " shot" in text for text in texts]
        return [Reply(FOUND if one else "[]", 0.5) for one in found]


def scripted(seconds: float = 0.0, pids: Path | None = None) -> Extractor:
    """Load no model; leave a file named like this process's number in a folder."""
    if pids is not None:
        (pids / str(os.getpid())).touch()
    return Extractor(Scripted(seconds), Context(load_ontology(), RelativeBoxes(), "brief", ""))


def brief(model: Path) -> Extractor:
    """Load a model with random weights, and keep it to a few tokens an answer."""
    for name, value in BRIEF.items():
        module, _, constant = name.rpartition(".")
        setattr(pkgutil.resolve_name(module), constant, value)
    return Extractor.from_pretrained(model)


def broken() -> Extractor:
    raise RmplError("no such model", where="nowhere")
