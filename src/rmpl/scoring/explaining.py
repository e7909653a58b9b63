"""Pairing predictions with gold items: correct ones first, then near misses by category.

Each item is paired at most once, in the first step that fits; the rest is spurious or missed. The
pairing does not depend on the order of items in the documents.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any

import msgspec

from rmpl.records import ImageArgument
from rmpl.scoring.arguments import IOU_THRESHOLD, box_order, match_boxes
from rmpl.scoring.matching import iou, maximum_matching
from rmpl.scoring.verdicts import Item, Judged, Verdict

Near = tuple[Verdict, Callable[[Item, Item], bool]]
"""A category, and a predicate of a prediction (first) and a gold item (second)."""

Copies = Callable[[Sequence[Item], Sequence[Item]], list[tuple[int, int]]]
"""How gold items (first) and predictions of one key are paired: indices (gold, predicted)."""

Order = Callable[[Item], Any]
"""A sort key of items; items of equal key must be interchangeable."""


def in_turn(gold: Sequence[Item], predicted: Sequence[Item]) -> list[tuple[int, int]]:
    """Pair equal items in order: any pairing of them is equivalent."""
    return [(i, i) for i in range(min(len(gold), len(predicted)))]


def explain(
    predicted: Sequence[Item],
    gold: Sequence[Item],
    *,
    key: Callable[[Item], Hashable],
    order: Order[Item],
    near: Sequence[Near[Item]] = (),
    copies: Copies[Item] = in_turn,
) -> list[Judged[Item]]:
    """Pair items of equal ``key`` as correct, then the rest by the steps of ``near``.

    A correct prediction whose gold item is already paired is a repeat; later steps do not pair it
    with another item.

    Returns
    -------
    list
        The gold items in order, then the unpaired predictions in order.
    """
    wanted = sorted(range(len(gold)), key=lambda i: order(gold[i]))
    left = sorted(range(len(predicted)), key=lambda j: order(predicted[j]))
    by_key: dict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in wanted:
        by_key[key(gold[i])][0].append(i)
    for j in left:
        by_key[key(predicted[j])][1].append(j)
    partners: dict[int, tuple[int, Verdict]] = {}
    repeats: set[int] = set()
    for same, found in by_key.values():
        if same and found:
            pairs = copies([gold[i] for i in same], [predicted[j] for j in found])
            partners |= {same[i]: (found[j], Verdict.RIGHT) for i, j in pairs}
            used = {j for _, j in pairs}
            repeats |= {each for j, each in enumerate(found) if j not in used}
    taken = repeats | {j for j, _ in partners.values()}
    for verdict, fits in near:
        left = [j for j in left if j not in taken]
        wanted = [i for i in wanted if i not in partners]
        matched = _most_pairs([predicted[j] for j in left], [gold[i] for i in wanted], fits)
        partners |= {wanted[b]: (left[a], verdict) for a, b in matched}
        taken |= {left[a] for a, _ in matched}
    return _listed(predicted, gold, partners, repeats)


def _most_pairs(
    predicted: Sequence[Item], gold: Sequence[Item], fits: Callable[[Item, Item], bool]
) -> list[tuple[int, int]]:
    """Find a maximum matching of predictions (first) and gold items (second)."""
    matched = maximum_matching(len(predicted), len(gold), lambda a, b: fits(predicted[a], gold[b]))
    return [(a, b) for a, b in enumerate(matched) if b is not None]


def _listed(
    predicted: Sequence[Item],
    gold: Sequence[Item],
    partners: Mapping[int, tuple[int, Verdict]],
    repeats: Collection[int],
) -> list[Judged[Item]]:
    """List every item once: gold items with their partners, then unpaired predictions."""
    judged: list[Judged[Item]] = []
    for i, item in enumerate(gold):
        if i in partners:
            j, verdict = partners[i]
            judged.append(Judged(verdict, predicted[j], item))
        else:
            judged.append(Judged(Verdict.MISSED, None, item))
    paired = {j for j, _ in partners.values()}
    for j, item in enumerate(predicted):
        if j not in paired:
            alone = Verdict.REPEATED if j in repeats else Verdict.SPURIOUS
            judged.append(Judged(alone, item, None))
    return judged


def explain_boxes(
    predicted: Sequence[ImageArgument], gold: Sequence[ImageArgument]
) -> list[Judged[ImageArgument]]:
    """Pair boxes: correct ones, boxes with a wrong role, and poor boxes with the correct role.

    Incorrect boxes are paired in order of decreasing overlap.
    """
    wanted = sorted(range(len(gold)), key=lambda i: box_order(gold[i]))
    found = sorted(range(len(predicted)), key=lambda j: box_order(predicted[j]))
    matched = match_boxes([gold[i] for i in wanted], [predicted[j] for j in found])
    partners = {
        wanted[i]: (j, Verdict.RIGHT) for j, i in zip(found, matched, strict=True) if i is not None
    }
    left = [j for j, i in zip(found, matched, strict=True) if i is None]
    repeats = [j for j in left if _is_found(predicted[j], gold)]
    taken = {j for j, _ in partners.values()} | set(repeats)
    for verdict, same_role, least in _BOX_STEPS:
        pairs = sorted(
            (-iou(predicted[j].box, gold[i].box), b, a)
            for a, j in enumerate(found)
            for b, i in enumerate(wanted)
            if j not in taken
            and i not in partners
            and (predicted[j].role == gold[i].role) is same_role
        )
        for overlap, b, a in pairs:
            i, j = wanted[b], found[a]
            if -overlap >= least and i not in partners and j not in taken:
                partners[i] = j, verdict
                taken.add(j)
    return [_with_overlap(one) for one in _listed(predicted, gold, partners, repeats)]


_BOX_STEPS = (
    (Verdict.WRONG_ROLE, False, IOU_THRESHOLD),
    (Verdict.POOR_BOX, True, 0.0),
)
"""A category, whether the role must be equal (or different), and the minimum IoU."""


def _is_found(argument: ImageArgument, gold: Sequence[ImageArgument]) -> bool:
    """Return whether a gold box of this role matches: then it is paired with another prediction."""
    return any(
        argument.role == other.role and iou(argument.box, other.box) >= IOU_THRESHOLD
        for other in gold
    )


def _with_overlap(judged: Judged[ImageArgument]) -> Judged[ImageArgument]:
    if judged.predicted is None or judged.gold is None:
        return judged
    overlap = iou(judged.predicted.box, judged.gold.box)
    return msgspec.structs.replace(judged, overlap=overlap)
