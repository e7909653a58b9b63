"""One colour per event type, and one sign and line style per verdict.

The colours are those of Okabe and Ito (2008), which colour-blind readers can distinguish; verdicts
do not depend on colour: each has a sign, a word and a line style.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from rmpl.ontology import load_ontology
from rmpl.records import Document
from rmpl.scoring.verdicts import Verdict

COLOURS = 8
"""The number of colours in the style sheet (``t0`` to ``t7``); further types reuse them."""


@dataclasses.dataclass(frozen=True)
class Sign:
    """How a verdict is shown: a sign, a word, its meaning, and the CSS class of its line style."""

    glyph: str
    word: str
    meaning: str
    css: str


_STYLES: dict[Verdict, tuple[str, str]] = {
    Verdict.RIGHT: ("✓", "right"),
    Verdict.WRONG_TYPE: ("≠", "wrong"),
    Verdict.TRIGGER_BOUNDARY: ("↔", "wrong"),
    Verdict.WRONG_ROLE: ("≠", "wrong"),
    Verdict.ARGUMENT_BOUNDARY: ("↔", "wrong"),
    Verdict.POOR_BOX: ("↔", "wrong"),
    Verdict.OTHER_MENTION: ("↔", "wrong"),
    Verdict.REPEATED: ("+", "spurious"),
    Verdict.SPURIOUS: ("✕", "spurious"),
    Verdict.MISSED: ("○", "missed"),
    Verdict.REPEATED_MENTION: ("+", "spurious"),
    Verdict.WRONG_MENTION: ("✕", "spurious"),
    Verdict.MISSED_MENTION: ("○", "missed"),
    Verdict.WRONG_LINK: ("✕", "spurious"),
    Verdict.MISSED_LINK: ("○", "missed"),
}

SIGNS: dict[Verdict | None, Sign] = {
    verdict: Sign(glyph, verdict.value, verdict.meaning, css)
    for verdict, (glyph, css) in _STYLES.items()
} | {None: Sign("", "", "shown without a comparison", "plain")}
"""The sign of every verdict, and of items without a comparison."""


class Palette:
    """Assigns each event type a colour class, the same throughout a report.

    M2E2's types come first, in schema order, so that a type has the same colour in every report;
    others follow in alphabetical order.
    """

    def __init__(self, event_types: Iterable[str] = ()) -> None:
        known = list(load_ontology("m2e2").events)
        others = sorted(set(event_types) - set(known))
        self._index = {name: i for i, name in enumerate(known + others)}

    @classmethod
    def of(cls, *corpora: Iterable[Document]) -> Palette:
        """Return the palette for all event types of some documents."""
        documents = [document for corpus in corpora for document in corpus]
        in_text = {event.event_type for d in documents for event in d.text_events}
        return cls(in_text | {event.event_type for d in documents for event in d.image_events})

    def css(self, event_type: str) -> str:
        """Return the CSS class of an event type's colour."""
        return f"t{self._index.get(event_type, len(self._index)) % COLOURS}"


def short(event_type: str) -> str:
    """Return an event type without its family: ``Attack`` for ``Conflict:Attack``."""
    return event_type.rsplit(":", 1)[-1] or event_type
