"""Names and versions of the file formats that rmpl writes, such as ``rmpl-predictions/1``.

Every file states its format in the key ``format``; in JSONL every line does, so that lines can be
filtered, shuffled and concatenated. Files of version 0.1 state no format and are read as version 1.
A newer version is refused, since its keys may have another meaning.
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
FILES = "rmpl-files/1"
"""The files of a checkpoint; rmpl 0.1 wrote their sizes only, without a format."""
CURVE = "rmpl-curve/1"
HELD_OUT = "rmpl-held-out/1"
CALIBRATION = "rmpl-calibration/1"
LOCK = "rmpl-lock/1"
MODEL = "rmpl-model/1"
"""Where a model of ``rmpl models get`` is from."""
ABLATION = "rmpl-ablation/1"
ERRORS = "rmpl-errors/1"
SYNTHETIC = "rmpl-synthetic/2"
"""A synthetic corpus; rmpl 0.1 wrote its version as the number 2."""

_OWN, _SHOWN = "rmpl-", 80
_NAMED = re.compile(r"(rmpl-[a-z-]+)/(\d{1,9})")


class _Named(msgspec.Struct):
    format: object = None


_DECODER = msgspec.json.Decoder(_Named)


def check_format(found: object, known: str, where: str) -> None:
    """Refuse a newer version of a format, or another format of rmpl.

    Parameters
    ----------
    found
        The value of the ``format`` key. Values that do not begin with ``rmpl-`` are accepted,
        because other programs may use a key of that name.
    known
        The expected format, in the newest supported version.
    where
        The file and, for JSONL, the line.

    Raises
    ------
    RmplError
        If the format is newer, another one or damaged.
    """
    if found == known or not isinstance(found, str) or not found.startswith(_OWN):
        return
    named, wanted = _NAMED.fullmatch(found), _NAMED.fullmatch(known)
    if wanted is None:
        raise ValueError(known)
    if named is None or named[1] != wanted[1]:
        raise RmplError(
            f"{found[:_SHOWN]} where {known} is expected", where=where, remedy="check the path"
        )
    if int(named[2]) > int(wanted[2]):
        raise RmplError(
            f"written by a newer rmpl ({found}, this one reads up to {known})",
            where=where,
            remedy="install a newer rmpl",
        )


def check_format_of(content: bytes | msgspec.Raw, known: str, where: str) -> None:
    """Check the format of content that could not be decoded: a newer one may have other keys.

    Raises
    ------
    RmplError
        As ``check_format``. Content that is not a JSON object is accepted: the decoding error
        describes it.
    """
    try:
        found = _DECODER.decode(content).format
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    check_format(found, known, where)
