"""Documents in groups to work on together: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rmpl.records import Document

PROMPTS = 256
"""Sentences and pictures of a group: many batches of them, and few enough to wait for."""

T = TypeVar("T")


def chunks(
    items: Iterable[T], document: Callable[[T], Document], prompts: int | None = None
) -> Iterator[list[T]]:
    """Yield items in groups, each as soon as it has so many sentences and pictures.

    Parameters
    ----------
    items
        Documents, or what holds one.
    document
        Returns an item's document.
    prompts
        How many a group has at least, but for the last; ``PROMPTS`` by default.
    """
    least = PROMPTS if prompts is None else prompts
    group: list[T] = []
    size = 0
    for item in items:
        group.append(item)
        one = document(item)
        size += len(one.sentences) + len(one.images)
        if size >= least:
            yield group
            group, size = [], 0
    if group:
        yield group
