"""Weak pairs: what is compared, what it comes to, and that it can be read back."""

import msgspec
import pytest

from rmpl.corpora.ace.jmee import read_jmee
from rmpl.corpora.registry import read_corpus
from rmpl.ontology import load_ontology
from rmpl.records import (
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.tasks import Context
from rmpl.tasks.boxes import RelativeBoxes
from rmpl.tasks.pairing import Pair, make_pairs, verdict
from rmpl.tasks.same_event import Compared, SameEvent

ATTACK = "Conflict:Attack"


def told(text: str, trigger: str, **arguments: str) -> Document:
    """A sentence of blank-separated words with one attack; arguments are given by their text."""
    words, tokens, at = text.split(), [], 0
    for word in words:
        tokens.append((at, at + len(word)))
        at += len(word) + 1

    def span(part: str) -> Span:
        start = text[: text.index(part)].count(" ")
        return Span(start, start + len(part.split()))

    found = tuple(TextArgument(role, span(part)) for role, part in arguments.items())
    event = TextEvent("t", "s", ATTACK, span(trigger), found)
    return Document("d", (Sentence("s", text, tuple(tokens)),), text_events=(event,))


def shown(name: str, caption: str, **glosses: str) -> Document:
    arguments = tuple(
        ImageArgument(role, Box(0, 0, 9, 9), gloss=gloss) for role, gloss in glosses.items()
    )
    event = ImageEvent(f"{name}-event", name, ATTACK, arguments, caption=caption)
    return Document(name, images=(Image(name, f"{name}.jpg", 9, 9),), image_events=(event,))


COAT = shown("coat", "man in a red coat hits worker", Attacker="man in a red coat", Target="worker")
DRESS = shown("dress", "woman hits guard", Attacker="woman", Target="guard")


def compared(text: Document, picture: Document, others=()):
    pairs = make_pairs([text, picture, *others], [ATTACK], {}, 1)
    (pair,) = (p for p in pairs if p.trigger is not None and p.image.id == picture.id)
    words = pair.sentence.words()
    looks = {" ".join(words[look.span.start : look.span.end]): seen for look, seen in pair.compared}
    return looks, verdict(pair)


def test_looks_are_compared_role_by_role():
    text = told("Bo Li , a man in a red coat , attacked a worker", "attacked", Attacker="Bo Li")
    assert compared(text, COAT) == ({"man in a red coat": "man in a red coat"}, True)
    text = told(
        "Bo Li , a man in a red coat , attacked a guard",
        "attacked",
        Attacker="Bo Li",
        Target="guard",
    )
    # Of the pictures that differ, as many are kept as of those that agree: here one.
    agreeing = shown("other", "man in a red coat hits guard", Target="guard")
    assert compared(text, COAT, [agreeing, DRESS][:1]) == (
        {"man in a red coat": "man in a red coat", "guard": "worker"},
        False,
    )


def test_a_look_in_another_role_is_another_event():
    text = told("a worker attacked the woman", "attacked", Attacker="worker")
    agreeing = shown("other", "worker hits man", Attacker="worker")
    assert compared(text, COAT, [agreeing]) == ({"worker": "man in a red coat"}, False)


def test_every_target_can_be_read_back(small_world):
    context = Context(load_ontology(), RelativeBoxes(step=20), "brief", " ")
    documents = [
        *read_jmee(small_world / "ace" / "train.json"),
        *read_corpus("swig", small_world / "swig", split="train"),
    ]
    task = SameEvent(context)
    pairs = list(task.pairs(documents, {}))
    verdicts = [verdict(pair) for pair in pairs]
    assert min(verdicts.count(True), verdicts.count(False)) > 0.2 * len(verdicts)
    for pair in pairs:
        answer = task.read(task.target(pair), pair)
        assert answer.failure is None
        assert (all(one.is_same for one in answer.items) if answer.items else None) == verdict(pair)
        # What is copied must be there to be copied.
        assert all(one.seen.strip() in (pair.caption or "") for one in answer.items)
    assert [task.sample(p) for p in task.pairs(documents, {})] == [task.sample(p) for p in pairs]


def test_the_prompt_says_what_the_model_itself_sees():
    text = told("a worker attacked the woman", "attacked", Attacker="worker")
    agreeing = shown("other", "worker hits man", Attacker="worker")
    task = SameEvent(Context(load_ontology(), RelativeBoxes(), "brief"))
    (pair, *_) = task.pairs([text, agreeing], {"other": "a dog waits"})
    assert "a dog waits" in task.sample(pair).prompt.text
    assert "a worker [attacked] the woman" in task.sample(pair).prompt.text


HIT = Sentence("s", "a man hit him", ((0, 1), (2, 5), (6, 9), (10, 13)))
PAIR = Pair("t+p", ATTACK, HIT, Span(2, 3), Image("p", "p.jpg", 9, 9), "a dog waits")


@pytest.mark.parametrize("answer", ['[{"span":"man","seen":"m', "yes", ""])
def test_a_broken_answer_is_a_failure(answer):
    task = SameEvent(Context(load_ontology(), RelativeBoxes(), "brief"))
    assert task.read(answer, PAIR).failure is not None
    read = task.read('[{"span":" Man","seen":" man"},{"span":"men","seen":"man"}]', PAIR).items
    assert read == [Compared(span=" Man", seen=" man"), Compared(span="men", seen="man")]
    assert [one.is_same for one in read] == [True, False]


@pytest.fixture(scope="module")
def documents(small_world):
    return [
        *read_jmee(small_world / "ace" / "train.json"),
        *read_corpus("swig", small_world / "swig", split="train"),
    ]


def test_with_both_directions_every_pair_is_learnt_in_one_of_them_by_its_id(documents):
    def samples(directions):
        boxes = RelativeBoxes(step=20)
        context = Context(load_ontology(), boxes, "brief", " ", link_directions=directions)
        return list(SameEvent(context).samples(documents))

    one, both = samples("one"), samples("both")
    assert [sample.id for sample in one] == [sample.id for sample in both]
    assert {sample.task for sample in both} == {"same-event"}
    turned = [sample for sample in both if sample.prompt.text.startswith("same-event-shown: ")]
    assert 0.4 * len(both) < len(turned) < 0.6 * len(both)
    ids = {sample.id for sample in turned}
    assert [a for a in both if a.id not in ids] == [a for a in one if a.id not in ids]
    assert len(turned) == sum(sample.id in ids for sample in both)
    assert samples("both") == both


def test_the_other_direction_says_the_same_with_the_picture_first(documents):
    context = Context(load_ontology(), RelativeBoxes(step=20), "brief", " ")
    task = SameEvent(context)
    several = 0
    for pair in task.pairs(documents, {}):
        turned = pair._replace(shown_first=True)
        one, other = task.sample(pair), task.sample(turned)
        head, *lines = one.prompt.text.splitlines()
        assert other.prompt.text.splitlines()[1:] == lines[::-1]
        assert other.prompt.text.splitlines()[0].partition(": ")[2] == head.partition(": ")[2]
        answer = task.read(other.target, turned)
        assert answer.failure is None
        told = task.read(one.target, pair).items
        assert sorted(map(repr, answer.items)) == sorted(map(repr, told))
        assert all(other.target[a:].startswith('{"seen":') for a, _ in answer.places)
        caption = pair.caption or ""
        places = [caption.index(item.seen.strip()) for item in answer.items]
        assert places == sorted(places)
        several += len(places) > 1
    assert several


@pytest.mark.parametrize("shown_first", [False, True])
def test_a_full_prompt_says_which_line_is_which(shown_first):
    task = SameEvent(Context(load_ontology(), RelativeBoxes()))
    lines = task.ask(PAIR._replace(shown_first=shown_first)).text.splitlines()
    marked, caption = lines.index("a man [hit] him"), lines.index("a dog waits")
    assert (caption < marked) == shown_first
    assert ("last line says" in lines[0]) != shown_first


def test_links_of_own_documents_come_before_what_words_suggest():
    """A linked pair is asked about; an unlinked one of its document is no positive."""
    text = told("Bo Li , a man in a red coat , attacked a worker", "attacked", Attacker="Bo Li")
    seen, other = COAT, shown("hat", "man in a red coat waves", Attacker="man in a red coat")
    own = msgspec.structs.replace(
        text,
        images=(*seen.images, *other.images),
        image_events=(*seen.image_events, *other.image_events),
    )
    linked = msgspec.structs.replace(own, links=(Link("t", "hat-event"),))

    def asked(document: Document) -> dict[str, bool | None]:
        pairs = make_pairs([document], [ATTACK], {}, 1)
        return {pair.image.id: verdict(pair) for pair in pairs if pair.trigger is not None}

    assert asked(own) == {"coat": True, "hat": True}
    assert asked(linked) == {"hat": True}
    bare = shown("bare", "somebody").image_events[0]
    image = Image("bare", "bare.jpg", 9, 9)
    silent = msgspec.structs.replace(
        text, images=(image,), image_events=(bare,), links=(Link("t", bare.id),)
    )
    assert asked(silent) == {"bare": None}
    both = msgspec.structs.replace(
        text,
        images=(*COAT.images, *DRESS.images),
        image_events=(*COAT.image_events, *DRESS.image_events),
    )
    assert asked(both) == {"coat": True, "dress": False}
    contradicted = msgspec.structs.replace(both, links=(Link("t", "dress-event"),))
    assert asked(contradicted) == {}  # the words would teach that it is another event
