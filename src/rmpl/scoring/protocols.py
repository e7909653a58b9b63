"""The named scoring protocols: what each compares, how it is relaxed, and whose scorer it follows.

Choosing a threshold on the test set and dropping predictions by the test labels (as three released
scorers do) are not protocols, and no preset does either. Other packages declare theirs in the
entry-point group ``rmpl.protocols``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rmpl.plugins import Registry
from rmpl.scoring import legacy, strict
from rmpl.scoring import relaxations as relax
from rmpl.scoring.counts import TASKS
from rmpl.scoring.legacy import Scorer
from rmpl.scoring.media import IMAGE, TEXT


class Protocol(NamedTuple):
    """A scoring protocol: a function of (gold, predicted) for each of its tasks.

    ``grants`` describes in one line how it is more lenient than the strict protocol. ``gold_given``
    names the tasks for which it uses gold annotation that is not available at test time.
    """

    name: str
    grants: str
    imitates: str
    scores: Mapping[str, Scorer]
    gold_given: frozenset[str] = frozenset()


def _all(*tasks: str) -> frozenset[str]:
    return frozenset(tasks)


_TEXT = {"text_emi": legacy.text_emi, "text_are": legacy.text_are}
_RESTRICTED = {
    "mm_emi": legacy.mm_emi_restricted,
    "mm_are": legacy.mm_are_restricted,
}
_START = {
    "text_emi": relax.distinct_mentions(relax.start_key),
    "text_are": relax.distinct_arguments(relax.starts_key),
}
_EVENT_SENTENCES: dict[str, Scorer] = {
    task: relax.in_event_places(TEXT, scorer) for task, scorer in _TEXT.items()
}

_HEADLINE = (
    Protocol(
        "strict",
        "nothing: every sentence and image is a candidate, every prediction counts",
        "the headline score of this project",
        strict.SCORES,
    ),
    Protocol(
        "legacy",
        "repeats are free, arguments go without their trigger, boxes pair many-to-many "
        "(may exceed 100)",
        "MMUTF's scorers, CAMEL's reading of pairs",
        legacy.SCORES,
        _all("mm_emi_restricted", "mm_are_restricted"),
    ),
)

_PAPERS = (
    Protocol(
        "wase",
        "event sentences and event images only; IoU >= 0.5 or 90% inside a gold box, many-to-one",
        "WASE (Li et al., 2020) with --keep_events 1; it has no multimedia scorer",
        {
            **_EVENT_SENTENCES,
            "image_emi": relax.in_event_places(IMAGE, legacy.image_emi),
            "image_are": relax.in_event_places(IMAGE, relax.iou_or_inside),
        },
        _all("text_emi", "text_are", "image_emi", "image_are"),
    ),
    Protocol(
        "unicl",
        "only first tokens of triggers and arguments are compared; image roles without boxes",
        "UniCL (Liu et al., 2022); without its suppression by test labels",
        {**_START, "image_emi": legacy.image_emi, "image_are": relax.role_sets},
    ),
    Protocol(
        "camel",
        "Demonstrate's Instrument and Police left out; links among gold-linked sentences x images",
        "CAMEL (Du et al., 2023); without its suppression by test labels and its threshold search",
        {
            **_TEXT,
            "image_emi": legacy.image_emi,
            "image_are": relax.image_are_without_props,
            "mm_emi": legacy.mm_emi_restricted,
            "mm_are": relax.mm_are_without_props,
        },
        _all("mm_emi", "mm_are"),
    ),
    Protocol(
        "x-mtl",
        "event images only, IoU > 0.5 many-to-many; links among gold-linked sentences x images, "
        "arguments only inside right pairs",
        "X-MTL; without its suppression by test labels",
        {
            "text_emi": legacy.text_emi,
            "text_are": relax.distinct_arguments(relax.on_trigger_key),
            "image_emi": relax.in_event_places(IMAGE, legacy.image_emi),
            "image_are": relax.in_event_places(IMAGE, relax.box_pairs(relax.is_above_half)),
            "mm_emi": legacy.mm_emi_restricted,
            "mm_are": relax.restricted(relax.in_right_pairs),
        },
        _all("image_emi", "image_are", "mm_emi", "mm_are"),
    ),
    Protocol(
        "mmutf",
        "legacy, with links among gold-linked sentences x images",
        "MMUTF (Seeberger et al., 2024)",
        {
            **_TEXT,
            "image_emi": legacy.image_emi,
            "image_are": legacy.image_are,
            **_RESTRICTED,
        },
        _all("mm_emi", "mm_are"),
    ),
)

_SINGLE = (
    Protocol(
        "event-sentences-only",
        "predictions in sentences without a gold event are not counted",
        "WASE --keep_events 1",
        _EVENT_SENTENCES,
        _all("text_emi", "text_are"),
    ),
    Protocol(
        "start-only",
        "only the first token of a trigger and of an argument is compared",
        "UniCL",
        _START,
    ),
    Protocol(
        "type-only",
        "the trigger is ignored: a type is right anywhere in its sentence",
        "sentence-level scorers",
        {"text_emi": relax.distinct_mentions(relax.type_key)},
    ),
    Protocol(
        "type-only-event-sentences",
        "the trigger is ignored, and sentences without a gold event are not counted",
        "sentence-level scorers on event sentences",
        {"text_emi": relax.in_event_places(TEXT, relax.distinct_mentions(relax.type_key))},
        _all("text_emi"),
    ),
    Protocol(
        "gold-triggers",
        "predicted mentions that are not on a gold trigger are not counted",
        "argument extraction with gold triggers",
        {task: relax.on_gold_triggers(scorer) for task, scorer in _TEXT.items()},
        _all("text_emi", "text_are"),
    ),
    Protocol(
        "gold-entities",
        "predicted arguments that are no gold entity mention are not counted",
        "WASE, UniCL: gold entities as argument candidates",
        {"text_are": relax.on_gold_entities(legacy.text_are)},
        _all("text_are"),
    ),
    Protocol(
        "untyped-arguments",
        "text arguments are compared without event type and trigger",
        "argument scorers on sentences",
        {"text_are": relax.distinct_arguments(relax.untyped_key)},
    ),
    Protocol(
        "event-images-only",
        "predictions on images without a gold event are not counted",
        "X-MTL",
        {
            "image_emi": relax.in_event_places(IMAGE, legacy.image_emi),
            "image_are": relax.in_event_places(IMAGE, legacy.image_are),
        },
        _all("image_emi", "image_are"),
    ),
    Protocol(
        "predicted-images-only",
        "gold events on images without a prediction are not counted",
        "scorers that loop over predictions",
        {
            "image_emi": relax.gold_of_predicted_images(legacy.image_emi),
            "image_are": relax.gold_of_predicted_images(legacy.image_are),
        },
    ),
    Protocol(
        "role-sets",
        "an image's roles are compared as a set: no boxes, no type",
        "UniCL",
        {"image_are": relax.role_sets},
    ),
    Protocol(
        "iou-or-inside",
        "a box is right at IoU >= 0.5 or with 90% inside a gold box, many-to-one, no type",
        "WASE",
        {"image_are": relax.iou_or_inside},
    ),
    Protocol(
        "iou-above-half",
        "boxes pair many-to-many; IoU must exceed 0.5",
        "X-MTL",
        {"image_are": relax.box_pairs(relax.is_above_half)},
    ),
    Protocol(
        "without-props",
        "Demonstrate's Instrument and Police are left out; boxes pair many-to-many",
        "CAMEL (gold 1,285)",
        {"image_are": relax.image_are_without_props},
    ),
    Protocol(
        "restricted",
        "links are cut down to gold-linked sentences x gold-linked images",
        "CAMEL, X-MTL, MMUTF",
        _RESTRICTED,
        _all("mm_emi", "mm_are"),
    ),
    Protocol(
        "linked-mentions",
        "mentions in links count one by one, whatever they are linked with",
        "a reading of the 395 multimedia mentions",
        {"mm_emi": relax.linked_mentions},
    ),
    Protocol(
        "right-pairs-only",
        "multimedia arguments count only inside rightly predicted pairs",
        "X-MTL",
        {"mm_are": relax.in_right_pairs},
        _all("mm_are"),
    ),
    Protocol(
        "pairs-given-either",
        "the gold pairs are given; the type must be found on either side",
        "multimedia scorers that loop over the gold pairs",
        {"mm_emi": relax.pairs_given(both=False)},
        _all("mm_emi"),
    ),
    Protocol(
        "pairs-given-both",
        "the gold pairs are given; the type must be found on both sides",
        "multimedia scorers that loop over the gold pairs",
        {"mm_emi": relax.pairs_given(both=True)},
        _all("mm_emi"),
    ),
)

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol for protocol in (*_HEADLINE, *_PAPERS, *_SINGLE)
}

MARK = "GOLD GIVEN"
"""The mark of scores that use gold annotation, in every output."""


REGISTRY: Registry[Protocol] = Registry(
    "protocol",
    "rmpl.protocols",
    PROTOCOLS,
    lambda found: isinstance(found, Protocol) and found.scores.keys() <= TASKS.keys(),
    f"a rmpl.scoring.protocols.Protocol of the scores {', '.join(TASKS)}",
)


def find_protocol(name: str) -> Protocol:
    """Return the protocol called ``name``.

    Raises
    ------
    RmplError
        If there is no such protocol (the nearest name is suggested), or its package is broken.
    """
    return REGISTRY.find(name)
