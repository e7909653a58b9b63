"""Named relaxations: what each lets pass, and that none goes unmarked."""

from __future__ import annotations

import msgspec
import pytest

from rmpl.errors import RmplError
from rmpl.records import (
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.scoring import Counts, score
from rmpl.scoring.counts import TASKS
from rmpl.scoring.protocols import MARK, PROTOCOLS, find_protocol
from rmpl.scoring.tables import protocol_lines, score_lines

ATTACK, DIE, DEMONSTRATE = "Conflict:Attack", "Life:Die", "Conflict:Demonstrate"


def event(name: str, start: int, *spans: Span, sentence: str = "D_0") -> TextEvent:
    arguments = tuple(TextArgument("Target", span) for span in spans)
    return TextEvent(name, sentence, ATTACK, Span(start, start + 1), arguments)


def boxed(name: str, event_type: str, *arguments: tuple[str, tuple]) -> ImageEvent:
    boxes = tuple(ImageArgument(role, Box(*box)) for role, box in arguments)
    return ImageEvent(name, "D_0", event_type, boxes)


def of(protocol: str, task: str, gold: Document, predicted: Document) -> Counts:
    return score([gold], [predicted], protocol)[task]


def test_every_protocol_explains_itself() -> None:
    listed = " ".join("\n".join(protocol_lines()).split())
    for name, protocol in PROTOCOLS.items():
        assert protocol.scores.keys() <= TASKS.keys()
        assert protocol.gold_given <= protocol.scores.keys()
        for said in (name, protocol.grants, protocol.imitates):
            assert said
            assert " ".join(said.split()) in listed


def test_a_misspelt_protocol_is_corrected() -> None:
    with pytest.raises(RmplError, match="did you mean strict"):
        find_protocol("strickt")


def test_a_score_that_uses_the_gold_is_marked() -> None:
    assert any(MARK in line for line in score_lines("wase", {"text_emi": Counts(1, 1, 1)}))
    assert not any(MARK in line for line in score_lines("strict", {"text_emi": Counts(1, 1, 1)}))
    legacy = {"mm_emi": Counts(), "mm_emi_restricted": Counts()}
    marked = [line for line in score_lines("legacy", legacy) if f"!! {MARK}" in line]
    assert "mm_emi_restricted" in marked[0]


def test_gold_triggers_forgive_spurious_mentions() -> None:
    gold = Document("D", text_events=(event("g", 2),))
    predicted = Document("D", text_events=(event("a", 2), event("b", 5)))
    assert of("legacy", "text_emi", gold, predicted) == Counts(1, 2, 1)
    assert of("gold-triggers", "text_emi", gold, predicted) == Counts(1, 1, 1)


def test_gold_entities_forgive_other_spans() -> None:
    gold = Document(
        "D",
        sentences=(Sentence("D_0", "", (), (Span(4, 5),)),),
        text_events=(event("g", 2, Span(4, 5)),),
    )
    predicted = Document("D", text_events=(event("a", 2, Span(4, 5), Span(7, 9)),))
    assert of("legacy", "text_are", gold, predicted) == Counts(1, 2, 1)
    assert of("gold-entities", "text_are", gold, predicted) == Counts(1, 1, 1)
    without = msgspec.structs.replace(gold, sentences=())
    with pytest.raises(RmplError, match="no entity mentions"):
        of("gold-entities", "text_are", without, predicted)


def test_camel_leaves_the_props_of_demonstrations_out() -> None:
    box = (0, 0, 10, 10)
    gold = Document(
        "D", image_events=(boxed("g", DEMONSTRATE, ("Entity", box), ("Instrument", box)),)
    )
    assert of("without-props", "image_are", gold, gold) == Counts(1, 1, 1)
    other = Document("D", image_events=(boxed("g", ATTACK, ("Target", box), ("Instrument", box)),))
    assert of("without-props", "image_are", other, other) == Counts(2, 2, 2)


def test_overlap_of_exactly_a_half_is_not_above_half() -> None:
    gold = Document("D", image_events=(boxed("g", ATTACK, ("Target", (0, 0, 10, 10))),))
    predicted = Document("D", image_events=(boxed("p", ATTACK, ("Target", (0, 0, 10, 5))),))
    assert of("legacy", "image_are", gold, predicted).tp == 1
    assert of("iou-above-half", "image_are", gold, predicted).tp == 0


def test_a_small_box_inside_a_gold_box_is_near_for_wase() -> None:
    gold = Document("D", image_events=(boxed("g", ATTACK, ("Target", (0, 0, 10, 10))),))
    predicted = Document("D", image_events=(boxed("p", ATTACK, ("Target", (1, 1, 2, 2))),))
    assert of("legacy", "image_are", gold, predicted).tp == 0
    assert of("iou-or-inside", "image_are", gold, predicted).tp == 1


def test_legacy_wants_one_type_on_both_sides_of_a_link() -> None:
    gold = Document(
        "D",
        text_events=(event("t", 2),),
        image_events=(boxed("i", ATTACK),),
        links=(Link("t", "i"),),
    )
    predicted = msgspec.structs.replace(gold, image_events=(boxed("i", DIE),))
    assert of("legacy", "mm_emi", gold, predicted) == Counts(0, 1, 1)
    assert of("pairs-given-either", "mm_emi", gold, predicted) == Counts(1, 1, 1)
    assert of("pairs-given-both", "mm_emi", gold, predicted) == Counts(0, 1, 1)


def test_restricting_the_candidates_forgives_links_elsewhere() -> None:
    gold = Document(
        "D",
        text_events=(event("t", 2), event("u", 1, sentence="D_1")),
        image_events=(boxed("i", ATTACK, ("Target", (0, 0, 5, 5))),),
        links=(Link("t", "i"),),
    )
    predicted = msgspec.structs.replace(gold, links=(Link("t", "i"), Link("u", "i")))
    assert of("legacy", "mm_emi", gold, predicted) == Counts(1, 2, 1)
    assert of("legacy", "mm_emi_restricted", gold, predicted) == Counts(1, 1, 1)
    assert of("restricted", "mm_emi", gold, predicted) == Counts(1, 1, 1)
    assert of("right-pairs-only", "mm_are", gold, predicted) == Counts(1, 1, 1)


def test_legacy_compares_all_mentions_of_linked_sentences() -> None:
    gold = Document(
        "D",
        text_events=(event("t", 2, Span(4, 5)), event("u", 7, Span(8, 9))),
        image_events=(boxed("i", ATTACK),),
        links=(Link("t", "i"),),
    )
    assert of("strict", "mm_are", gold, gold) == Counts(1, 1, 1)
    assert of("legacy", "mm_are", gold, gold) == Counts(2, 2, 2)
