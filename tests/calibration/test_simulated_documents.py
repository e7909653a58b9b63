"""Documents of held-out data: what is said to be one event is, and offsets stay true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmpl.calibration.simulated_documents import (
    IMAGES,
    SENTENCES,
    UNRELATED,
    Mention,
    rewrite,
    simulate,
)
from rmpl.corpora.ace.jmee import read_jmee
from rmpl.corpora.registry import read_corpus
from rmpl.io.tokens import sentence_from_words
from rmpl.ontology import load_ontology
from rmpl.records import Span, TextArgument, TextEvent
from rmpl.tasks.pairing import verdict

TEXT = "An officer , a man in a red coat , attacked workers .".split()
MENTION = Mention(
    TextEvent(
        "t",
        "s",
        "Conflict:Attack",
        Span(10, 11),
        (TextArgument("Attacker", Span(1, 2)), TextArgument("Target", Span(11, 12))),
    ),
    sentence_from_words("s", TEXT, where="here"),
)


def said(told, span):
    return told.sentence.slice(span)


def test_other_words_in_some_places_and_everything_else_as_it_was():
    red, officer, workers = Span(4, 9), Span(1, 2), Span(11, 12)
    found = rewrite(
        MENTION, {red: ("elf",), officer: ("big", "dog"), workers: ("ants", "in", "boxes")}
    )
    assert found.sentence.text == "A big dog , an elf , attacked ants in boxes ."
    assert said(found, found.event.trigger) == "attacked"
    assert [said(found, one.span) for one in found.event.arguments] == ["big dog", "ants in boxes"]
    assert rewrite(MENTION, {}).sentence.text == MENTION.sentence.text


def test_the_beginning_of_a_sentence_keeps_its_capital():
    event = TextEvent(
        "t", "s", "Conflict:Attack", Span(1, 2), (TextArgument("Attacker", Span(0, 1)),)
    )
    told = Mention(event, sentence_from_words("s", ["Workers", "attacked"], where="here"))
    assert (
        rewrite(told, {Span(0, 1): ("men", "in", "coats")}).sentence.text == "Men in coats attacked"
    )


SPANS = st.builds(lambda a, n: Span(a, min(a + n, 13)), st.integers(0, 12), st.integers(1, 4))
WORDS = st.lists(st.sampled_from(["man", "officer", "red"]), min_size=1, max_size=4).map(tuple)


@given(st.dictionaries(SPANS, WORDS, max_size=3))
def test_tokens_stand_where_they_are_said_to(wanted):
    found = rewrite(MENTION, wanted)
    sentence, events = found.sentence, found.event
    assert all(word and " " not in word for word in sentence.words())
    assert sentence.text.split() == sentence.words()
    for span in (events.trigger, *(one.span for one in events.arguments)):
        assert sentence.holds(span)
    if not any(span.start < 11 and span.end > 10 for span in wanted):
        assert said(found, events.trigger) == "attacked"


@pytest.fixture(scope="module")
def held_out(small_world):
    texts = list(read_jmee(small_world / "ace" / "train.json"))
    pictures = list(read_corpus("swig", small_world / "swig", split="train"))
    captions = {e.image_id: e.caption for d in pictures for e in d.image_events if e.caption}
    return texts, pictures, captions


def simulated(held_out, count=40, seed=0):
    texts, pictures, captions = held_out
    types = list(load_ontology().events)
    return simulate(texts, pictures, types, captions, count=count, seed=seed)


def test_documents_hold_what_is_one_event_and_what_is_not(held_out):
    documents = simulated(held_out)
    assert len(documents) == 40
    verdicts = [verdict(pair) for one in documents for pair in one.values()]
    assert min(verdicts.count(True), verdicts.count(False)) > 0.15 * len(verdicts)
    for document in documents:
        sentences = {name for name, _ in document}
        pictures = {name for _, name in document}
        assert 1 <= len(pictures) <= max(IMAGES)
        assert 1 <= len(sentences) <= max(IMAGES) * max(SENTENCES) + max(UNRELATED)
        assert len(document) == len(sentences) * len(pictures)
        assert len({pair.event_type for pair in document.values()}) == 1
        texts = [document[name, min(pictures)].sentence.text for name in sorted(sentences)]
        assert len(set(texts)) == len(texts)
        for pair in document.values():
            assert pair.trigger is not None
            assert pair.sentence.holds(pair.trigger)


def test_the_choice_is_a_function_of_what_is_given(held_out):
    assert simulated(held_out) == simulated(held_out)
    assert simulated(held_out) != simulated(held_out, seed=1)


def test_only_pictures_that_something_is_said_of_are_shown(held_out):
    texts, pictures, captions = held_out
    few = dict(list(captions.items())[::2])
    documents = simulated((texts, pictures, few))
    assert {pair.image.id for one in documents for pair in one.values()} <= set(few)
    assert {pair.caption for one in documents for pair in one.values()} <= set(few.values())
    assert simulated((texts, pictures, {})) == []
    assert simulated(([], pictures, captions)) == []
