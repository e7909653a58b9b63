"""Random damage to the files of a run: tracebacks, and results that differ without a word.

    python benchmarks/fuzz_files.py --run RUN [--inputs 10000] [--seconds 600] [--seed 0] [--old]

Every input is a copy of the run with one file cut, with changed, repeated or removed bytes, nested
deeply, empty, or with a folder in its place; then the run is read as its commands do. It must end
as before or in one line that names a file. ``--old`` forgets the digests first, as in version 0.1:
there a changed byte may pass, and such inputs are counted as "differs". RUN needs a small model.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import hashlib
import json
import math
import os
import random
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.extraction.calibration import read_calibration
from rmpl.runs.card import card_of
from rmpl.runs.curve import read_curves
from rmpl.runs.folder import RunFolder
from rmpl.runs.hub import pack
from rmpl.runs.trained import load_any, ontology_of

LEFT_OUT = {".md", ".html", ".jsonl.gz"}
"""Endings of files that only people read."""


def mutated(content: bytes, rng: random.Random) -> bytes | None:
    """Return a file's content after one accident; ``None`` for a folder in its place."""
    place = rng.randrange(len(content) + 1)
    length = rng.choice((1, 1, 1, 4, 64))
    kind = rng.randrange(8)
    if kind == 0:
        return content[:place]
    if kind in {1, 2, 3}:  # the most frequent one
        changed = bytearray(content)
        for at in range(place, min(place + length, len(content))):
            changed[at] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if kind == 4:
        return content[:place] + content[place + length :]
    if kind == 5:
        return content[:place] + content[place : place + length] * 2 + content[place + length :]
    if kind == 6:
        return rng.choice((b"", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe\0", b"null", b"[]"))
    return None if rng.randrange(4) == 0 else content[:place] + rng.randbytes(length)


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


def ended(run: Path, expected: str, read: Callable[[Path], str] = outcome) -> tuple[str, str]:
    """Return how reading ended (same, one line, differs, traceback), and what it said."""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # noqa: PTH123
            found = read(run)
    except RmplError as error:
        return ("one line" if error.where else "no file named"), str(error)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return "traceback", "".join(traceback.format_exception(error)[-2:])
    return ("same", "") if found == expected else ("differs", "")


def without_digests(run: Path) -> None:
    """Make a run's records forget their files, as those of version 0.1 do."""
    for record in (RunFolder(run).record, *run.glob("*/trained.json")):
        tree = json.loads(record.read_text())
        kept = {key: value for key, value in tree.items() if key not in {"files", "sha256"}}
        record.write_text(json.dumps(kept))


def main() -> None:
    """Damage a run again and again; exit with 1 for a traceback or a silent difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--inputs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--old", action="store_true")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as name:
        run = shutil.copytree(asked.run, Path(name) / "run")
        if asked.old:
            without_digests(run)
        expected = outcome(run)
        counts: collections.Counter[tuple[str, str]] = collections.Counter()
        done = wrong = 0
        files = files_of(run)
        end = time.monotonic() + asked.seconds
        while done < asked.inputs and time.monotonic() < end:
            done += 1
            file = run / rng.choice(files)
            whole = file.read_bytes()
            content = mutated(whole, rng)
            file.unlink()
            file.mkdir() if content is None else file.write_bytes(content)
            how, said = ("same", "") if content == whole else ended(run, expected)
            counts[how, file.name] += 1
            if how in {"traceback", "no file named"} or (how == "differs" and not asked.old):
                wrong += 1
                print(f"input {done}, {file.relative_to(run)}: {how} {said}", flush=True)
            file.rmdir() if content is None else file.unlink()
            file.write_bytes(whole)
    for (how, file_name), count in sorted(counts.items()):
        print(f"{how:12} {file_name:28} {count:6,}")
    print(f"{done:,} inputs, {wrong:,} wrong")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
