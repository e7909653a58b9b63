"""What holds for any gold and any prediction."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import given as given_by_hypothesis
from hypothesis import strategies as st

from rmpl.records import (
    Box,
    Document,
    ImageArgument,
    ImageEvent,
    Link,
    Span,
    TextArgument,
    TextEvent,
)
from rmpl.scoring import Counts, score, score_by_document
from rmpl.scoring.analysis import NONE, analyse
from rmpl.scoring.arguments import match_boxes
from rmpl.scoring.judgements import judge
from rmpl.scoring.matching import best_assignment, iou, maximum_matching
from rmpl.scoring.protocols import PROTOCOLS

# A loaded machine must not fail a test: how long a case takes says nothing about what it asserts.
UNTIMED = settings(suppress_health_check=[HealthCheck.too_slow])


def given(*strategies, **named):
    return lambda test: UNTIMED(given_by_hypothesis(*strategies, **named)(test))


Pair = tuple[Document, Document]
TYPES = ("Conflict:Attack", "Life:Die")
ROLES = ("Target", "Attacker", "Victim")

spans = st.builds(
    lambda start, length: Span(start, start + length), st.integers(0, 3), st.integers(1, 2)
)
boxes = st.builds(
    lambda x, y, width, height: Box(x, y, x + width, y + height),
    *(st.integers(0, 4) for _ in range(2)),
    *(st.integers(1, 4) for _ in range(2)),
)
roles = st.sampled_from(ROLES)
types = st.sampled_from(TYPES)
text_arguments = st.lists(st.builds(TextArgument, roles, spans), max_size=3).map(tuple)
image_arguments = st.lists(st.builds(ImageArgument, roles, boxes), max_size=4).map(tuple)


@st.composite
def documents(draw: st.DrawFn, doc_id: str = "D") -> Document:
    text = [
        TextEvent(
            f"t{i}",
            f"{doc_id}_{draw(st.integers(0, 1))}",
            draw(types),
            draw(spans),
            draw(text_arguments),
        )
        for i in range(draw(st.integers(0, 4)))
    ]
    image = [
        ImageEvent(
            f"i{i}", f"{doc_id}_{draw(st.integers(0, 1))}", draw(types), draw(image_arguments)
        )
        for i in range(draw(st.integers(0, 3)))
    ]
    links = []
    if text and image:
        pairs = st.tuples(st.sampled_from(text), st.sampled_from(image))
        links = [Link(t.id, i.id) for t, i in draw(st.lists(pairs, max_size=3))]
    return Document(doc_id, text_events=tuple(text), image_events=tuple(image), links=tuple(links))


@st.composite
def gold_and_predicted(draw: st.DrawFn, doc_id: str = "D") -> tuple[Document, Document]:
    gold = draw(documents(doc_id))
    # Half of the time the prediction starts from the gold, so that right items are common.
    predicted = gold if draw(st.booleans()) and draw(st.booleans()) else draw(documents(doc_id))
    return gold, predicted


corpora = st.lists(st.integers(), min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.tuples(*(gold_and_predicted(f"D{name}") for name in names))
)


SHARDABLE = [name for name in PROTOCOLS if name != "gold-entities"]


def strict(gold: Document, predicted: Document) -> dict[str, Counts]:
    return score([gold], [predicted])


@given(corpora, st.randoms(use_true_random=False))
def test_strict_does_not_depend_on_any_order(pairs: tuple[Pair, ...], random) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    assert score(_shuffled(gold, random), _shuffled(predicted, random)) == score(gold, predicted)


def _shuffled(documents: list[Document], random) -> list[Document]:
    def mix(items: tuple) -> tuple:
        return tuple(random.sample(items, len(items)))

    def mix_arguments(events: tuple) -> tuple:
        return mix(tuple(msgspec.structs.replace(e, arguments=mix(e.arguments)) for e in events))

    return list(
        mix(
            tuple(
                msgspec.structs.replace(
                    document,
                    text_events=mix_arguments(document.text_events),
                    image_events=mix_arguments(document.image_events),
                    links=mix(document.links),
                )
                for document in documents
            )
        )
    )


@given(gold_and_predicted(), st.sampled_from(["text", "image", "link"]))
def test_a_wrong_prediction_never_raises_precision_or_f1(pair: Pair, what: str) -> None:
    gold, predicted = pair
    wrong = _with_wrong(predicted, what)
    for task, counts in strict(gold, wrong).items():
        before = strict(gold, predicted)[task]
        assert counts.p <= before.p
        assert counts.f1 <= before.f1


def _with_wrong(predicted: Document, what: str) -> Document:
    text = TextEvent("wrong", "D_0", "Contact:Meet", Span(0, 1))
    image = ImageEvent("wrong", "D_0", "Contact:Meet")
    if what == "text":
        return msgspec.structs.replace(predicted, text_events=(*predicted.text_events, text))
    if what == "image":
        return msgspec.structs.replace(predicted, image_events=(*predicted.image_events, image))
    return msgspec.structs.replace(
        predicted,
        text_events=(*predicted.text_events, text),
        image_events=(*predicted.image_events, image),
        links=(*predicted.links, Link("wrong", "wrong")),
    )


@given(gold_and_predicted(), st.data())
def test_a_right_prediction_never_lowers_recall(pair: Pair, data) -> None:
    gold, predicted = pair
    better = predicted
    if gold.text_events:
        event = data.draw(st.sampled_from(gold.text_events))
        right = msgspec.structs.replace(event, id="right")
        better = msgspec.structs.replace(better, text_events=(*better.text_events, right))
    if gold.links:
        link = data.draw(st.sampled_from(gold.links))
        text = next(e for e in gold.text_events if e.id == link.text)
        image = next(e for e in gold.image_events if e.id == link.image)
        better = msgspec.structs.replace(
            better,
            text_events=(*better.text_events, msgspec.structs.replace(text, id="linked")),
            image_events=(*better.image_events, msgspec.structs.replace(image, id="linked")),
            links=(*better.links, Link("linked", "linked")),
        )
    before = strict(gold, predicted)
    for task, counts in strict(gold, better).items():
        assert counts.r >= before[task].r


@given(gold_and_predicted())
def test_gold_as_prediction_is_perfect(pair: Pair) -> None:
    gold, _ = pair
    for counts in strict(gold, gold).values():
        assert counts.tp == counts.n_pred == counts.n_gold


@given(gold_and_predicted())
def test_strict_finds_no_more_than_there_is(pair: Pair) -> None:
    for counts in strict(*pair).values():
        assert counts.tp <= min(counts.n_pred, counts.n_gold)


arguments = st.lists(st.builds(ImageArgument, roles, boxes), max_size=4)


@given(arguments, arguments)
def test_box_matching_equals_brute_force(gold: list, predicted: list) -> None:
    found = match_boxes(gold, predicted)
    used = [j for j in found if j is not None]
    assert len(used) == len(set(used))
    for a, j in zip(predicted, found, strict=True):
        assert j is None or (a.role == gold[j].role and iou(a.box, gold[j].box) >= 0.5)
    padded = [*range(len(gold)), *[None] * len(predicted)]
    best = max(
        sum(
            j is not None and a.role == gold[j].role and iou(a.box, gold[j].box) >= 0.5
            for a, j in zip(predicted, order, strict=False)
        )
        for order in itertools.permutations(padded, len(predicted))
    )
    assert len(used) == best


@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_assignment_is_the_heaviest(weights: list[list[int]]) -> None:
    pairs = best_assignment(weights)
    assert len(pairs) == min(len(weights), 3)
    rows, columns = zip(*pairs, strict=True)
    assert len(set(rows)) == len(set(columns)) == len(pairs)
    few, many = sorted((len(weights), 3))
    heaviest = max(
        sum(weights[i][j] if len(weights) <= 3 else weights[j][i] for i, j in enumerate(order))
        for order in itertools.permutations(range(many), few)
    )
    assert sum(weights[i][j] for i, j in pairs) == heaviest


@given(
    st.integers(0, 4), st.integers(0, 4), st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)))
)
def test_the_matching_is_the_largest_along_edges(left: int, right: int, edges: set) -> None:
    found = maximum_matching(left, right, lambda i, j: (i, j) in edges)
    pairs = [(i, j) for i, j in enumerate(found) if j is not None]
    assert set(pairs) <= edges
    assert len({j for _, j in pairs}) == len(pairs)
    padded = [*range(right), *[None] * left]
    assert len(pairs) == max(
        sum((i, j) in edges for i, j in enumerate(order))
        for order in itertools.permutations(padded, left)
    )


@given(
    corpora,
    st.sampled_from([name for name in PROTOCOLS if name != "gold-entities"]),
    st.integers(0, 4),
)
def test_scoring_in_shards_equals_scoring_at_once(
    pairs: tuple[Pair, ...], protocol: str, cut: int
) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    whole = score_by_document(gold, predicted, [protocol])[protocol]
    shards = [
        score_by_document(gold, part, [protocol])[protocol]
        for part in (predicted[:cut], predicted[cut:])
    ]
    assert (shards[0] + shards[1]).total() == whole.total()
    apart = [
        score_by_document(part[0], part[1], [protocol])[protocol]
        for part in ((gold[:cut], predicted[:cut]), (gold[cut:], predicted[cut:]))
    ]
    assert (apart[0] + apart[1]).total() == whole.total()


@given(corpora)
def test_error_categories_sum_to_the_errors(pairs: tuple[Pair, ...]) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    totals = score(gold, predicted)
    analysis = analyse(gold, predicted)
    for task, counts in totals.items():
        errors = analysis.errors[task]
        categories = errors.categories.values()
        assert sum(c.predicted for c in categories) == counts.n_pred - counts.tp
        assert sum(c.gold for c in categories) == counts.n_gold - counts.tp
        by_type = analysis.by_type[task].values()
        for name in ("tp", "n_pred", "n_gold"):
            assert sum(each[name] for each in by_type) == getattr(counts, name)
            assert getattr(errors, name) == getattr(counts, name)
        if task.endswith("_are"):
            by_role = analysis.by_role[task].values()
            assert sum(each["tp"] for each in by_role) == counts.tp
        if task in ("text_emi", "image_emi"):
            _check_confusion(analysis.confusion[task], counts)
    assert sum(analysis.overlaps[5:]) == totals["image_are"].tp


def _check_confusion(confusion: dict[str, dict[str, int]], counts: Counts) -> None:
    """Check that the diagonal is what is right, and that rows and columns sum to both sides."""
    cells = [(row, column, n) for row, each in confusion.items() for column, n in each.items()]
    assert sum(n for row, column, n in cells if row == column) == counts.tp
    assert sum(n for row, _, n in cells if row != NONE) == counts.n_gold
    assert sum(n for _, column, n in cells if column != NONE) == counts.n_pred


@given(corpora, st.randoms(use_true_random=False))
def test_errors_do_not_depend_on_any_order(pairs: tuple[Pair, ...], random) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    shuffled = analyse(_shuffled(gold, random), _shuffled(predicted, random), examples=0)
    assert shuffled == analyse(gold, predicted, examples=0)


@given(gold_and_predicted())
def test_every_item_is_judged_exactly_once(pair: Pair) -> None:
    gold, predicted = pair
    judged = judge(gold, predicted)
    for document, side in ((gold, "gold"), (predicted, "predicted")):

        def items(judged: tuple, side: str = side) -> list:
            return [item for one in judged if (item := getattr(one, side)) is not None]

        assert sorted(e.id for e in items(judged.text)) == [e.id for e in document.text_events]
        assert sorted(e.id for e in items(judged.image)) == [e.id for e in document.image_events]
        links = [linked.link for linked in items(judged.links)]
        assert sorted((x.text, x.image) for x in links) == sorted(
            (x.text, x.image) for x in document.links
        )
        for mentions, events in (
            (judged.text, document.text_events),
            (judged.image, document.image_events),
        ):
            found = [a for mention in mentions for a in items(mention.arguments)]
            wanted = [a for event in events for a in event.arguments]
            assert sorted(map(repr, found)) == sorted(map(repr, wanted))


@given(gold_and_predicted())
def test_counts_add_up_like_numbers(pair: Pair) -> None:
    counts = list(strict(*pair).values())
    total = sum(counts, Counts())
    assert (total.tp, total.n_pred, total.n_gold) == tuple(
        sum(getattr(c, name) for c in counts) for name in ("tp", "n_pred", "n_gold")
    )
