"""Named relaxations: what each lets pass, and that none goes unmarked."""

from __future__ import annotations

import msgspec
import pytest

from builders import DIE, document, text_event
from builders import image_event as boxed
from rmpl.errors import RmplError
from rmpl.records import Document, Link, Sentence, Span, TextEvent
from rmpl.scoring import Counts, score
from rmpl.scoring.counts import TASKS
from rmpl.scoring.protocols import MARK, PROTOCOLS, find_protocol
from rmpl.scoring.tables import protocol_lines, score_lines

DEMONSTRATE = "Conflict:Demonstrate"
BOX = ("Target", 0, 0, 10, 10)


def event(name: str, start: int, *spans: Span, sentence: str = "D_0") -> TextEvent:
    targets = (("Target", span.start, span.end) for span in spans)
    return text_event(name, start, *targets, sentence_id=sentence)


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
    gold = document(event("g", 2))
    predicted = document(event("a", 2), event("b", 5))
    assert of("legacy", "text_emi", gold, predicted) == Counts(1, 2, 1)
    assert of("gold-triggers", "text_emi", gold, predicted) == Counts(1, 1, 1)


def test_gold_entities_forgive_other_spans() -> None:
    entities = Sentence("D_0", "", (), (Span(4, 5),))
    gold = document(event("g", 2, Span(4, 5)), sentences=(entities,))
    predicted = document(event("a", 2, Span(4, 5), Span(7, 9)))
    assert of("legacy", "text_are", gold, predicted) == Counts(1, 2, 1)
    assert of("gold-entities", "text_are", gold, predicted) == Counts(1, 1, 1)
    without = msgspec.structs.replace(gold, sentences=())
    with pytest.raises(RmplError, match="no entity mentions"):
        of("gold-entities", "text_are", without, predicted)


def test_camel_leaves_the_props_of_demonstrations_out() -> None:
    instrument = ("Instrument", 0, 0, 10, 10)
    gold = document(boxed("g", ("Entity", 0, 0, 10, 10), instrument, kind=DEMONSTRATE))
    assert of("without-props", "image_are", gold, gold) == Counts(1, 1, 1)
    other = document(boxed("g", BOX, instrument))
    assert of("without-props", "image_are", other, other) == Counts(2, 2, 2)


def test_overlap_of_exactly_a_half_is_not_above_half() -> None:
    gold = document(boxed("g", BOX))
    predicted = document(boxed("p", ("Target", 0, 0, 10, 5)))
    assert of("legacy", "image_are", gold, predicted).tp == 1
    assert of("iou-above-half", "image_are", gold, predicted).tp == 0


def test_a_small_box_inside_a_gold_box_is_near_for_wase() -> None:
    gold = document(boxed("g", BOX))
    predicted = document(boxed("p", ("Target", 1, 1, 2, 2)))
    assert of("legacy", "image_are", gold, predicted).tp == 0
    assert of("iou-or-inside", "image_are", gold, predicted).tp == 1


def test_legacy_wants_one_type_on_both_sides_of_a_link() -> None:
    gold = document(event("t", 2), boxed("i"), links=(Link("t", "i"),))
    predicted = msgspec.structs.replace(gold, image_events=(boxed("i", kind=DIE),))
    assert of("legacy", "mm_emi", gold, predicted) == Counts(0, 1, 1)
    assert of("pairs-given-either", "mm_emi", gold, predicted) == Counts(1, 1, 1)
    assert of("pairs-given-both", "mm_emi", gold, predicted) == Counts(0, 1, 1)


def test_restricting_the_candidates_forgives_links_elsewhere() -> None:
    gold = document(
        event("t", 2), event("u", 1, sentence="D_1"), boxed("i", BOX), links=(Link("t", "i"),)
    )
    predicted = msgspec.structs.replace(gold, links=(Link("t", "i"), Link("u", "i")))
    assert of("legacy", "mm_emi", gold, predicted) == Counts(1, 2, 1)
    assert of("legacy", "mm_emi_restricted", gold, predicted) == Counts(1, 1, 1)
    assert of("restricted", "mm_emi", gold, predicted) == Counts(1, 1, 1)
    assert of("right-pairs-only", "mm_are", gold, predicted) == Counts(1, 1, 1)


def test_legacy_compares_all_mentions_of_linked_sentences() -> None:
    gold = document(
        event("t", 2, Span(4, 5)),
        event("u", 7, Span(8, 9)),
        boxed("i"),
        links=(Link("t", "i"),),
    )
    assert of("strict", "mm_are", gold, gold) == Counts(1, 1, 1)
    assert of("legacy", "mm_are", gold, gold) == Counts(2, 2, 2)
