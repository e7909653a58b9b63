"""Documents in groups that are processed together, so that memory stays constant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rmpl.records import Document

PROMPTS = 256
"""Sentences and images per group: many batches, yet a short wait for results."""

FIRST = 32
"""The same for the first group of an extraction, which doubles from group to group: first results
come soon, and a command that is interrupted early has written some."""

T = TypeVar("T")


def chunks(
    items: Iterable[T],
    document: Callable[[T], Document],
    prompts: int | None = None,
    first: int | None = None,
) -> Iterator[list[T]]:
    """Yield items in groups, each as soon as it has enough sentences and images.

    Parameters
    ----------
    items
        Documents, or objects that hold one.
    document
        Returns an item's document.
    prompts
        The minimum number of sentences and images per group, except the last; default ``PROMPTS``.
    first
        The same for the first group, doubled from group to group up to ``prompts``.
    """
    most = PROMPTS if prompts is None else prompts
    least = most if first is None else min(first, most)
    group: list[T] = []
    size = 0
    for item in items:
        group.append(item)
        one = document(item)
        size += len(one.sentences) + len(one.images)
        if size >= least:
            yield group
            group, size, least = [], 0, min(2 * least, most)
    if group:
        yield group
