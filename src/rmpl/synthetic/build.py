"""Writing the synthetic corpus: four corpora in the formats of the real ones.

The folder is written atomically. The same seed and scale give the same bytes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rmpl.corpora.origin import WORLD_MARKER, mark
from rmpl.errors import RmplError
from rmpl.io.folders import appearing_folder, remove_unfinished
from rmpl.io.formats import SYNTHETIC
from rmpl.io.locks import writing_file
from rmpl.io.saved import saved_object
from rmpl.synthetic.documents import plan_corpus
from rmpl.synthetic.story.casts import Setting
from rmpl.synthetic.story.names import TEST_NAMES, TRAIN_NAMES
from rmpl.synthetic.writers.ace import ace_corpus, write_ace
from rmpl.synthetic.writers.m2e2 import write_m2e2
from rmpl.synthetic.writers.mnre import write_mnre
from rmpl.synthetic.writers.swig import write_swig

MARKER = WORLD_MARKER

Progress = Callable[[int, int, str], None]
"""Called with the number of finished items, the total (images and sentences) and a label."""


@dataclasses.dataclass(frozen=True)
class Sizes:
    """The sizes of the synthetic corpus at scale 1."""

    ace_train: int = 4000
    ace_dev: int = 200
    swig_train: int = 3600
    swig_dev: int = 160
    mnre_train: int = 1000
    mnre_val: int = 100
    documents: int = 50

    def scaled(self, scale: float) -> Sizes:
        """Return the sizes times ``scale``, each at least as large as all types require."""
        return Sizes(*(max(12, round(size * scale)) for size in dataclasses.astuple(self)))


def build_world(
    out: Path,
    *,
    seed: int,
    scale: float = 1.0,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a synthetic corpus to ``out``; an older one is replaced once the new one is complete.

    Parameters
    ----------
    out
        The output folder.
    seed
        The random seed.
    scale
        Sizes relative to the default (4,000 sentences, 3,600 situations, 50 documents).
    progress
        See ``Progress``.
    overwrite
        Whether to replace a folder that is not a synthetic corpus.

    Returns
    -------
    dict
        The content of ``world.json``: version, seed, scale and counts per corpus.

    Raises
    ------
    RmplError
        If ``out`` contains something else, cannot be written, is being written by another process,
        or ``scale`` is not above 0.
    """
    out = Path(out)
    if not scale > 0:
        raise RmplError(f"scale {scale} is not above 0", remedy="use 1.0 for the default size")
    _check_target(out, overwrite)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with writing_file(out, folder=True), appearing_folder(out, flushed=False) as partial:
            return _fill(partial, seed, scale, progress)
    except OSError as error:
        raise RmplError(
            f"cannot write the synthetic corpus ({error.strerror or error})",
            where=str(error.filename or out),
            remedy="choose a folder that you may write to, on a disk with room",
        ) from error


def is_built(out: Path, *, seed: int, scale: float = 1.0) -> bool:
    """Return whether ``out`` is a complete synthetic corpus of that seed and scale."""
    about = read_marker(out)
    if about is None:
        return False
    made = (about.get("format"), about.get("seed"), about.get("scale"))
    if made != (SYNTHETIC, seed, scale):
        return False
    with contextlib.suppress(RmplError), writing_file(out, folder=True):
        remove_unfinished(out)  # a killed process may have been writing it again
    return True


def read_marker(folder: Path) -> dict[str, Any] | None:
    """Return the content of ``world.json``, or ``None`` for a folder without it."""
    marker = folder / MARKER
    if not marker.is_file():
        return None
    return named_format(saved_object(marker, "write the corpus again: rmpl synthetic --fresh"))


def named_format(about: dict[str, Any]) -> dict[str, Any]:
    """Return the content with the format's name; version 0.1 wrote only a number."""
    return {**about, "format": SYNTHETIC} if about.get("format") == 2 else about


def _check_target(out: Path, overwrite: bool) -> None:
    if not out.exists() or overwrite:
        return
    if not out.is_dir():
        raise RmplError("there is a file of that name", where=str(out), remedy="name a folder")
    if any(out.iterdir()) and not (out / MARKER).is_file():
        raise RmplError(
            "the folder contains something other than a synthetic corpus",
            where=str(out),
            remedy="choose another folder, or ask to overwrite it",
        )


def _fill(folder: Path, seed: int, scale: float, progress: Progress | None) -> dict[str, Any]:
    sizes = Sizes().scaled(scale)
    train = Setting(TRAIN_NAMES, held_out=False)
    test = Setting(TEST_NAMES, held_out=True)
    news = plan_corpus(sizes.documents, random.Random(f"{seed}/m2e2"), test)
    image_count = sizes.swig_train + sizes.swig_dev + sizes.mnre_train + sizes.mnre_val
    total = image_count + sum(len(one.shots) for one in news)
    done = 0

    def counter(what: str) -> Callable[[], None]:
        def drawn() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, total, what)

        return drawn

    (folder / "ace").mkdir()
    counts: dict[str, dict[str, int]] = {"ace": {}}
    for split, count in (("train", sizes.ace_train), ("dev", sizes.ace_dev)):
        tellings = ace_corpus(count, random.Random(f"{seed}/ace/{split}"), train)
        write_ace(folder / "ace" / f"{split}.json", tellings)
        counts["ace"][split] = count
    counts["swig"] = write_swig(
        folder / "swig",
        train=sizes.swig_train,
        dev=sizes.swig_dev,
        seed=seed,
        drawn=counter("situations"),
    )
    counts["mnre"] = write_mnre(
        folder / "mnre",
        train=sizes.mnre_train,
        val=sizes.mnre_val,
        seed=seed,
        setting=train,
        drawn=counter("relations"),
    )
    counts["m2e2"] = write_m2e2(folder / "m2e2", news, seed=seed, drawn=counter("documents"))
    for name in counts:
        mark(folder / name)
    about = {"format": SYNTHETIC, "seed": seed, "scale": scale, "counts": counts}
    (folder / MARKER).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return about
