"""A prediction file in the making: finished documents are kept beside it until it is complete.

Of ``predictions.jsonl`` they are in ``unfinished-predictions.jsonl``, to which whole lines are
appended as in an output of ``rmpl extract``, and which takes its name at the end. So neither an
older prediction file nor a finished document is lost to an interrupt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rmpl.errors import RmplError
from rmpl.io.files import flush
from rmpl.predictions.results import ABOUT, ResultsFile, check_output, is_stream


def unfinished_file(target: Path) -> Path:
    """Return the file that holds the finished documents of a prediction file."""
    return target if is_stream(target) else target.with_name(f"unfinished-{target.name}")


def check_unfinished(target: Path, *, resume: bool) -> None:
    """Refuse what is not to be continued, or cannot be; called before any work is done.

    Raises
    ------
    RmplError
        If there are finished documents and ``resume`` is false, or ``resume`` is true and there is
        only a complete prediction file; or as ``check_output``.
    """
    lines = unfinished_file(target)
    if is_stream(target):
        check_output(target, resume=resume)
        return
    check_output(target, resume=True)
    if lines.is_symlink() or (lines.exists() and not lines.is_file()):
        raise RmplError(
            "where finished documents are kept, and not a regular file",
            where=str(lines),
            remedy="remove it, or choose another output",
        )
    if not resume and lines.exists() and lines.stat().st_size:
        raise RmplError(
            "holds the finished documents of an interrupted command",
            where=str(lines),
            remedy="continue it with --resume, or remove this file to start anew",
        )
    if resume and not lines.exists() and target.exists():
        raise RmplError(
            "is complete, nothing of it is to be continued",
            where=str(target),
            remedy="leave out --resume to make it anew",
        )


def open_unfinished(target: Path, about: Mapping[str, Any]) -> ResultsFile:
    """Open the file of finished documents, which ``check_unfinished`` has accepted.

    Raises
    ------
    RmplError
        As ``ResultsFile``.
    """
    return ResultsFile(unfinished_file(target), about, resume=not is_stream(target))


def put_in_place(results: ResultsFile, target: Path) -> None:
    """Close the file of finished documents, and make it the prediction file.

    Raises
    ------
    RmplError
        If it cannot be renamed; its lines are complete.
    """
    if is_stream(target):
        return
    results.close()
    try:
        flush(results.path)
        results.path.replace(target)
        results.path.with_name(results.path.name + ABOUT).unlink(missing_ok=True)
        flush(target.parent)
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror or error})",
            where=str(target),
            remedy=f"the predictions are complete in {results.path}: rename it",
        ) from error
