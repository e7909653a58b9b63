"""Overlap of boxes, and one-to-one matchings between predictions and gold.

Boxes are continuous rectangles: width is ``x2 - x1``, without the "+ 1" of pixel-counting scorers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rmpl.records import Box


def iou(a: Box, b: Box) -> float:
    """Return intersection over union of two boxes, 0 if either has no area.

    Corners may be in any order.
    """
    ax1, ay1, ax2, ay2 = a.x1, a.y1, a.x2, a.y2
    bx1, by1, bx2, by2 = b.x1, b.y1, b.x2, b.y2
    if ax1 > ax2 or ay1 > ay2 or bx1 > bx2 or by1 > by2:
        return iou(_upright(a), _upright(b))
    # Comparisons instead of min and max: this is the innermost loop of all scores.
    width = (ax2 if ax2 < bx2 else bx2) - (ax1 if ax1 > bx1 else bx1)  # noqa: FURB136
    if width <= 0:
        return 0.0
    height = (ay2 if ay2 < by2 else by2) - (ay1 if ay1 > by1 else by1)  # noqa: FURB136
    if height <= 0:
        return 0.0
    shared = width * height
    return shared / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared)


def share_inside(inner: Box, outer: Box) -> float:
    """Return the share of ``inner``'s area that lies in ``outer``, 0 if ``inner`` has none."""
    a, b = _upright(inner), _upright(outer)
    area = (a.x2 - a.x1) * (a.y2 - a.y1)
    width, height = min(a.x2, b.x2) - max(a.x1, b.x1), min(a.y2, b.y2) - max(a.y1, b.y1)
    return width * height / area if area > 0 and width > 0 and height > 0 else 0.0


def _upright(box: Box) -> Box:
    """Return the box with its corners in order."""
    return Box(min(box.x1, box.x2), min(box.y1, box.y2), max(box.x1, box.x2), max(box.y1, box.y2))


def maximum_matching(
    n_left: int, n_right: int, compatible: Callable[[int, int], bool]
) -> list[int | None]:
    """Match as many left items as possible to right items, each at most once.

    Kuhn's algorithm of augmenting paths; the sets are small (the boxes of one role in an image).

    Returns
    -------
    list
        For each left item the index of its right partner, or ``None``.
    """
    edges = [[r for r in range(n_right) if compatible(left, r)] for left in range(n_left)]
    partner_of_right: list[int | None] = [None] * n_right

    def augment(left: int, visited: set[int]) -> bool:
        for right in edges[left]:
            if right in visited:
                continue
            visited.add(right)
            holder = partner_of_right[right]
            if holder is None or augment(holder, visited):
                partner_of_right[right] = left
                return True
        return False

    for left in range(n_left):
        augment(left, set())
    partner_of_left: list[int | None] = [None] * n_left
    for right, holder in enumerate(partner_of_right):
        if holder is not None:
            partner_of_left[holder] = right
    return partner_of_left


def best_assignment(weights: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Pair rows with columns, each at most once, to maximise the total weight.

    Hungarian algorithm with potentials, O(rows² columns).

    Parameters
    ----------
    weights
        One row per gold item, one column per prediction; weights >= 0.

    Returns
    -------
    list of (row, column)
        ``min(rows, columns)`` pairs, by row.
    """
    n_rows, n_columns = len(weights), len(weights[0]) if weights else 0
    if n_rows > n_columns:
        transposed = [list(column) for column in zip(*weights, strict=True)]
        return sorted((row, column) for column, row in best_assignment(transposed))
    row_of_column = [-1] * n_columns
    row_potential, column_potential = [0] * n_rows, [0] * n_columns
    for new_row in range(n_rows):
        _assign_row(new_row, weights, row_of_column, row_potential, column_potential)
    return sorted((row, column) for column, row in enumerate(row_of_column) if row >= 0)


def _assign_row(
    new_row: int,
    weights: Sequence[Sequence[int]],
    row_of_column: list[int],
    row_potential: list[int],
    column_potential: list[int],
) -> None:
    """Extend the assignment by one row along the cheapest path (costs are negated weights)."""
    n_columns = len(row_of_column)
    slack: list[float] = [float("inf")] * n_columns
    came_from = [-1] * n_columns
    visited: list[int] = []
    row, column = new_row, -1
    while True:
        for j in range(n_columns):
            if j in visited:
                continue
            reduced = -weights[row][j] - row_potential[row] - column_potential[j]
            if reduced < slack[j]:
                slack[j], came_from[j] = reduced, column
        nearest = min((j for j in range(n_columns) if j not in visited), key=slack.__getitem__)
        step = int(slack[nearest])
        row_potential[new_row] += step
        for j in range(n_columns):
            if j in visited:
                row_potential[row_of_column[j]] += step
                column_potential[j] -= step
            else:
                slack[j] -= step
        visited.append(nearest)
        column = nearest
        if row_of_column[column] < 0:
            break
        row = row_of_column[column]
    while column >= 0:
        previous = came_from[column]
        row_of_column[column] = new_row if previous < 0 else row_of_column[previous]
        column = previous
