from __future__ import annotations

import random

import pytest

from rmpl.ontology import load_ontology
from rmpl.synthetic.story.casts import EVENT_TYPES, Setting, cast_of, invent_cast
from rmpl.synthetic.story.names import TEST_NAMES, TRAIN_NAMES
from rmpl.synthetic.story.plot import HELD_OUT_LOOKS, Entity, Happening
from rmpl.synthetic.story.referents import Referent, from_entity
from rmpl.synthetic.text.grammar import Slot, Trigger, parse
from rmpl.synthetic.text.realisation import AnnotatedSentence, MisfitError, SentenceWriter, spaced
from rmpl.synthetic.text.sentences import (
    CLAUSES,
    LEAST_WORDS,
    MOST_WORDS,
    NOUNS,
    sample_sentence,
    write_event,
    write_event_of_type,
    write_shared_events,
    write_two_events,
    write_without_event,
)
from rmpl.synthetic.text.templates import frames, movement, neutral
from rmpl.synthetic.writers.ace import ace_corpus

TRAIN = Setting(TRAIN_NAMES, held_out=False)
HELD_OUT_PHRASES = [Entity(*look).look for look in sorted(HELD_OUT_LOOKS)]
HELD_OUT_PHRASES += [Entity(*look).looks for look in sorted(HELD_OUT_LOOKS)]


@pytest.fixture(scope="module")
def corpus() -> list[AnnotatedSentence]:
    return ace_corpus(1500, random.Random(5), TRAIN)


def all_templates() -> list[str]:
    groups = [
        *CLAUSES.values(),
        *NOUNS.values(),
        *movement.DOUBLES.values(),
        *neutral.DECOYS.values(),
        neutral.NEUTRAL_CLAUSES,
        neutral.NEUTRAL_NOUNS,
        frames.CLAUSE_FRAMES,
        frames.NOUN_FRAMES,
        frames.PAIR_FRAMES,
        frames.TEST_CLAUSE_FRAMES,
        *frames.LEXICON.values(),
    ]
    return [template for group in groups for template in group]


def test_training_and_test_names_have_no_word_in_common() -> None:
    assert not TRAIN_NAMES.words() & TEST_NAMES.words()


def test_names_are_no_words_of_the_templates() -> None:
    words = {word.lower() for template in all_templates() for word in template.split()}
    names = {word.lower() for word in TRAIN_NAMES.words() | TEST_NAMES.words()}
    assert not words & names


def test_every_template_parses() -> None:
    assert all(parse(template) for template in all_templates())


@pytest.mark.parametrize("template", ["< a", "a >", "{Agent.x}"])
def test_a_broken_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match=r"<|>|target"):
        parse(template)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_templates_of_a_type_use_its_text_roles_only(event_type: str) -> None:
    roles = set(load_ontology("m2e2").events[event_type].text)
    assert len(CLAUSES[event_type]) + len(NOUNS[event_type]) >= 8
    told: set[str] = set()

    def walk(nodes: tuple[object, ...]) -> None:
        for node in nodes:
            if isinstance(node, Slot) and node.mode == "argument":
                told.update(target.role for target in node.targets)
            walk(getattr(node, "nodes", ()))

    for template in (*CLAUSES[event_type], *NOUNS[event_type]):
        nodes = parse(template)
        assert any(isinstance(node, Trigger) for node in nodes), template
        walk(nodes)
    assert told == roles


def test_the_corpus_has_every_type_and_text_role(corpus: list[AnnotatedSentence]) -> None:
    found = {
        (event.event_type, role)
        for telling in corpus
        for event in telling.events
        for role, _ in event.arguments
    }
    ontology = load_ontology("m2e2")
    assert found == {(name, r) for name, event in ontology.events.items() for r in event.text}


def test_every_argument_is_a_mention_and_lies_in_the_sentence(
    corpus: list[AnnotatedSentence],
) -> None:
    for telling in corpus:
        spans = [mention.span for mention in telling.mentions]
        assert len(set(spans)) == len(spans)
        for event in telling.events:
            assert event.trigger.end == event.trigger.start + 1
            for _, span in event.arguments:
                assert span in spans
                assert not span.start <= event.trigger.start < span.end


def test_an_argument_span_has_no_article(corpus: list[AnnotatedSentence]) -> None:
    articles = {"a", "an", "the", "another", "other"}
    for telling in corpus:
        for mention in telling.mentions:
            assert telling.words[mention.span.start].lower() not in articles


def test_sentences_are_of_news_length_and_end_with_a_full_stop(
    corpus: list[AnnotatedSentence],
) -> None:
    for telling in corpus:
        assert LEAST_WORDS <= len(telling.words) <= MOST_WORDS
        assert telling.words[-1] in {".", "”"}


def test_the_corpus_is_mixed_as_documented(corpus: list[AnnotatedSentence]) -> None:
    shares = [sum(len(t.events) == n for t in corpus) / len(corpus) for n in range(3)]
    assert 0.55 < shares[0] < 0.65
    assert 0.05 < shares[2] < 0.1
    same = [t for t in corpus if len({e.event_type for e in t.events}) < len(t.events)]
    assert same, "two events of one type in one sentence"


def test_trigger_words_repeat_where_they_are_no_trigger(corpus: list[AnnotatedSentence]) -> None:
    repeated = sum(
        [word.lower() for word in t.words].count(t.words[e.trigger.start].lower()) > 1
        for t in corpus
        for e in t.events
    )
    assert repeated > 0.02 * sum(len(t.events) for t in corpus)


def test_an_argument_text_can_occur_twice(corpus: list[AnnotatedSentence]) -> None:
    def occurrences(telling: AnnotatedSentence, words: tuple[str, ...]) -> int:
        n = len(words)
        return sum(telling.words[i : i + n] == words for i in range(len(telling.words)))

    repeated = [
        telling
        for telling in corpus
        for event in telling.events
        for _, span in event.arguments
        if occurrences(telling, telling.words[span.start : span.end]) > 1
    ]
    assert len(repeated) > 10


def test_training_text_has_no_held_out_look(corpus: list[AnnotatedSentence]) -> None:
    for telling in corpus:
        text, _ = telling.spaced()
        assert not [phrase for phrase in HELD_OUT_PHRASES if phrase in text]


def test_spacing_and_offsets() -> None:
    words = ("“", "Rebels", "attacked", ",", "”", "Ana", "Reyes", "’s", "aide", "said", ".")
    text, tokens = spaced(words)
    assert text == "“Rebels attacked,” Ana Reyes’s aide said."
    assert tuple(text[start:end] for start, end in tokens) == words


def test_a_cast_from_a_picture_is_told_by_look_and_name() -> None:
    guard, thief = Entity("officer", "black", count=2), Entity("man", "red", name="Ana Reyes")
    happening = Happening(
        "Justice:Arrest-Jail",
        "arresting",
        (("Agent", guard), ("Person", thief), ("Instrument", Entity("handcuffs"))),
        "Port Lindo",
    )
    rng = random.Random(1)
    telling = write_event(
        cast_of(happening, rng, TRAIN),
        rng,
        TRAIN,
        accept=lambda t: len(t.events[0].arguments) == 3,
    )
    text, tokens = telling.spaced()
    arguments = {
        role: text[tokens[span.start][0] : tokens[span.end - 1][1]]
        for role, span in telling.events[0].arguments
    }
    assert {role: phrase.lower() for role, phrase in arguments.items()} == {
        "Agent": "two officers in black uniforms",
        "Person": "ana reyes",
        "Place": "port lindo",
    }


def test_a_quiet_happening_has_no_cast() -> None:
    with pytest.raises(ValueError, match="no event"):
        cast_of(Happening(None, "waiting", ()), random.Random(1), TRAIN)


def test_shared_participants_are_arguments_of_both_events() -> None:
    for seed in range(30):
        telling = write_shared_events(random.Random(seed), TRAIN)
        one, two = telling.events
        assert {span for _, span in one.arguments} & {span for _, span in two.arguments}


def test_a_pair_tells_both_types() -> None:
    telling = write_two_events("Life:Die", "Contact:Meet", random.Random(2), TRAIN)
    assert [event.event_type for event in telling.events] == ["Life:Die", "Contact:Meet"]


def test_event_free_sentences_have_mentions_but_no_events() -> None:
    tellings = [sample_sentence(random.Random(seed), TRAIN_NAMES) for seed in range(50)]
    assert not any(telling.events for telling in tellings)
    assert sum(bool(telling.mentions) for telling in tellings) > 40
    assert not write_without_event(random.Random(3), TRAIN, decoy_rate=1.0).events


def test_one_seed_gives_one_sentence() -> None:
    for event_type in EVENT_TYPES:
        assert (
            write_event_of_type(event_type, random.Random(9), TRAIN).words
            == write_event_of_type(event_type, random.Random(9), TRAIN).words
        )


def test_a_frame_without_its_part_does_not_fit() -> None:
    cast = invent_cast("Contact:Meet", random.Random(1), TRAIN)
    with pytest.raises(MisfitError):
        SentenceWriter([cast], random.Random(1), TRAIN).write("{=S} .")


def test_articles_go_with_the_noun() -> None:
    rng = random.Random(4)
    orange = from_entity(Entity("man", "orange"))
    assert {orange.article(rng) for _ in range(20)} == {"a", "the"}
    assert from_entity(Entity("truck", "orange")).article(random.Random(1)) in {"an", "the"}
    assert Referent("police", "ORG", frozenset(), plural=True).article(rng) == ""
