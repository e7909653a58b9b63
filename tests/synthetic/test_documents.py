from __future__ import annotations

import random

import pytest

from rmpl.synthetic.documents import News, plan_corpus, plan_news, rivals, types_in_turn
from rmpl.synthetic.story.casts import EVENT_TYPES, Setting
from rmpl.synthetic.story.names import TEST_NAMES, TRAIN_NAMES
from rmpl.synthetic.story.plot import HELD_OUT_LOOKS

TEST = Setting(TEST_NAMES, held_out=True)


@pytest.fixture(scope="module")
def corpus() -> list[News]:
    return plan_corpus(100, random.Random(11), TEST)


def test_most_sentences_and_pictures_have_no_event(corpus: list[News]) -> None:
    lines = [line for news in corpus for line in news.lines]
    shots = [shot for news in corpus for shot in news.shots]
    assert 0.7 < sum(not line.telling.events for line in lines) / len(lines) < 0.88
    assert 0.5 < sum(shot.event_type is None for shot in shots) / len(shots) < 0.72


def test_every_type_is_told_shown_and_linked(corpus: list[News]) -> None:
    told = {e.event_type for n in corpus for line in n.lines for e in line.telling.events}
    shown = {shot.event_type for n in corpus for shot in n.shots}
    linked = {n.shots[shot].event_type for n in corpus for _, shot in n.links}
    assert told == linked == set(EVENT_TYPES)
    assert shown == {*EVENT_TYPES, None}


def test_documents_have_the_usual_size(corpus: list[News]) -> None:
    for news in corpus:
        assert len(news.shots) >= 2
        assert 5 <= len(news.lines) <= 16 or not news.lines
    assert any(not news.lines for news in corpus), "articles of which only pictures are left"


def test_a_link_joins_tellings_and_pictures_of_one_happening(corpus: list[News]) -> None:
    for news in corpus:
        for line, shot in news.links:
            one, two = news.lines[line], news.shots[shot]
            assert one.linked is not None
            event = one.telling.events[one.linked]
            assert event.cast.happening is two.happening
            assert two.linked
            assert event.event_type == two.event_type


def test_everything_marked_as_linked_is_linked(corpus: list[News]) -> None:
    for news in corpus:
        lines = {line for line, _ in news.links}
        shots = {shot for _, shot in news.links}
        assert lines == {n for n, line in enumerate(news.lines) if line.linked is not None}
        assert shots == {n for n, shot in enumerate(news.shots) if shot.linked}


def test_links_are_many_to_many(corpus: list[News]) -> None:
    links = [(news.id, *link) for news in corpus for link in news.links]
    assert len({(doc, line) for doc, line, _ in links}) < len(links)
    assert len({(doc, shot) for doc, _, shot in links}) < len(links)


def test_a_linked_sentence_tells_a_look_that_the_picture_shows(corpus: list[News]) -> None:
    for news in corpus:
        for line in news.lines:
            if line.linked is None:
                continue
            event = line.telling.events[line.linked]
            players = {player for some in event.cast.roles.values() for player in some}
            assert {player for player in players if player.looks} & event.shown


def test_happenings_of_a_document_share_no_look(corpus: list[News]) -> None:
    for news in corpus:
        happenings = {id(s.happening): s.happening for s in news.shots if s.event_type is not None}
        looks = [
            look
            for happening in happenings.values()
            if happening is not None
            for look in {(e.kind, e.colour) for _, e in happening.roles if e.colour}
        ]
        assert len(looks) - len(set(looks)) <= 1


def test_most_linked_documents_have_rivals(corpus: list[News]) -> None:
    linked = [news for news in corpus if news.links]
    assert sum(map(rivals, linked)) >= len(linked) / 2
    assert not any(rivals(news) for news in corpus if not news.links)


def test_looks_that_training_never_shows_are_common(corpus: list[News]) -> None:
    happenings = [s.happening for n in corpus for s in n.shots if s.event_type and s.happening]
    rare = [h for h in happenings if {(e.kind, e.colour) for _, e in h.roles} & HELD_OUT_LOOKS]
    assert len(rare) >= len(happenings) / 3


def test_no_training_name_occurs(corpus: list[News]) -> None:
    words = {word for news in corpus for line in news.lines for word in line.telling.words}
    assert not words & TRAIN_NAMES.words()
    assert words & TEST_NAMES.words()


def test_the_same_seed_plans_the_same_documents() -> None:
    one, two = (plan_corpus(12, random.Random(3), TEST) for _ in range(2))
    assert [[line.telling.words for line in news.lines] for news in one] == [
        [line.telling.words for line in news.lines] for news in two
    ]
    assert [news.shots for news in one] == [news.shots for news in two]


def test_a_quiet_document_has_no_event() -> None:
    news = plan_news("VOA_EN_NW_2031.01.01.0000001", "quiet", random.Random(1), TEST, iter(()))
    assert not any(line.telling.events for line in news.lines)
    assert all(shot.event_type is None for shot in news.shots)
    assert news.links == ()


def test_types_take_turns() -> None:
    types = types_in_turn(random.Random(1))
    for _ in range(3):
        assert {next(types) for _ in EVENT_TYPES} == set(EVENT_TYPES)
