"""Writes sentences as ACE 2005 in the JSON of JMEE.

Source: the preprocessing of Liu et al., "Jointly Multiple Events Extraction via Attention-based
Graph Information Aggregation" (EMNLP 2018). Spans are in words, ``end`` exclusive, full extents.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rmpl.records import Span
from rmpl.synthetic.story.casts import EVENT_TYPES, Setting
from rmpl.synthetic.text.annotate import bracketed, heads, pos_tags
from rmpl.synthetic.text.realisation import AnnotatedSentence, Mention
from rmpl.synthetic.text.sentences import (
    write_event_of_type,
    write_shared_events,
    write_two_events,
    write_without_event,
)

_SUBTYPES = {
    "PER": "PER:Individual",
    "ORG": "ORG:Government",
    "GPE": "GPE:Population-Center",
    "LOC": "LOC:Region-General",
    "FAC": "FAC:Building-Grounds",
    "VEH": "VEH:Land",
    "WEA": "WEA:Underspecified",
    "VALUE": "VALUE:Goods",
}


def ace_record(telling: AnnotatedSentence, sentence_id: str) -> dict[str, Any]:
    """Return one sentence as JMEE's JSON object; ``sentence_id`` prefixes the mentions' ids."""
    text, tokens = telling.spaced()
    tags = pos_tags(telling)
    governors = heads(tags)
    kinds = {mention.span: _SUBTYPES[mention.kind] for mention in telling.mentions}

    def located(span: Span) -> dict[str, Any]:
        phrase = text[tokens[span.start][0] : tokens[span.end - 1][1]]
        return {"start": span.start, "end": span.end, "text": phrase}

    def entity(number: int, mention: Mention) -> dict[str, Any]:
        return {
            "phrase-type": "NAM" if mention.named else "NOM",
            **located(mention.span),
            "entity-type": kinds[mention.span],
            "id": f"{sentence_id}-E{number}-1",
        }

    return {
        "sentence": text,
        "words": list(telling.words),
        "pos-tags": tags,
        "lemma": [word.lower() for word in telling.words],
        "stanford-colcc": [
            f"{'ROOT' if governor < 0 else 'dep'}/dep={number}/gov={governor}"
            for number, governor in enumerate(governors)
        ],
        "penn-treebank": bracketed(telling.words, tags),
        "chunk": ["O"] * len(telling.words),
        "conll-head": governors,
        "golden-entity-mentions": [
            entity(number, mention) for number, mention in enumerate(telling.mentions)
        ],
        "golden-event-mentions": [
            {
                "id": f"{sentence_id}-EV{number}-1",
                "event_type": event.event_type,
                "trigger": located(event.trigger),
                "arguments": [
                    {"role": role, **located(span), "entity-type": kinds[span]}
                    for role, span in event.arguments
                ],
            }
            for number, event in enumerate(telling.events)
        ],
    }


def ace_corpus(count: int, rng: random.Random, setting: Setting) -> list[AnnotatedSentence]:
    """Draw ``count`` sentences: six in ten without an event, some with two.

    In ACE's training data nearly eight in ten have none.
    """
    corpus: list[AnnotatedSentence] = []
    for number in range(count):
        event_type = EVENT_TYPES[number % len(EVENT_TYPES)]
        draw = rng.random()
        if draw < 0.6:
            corpus.append(write_without_event(rng, setting))
        elif draw < 0.64:
            corpus.append(write_shared_events(rng, setting))
        elif draw < 0.675:
            # A third of the pairs are two events of one type with different participants.
            other = event_type if rng.random() < 0.33 else rng.choice(EVENT_TYPES)
            corpus.append(write_two_events(event_type, other, rng, setting))
        else:
            corpus.append(write_event_of_type(event_type, rng, setting))
    return corpus


def write_ace(path: Path, tellings: Sequence[AnnotatedSentence]) -> None:
    """Write sentences to ``path`` as one JSON list."""
    records = [
        ace_record(telling, f"WORLD_EN_{number // 20:05d}.{number % 20:02d}")
        for number, telling in enumerate(tellings)
    ]
    path.write_text(
        json.dumps(records, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
