"""A run with one of its files cut, changed, nested without end, or with a folder in its place.

It is read as its commands do, and must end as before or in one line that names a file. Without the
digests, as in version 0.1, a changed byte may pass.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path

from damage import damaged
from shown import Outcome

from rmpl.extraction.calibration import read_calibration
from rmpl.runs.card import card_of
from rmpl.runs.curve import read_curves
from rmpl.runs.folder import RunFolder
from rmpl.runs.hub import pack
from rmpl.runs.trained import load_any, ontology_of

LEFT_OUT = {".md", ".html", ".jsonl.gz"}
"""Endings of files that only people read."""


def outcome(run: Path) -> str:
    """Return a digest of what the commands get of a run."""
    backbone, _ = load_any(str(run))
    digest = hashlib.sha256()
    for name, tensor in sorted(backbone.model.state_dict().items()):
        digest.update(name.encode() + tensor.float().numpy().tobytes())
    text = "Police arrested Ana in Lima; 3 were hurt."
    read = (
        backbone.settings,
        backbone.tokenizer(text).input_ids,
        read_calibration(run),
        ontology_of(run),
    )
    digest.update(repr(read).encode())
    # Curves, scores and the record change no answer: they are read, not compared.
    read_curves(run)
    card_of(run)
    pack(run)
    return digest.hexdigest()


def files_of(run: Path) -> list[Path]:
    """Return the files that are read of a run, without folders and what only people read."""
    return sorted(
        path.relative_to(run)
        for path in run.rglob("*")
        if path.is_file() and path.suffix not in LEFT_OUT and path.name != "predictions.jsonl"
    )


def without_digests(run: Path) -> None:
    """Make a run's records forget their files, as those of version 0.1 do."""
    for record in (RunFolder(run).record, *run.glob("*/trained.json")):
        tree = json.loads(record.read_text())
        kept = {key: value for key, value in tree.items() if key not in {"files", "sha256"}}
        record.write_text(json.dumps(kept))


class Runs:
    """Inputs made of a run.

    Parameters
    ----------
    run
        The run of a small model; it is copied.
    is_old
        Whether to forget its digests.
    """

    def __init__(self, run: Path, *, is_old: bool) -> None:
        self._source = run
        self._is_old = is_old
        self._expected = ""

    def one(self, rng: random.Random, folder: Path) -> Outcome:
        """Damage a file of the run, read the run, and put the file back."""
        run = folder / "run"
        if not run.exists():
            shutil.copytree(self._source, run)
            if self._is_old:
                without_digests(run)
            self._expected = outcome(run)
        file = run / rng.choice(files_of(run))
        whole = file.read_bytes()
        content = damaged(whole, rng)
        file.unlink()
        file.mkdir() if content is None else file.write_bytes(content)
        try:
            is_same = content == whole or outcome(run) == self._expected
            how = "read" if is_same or self._is_old else "silent"
            return Outcome(how, str(file.relative_to(run)))
        finally:
            file.rmdir() if content is None else file.unlink()
            file.write_bytes(whole)
