"""The lexicon baseline: a list of words, without context."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from builders import ATTACK, DIE, document, sentence, text_event
from rmpl.errors import RmplError
from rmpl.predictions.lexicon import Entry, learn_lexicon, read_lexicon
from rmpl.records import Span

COMPLETE = document(
    text_event("t1", 1),
    text_event("t2", 3, kind=DIE),
    text_event("t3", 0, sentence_id="D_1", kind=DIE),
    sentences=(
        sentence("D_0", "They attacked and died in the fight"),
        sentence("D_1", "Died in a fight , a fight for attacked men"),
    ),
)


def test_words_that_are_mostly_triggers() -> None:
    lexicon = learn_lexicon([COMPLETE])
    assert lexicon.words == {"died": Entry(DIE, 2, 2), "attacked": Entry(ATTACK, 1, 2)}
    assert list(lexicon.words) == ["died", "attacked"]
    assert list(learn_lexicon([COMPLETE], share=0.6).words) == ["died"]
    assert list(learn_lexicon([COMPLETE], least=2).words) == ["died"]


def test_partial_documents_do_not_say_what_is_no_trigger() -> None:
    partial = document(
        text_event("t1", 6, kind=ATTACK, sentence_id="E_0"),
        document_id="E",
        sentences=(sentence("E_0", "They died , died , died , fight died"),),
    )
    partial = msgspec.structs.replace(partial, partial=True)
    assert learn_lexicon([COMPLETE, partial]).words["died"] == Entry(DIE, 2, 2)
    complete = msgspec.structs.replace(partial, partial=False)
    assert "died" not in learn_lexicon([COMPLETE, complete]).words


def test_triggers_of_several_words_are_not_learnt() -> None:
    one = document(text_event("t1", 0, end=2), sentences=(sentence("D_0", "set off"),))
    assert learn_lexicon([one]).words == {}


def test_every_such_word_becomes_an_event() -> None:
    lexicon = learn_lexicon([COMPLETE])
    told = document(
        sentences=(
            sentence("D_0", "All DIED ."),
            sentence("D_1", "Nothing , they attacked and died"),
        )
    )
    found = lexicon.tag(told)
    assert [(e.id, e.sentence_id, e.event_type, e.trigger, e.score) for e in found.text_events] == [
        ("t1", "D_0", DIE, Span(1, 2), 1.0),
        ("t2", "D_1", ATTACK, Span(3, 4), 0.5),
        ("t3", "D_1", DIE, Span(5, 6), 1.0),
    ]
    assert found.sentences == ()


def test_a_lexicon_is_one_file(tmp_path: Path) -> None:
    lexicon = learn_lexicon([COMPLETE])
    lexicon.write(tmp_path / "lexicon.json")
    assert read_lexicon(tmp_path / "lexicon.json") == lexicon
    (tmp_path / "lexicon.json").write_text(
        '{"words":{"a":{"event_type":"x","triggers":1,"seen":0}}}'
    )
    with pytest.raises(RmplError, match="never seen"):
        read_lexicon(tmp_path / "lexicon.json")
