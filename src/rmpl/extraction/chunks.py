"""Documents in groups to work on together: memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rmpl.records import Document

PROMPTS = 256
"""Sentences and pictures of a group: many batches of them, and few enough to wait for."""

T = TypeVar("T")


def chunks(items: Iterable[T], document: Callable[[T], Document]) -> Iterator[list[T]]:
    """Yield items in groups, each as soon as it has ``PROMPTS`` sentences and pictures.

    Parameters
    ----------
    items
        Documents, or what holds one.
    document
        Returns an item's document.
    """
    group: list[T] = []
    prompts = 0
    for item in items:
        group.append(item)
        one = document(item)
        prompts += len(one.sentences) + len(one.images)
        if prompts >= PROMPTS:
            yield group
            group, prompts = [], 0
    if group:
        yield group
