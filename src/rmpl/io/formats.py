"""The formats of what rmpl writes, each with a name and a version: ``rmpl-predictions/1``.

A file says by its key ``format`` what it is; of a JSONL file every line does, so that lines may be
cut, shuffled and joined. What version 0.1 wrote names no format and is read as version 1. A newer
version is refused in one line: it may mean something else by the same keys.
"""

from __future__ import annotations

import re

import msgspec

from rmpl.errors import RmplError

PREDICTIONS = "rmpl-predictions/1"
DOCUMENTS = "rmpl-documents/1"
SETTINGS = "rmpl-settings/1"
ABOUT = "rmpl-about/1"
RUN = "rmpl-run/1"
TRAINED = "rmpl-trained/1"
CURVE = "rmpl-curve/1"
HELD_OUT = "rmpl-held-out/1"
CALIBRATION = "rmpl-calibration/1"
LOCK = "rmpl-lock/1"
ABLATION = "rmpl-ablation/1"
ERRORS = "rmpl-errors/1"
SYNTHETIC = "rmpl-synthetic/2"
"""A synthetic corpus; 0.1 wrote its version as a number, 2."""

_NAMED = re.compile(r"(rmpl-[a-z-]+)/(\d{1,9})")


class _Named(msgspec.Struct):
    format: object = None


_DECODER = msgspec.json.Decoder(_Named)


def check_format(found: object, known: str, where: str) -> None:
    """Stop at a newer version of a format, and at another format of rmpl.

    Parameters
    ----------
    found
        What the ``format`` key holds; anything that is no name of a format of rmpl passes, because
        other programs may have a key of that name.
    known
        The format that is read, in the newest version known here.
    where
        The file, and the line of a JSONL file.

    Raises
    ------
    RmplError
        If so.
    """
    if found == known or not isinstance(found, str):
        return
    named, wanted = _NAMED.fullmatch(found), _NAMED.fullmatch(known)
    if named is None or wanted is None:
        return
    if named[1] != wanted[1]:
        raise RmplError(f"{found} where {known} is expected", where=where, remedy="check the path")
    if int(named[2]) > int(wanted[2]):
        raise RmplError(
            f"written by a newer rmpl ({found}, this one reads up to {known})",
            where=where,
            remedy="install a newer rmpl",
        )


def check_format_of(content: bytes | msgspec.Raw, known: str, where: str) -> None:
    """Check the format of what could not be decoded: in a newer version, any key may have changed.

    Raises
    ------
    RmplError
        As ``check_format``. Content that is no JSON object passes: the error that led here says
        what it is.
    """
    try:
        found = _DECODER.decode(content).format
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    check_format(found, known, where)
