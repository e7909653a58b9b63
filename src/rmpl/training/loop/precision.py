"""The precision of a training: the faster one, the same for all of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rmpl.backbones.precision import bf16_works, fixed
from rmpl.errors import RmplError
from rmpl.io.files import write_file
from rmpl.io.saved import saved_text
from rmpl.runs.folder import StageFolder
from rmpl.runs.processes import first_says, is_first


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """Fix the result of ``bf16_works`` for a training in ``folder``, in every process.

    A second measurement might differ, and then a resumed training would differ from an
    uninterrupted one.
    """
    path = StageFolder(folder).precision
    known = path.is_file()
    works = first_says(_read(path) if known else bf16_works())
    if is_first() and not known:
        write_file(path, "bf16" if works else "fp32")
    with fixed(works):
        yield


def _read(path: Path) -> bool:
    found = saved_text(path, _MEASURE_AGAIN).strip()
    if found not in {"bf16", "fp32"}:
        raise RmplError(
            f"names no precision ({found[:40]!r})", where=str(path), remedy=_MEASURE_AGAIN
        )
    return found == "bf16"


_MEASURE_AGAIN = "write bf16 or fp32 into it, or delete it: the faster one is measured again"
