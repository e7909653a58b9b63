"""The named protocols: what each compares, what it grants, and whom it imitates."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from rmpl.errors import RmplError
from rmpl.records import Document
from rmpl.scoring import legacy, strict
from rmpl.scoring.counts import Counts

Scorer = Callable[[Document, Document], Counts]


class Protocol(NamedTuple):
    """A way to score: one function of (gold, predicted) a task, and a line on what it means.

    ``gives_gold`` marks protocols that hand the system knowledge of the gold annotation.
    """

    name: str
    grants: str
    imitates: str
    gives_gold: bool
    scores: Mapping[str, Scorer]


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "strict",
            "nothing: all sentences and images are candidates, every prediction counts",
            "the headline of this project",
            gives_gold=False,
            scores=strict.SCORES,
        ),
        Protocol(
            "legacy",
            "repeats are free, arguments lose their trigger, boxes pair many-to-many",
            "MMUTF's scorers and CAMEL's reading of pairs",
            gives_gold=False,
            scores=legacy.SCORES,
        ),
    )
}


def find_protocol(name: str) -> Protocol:
    """Return the protocol of that name.

    Raises
    ------
    RmplError
        If there is none; the nearest name is suggested.
    """
    if name not in PROTOCOLS:
        near = difflib.get_close_matches(name, PROTOCOLS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RmplError(f"no protocol {name}", remedy=f"{hint}known: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
