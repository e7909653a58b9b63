"""Keys and values of a batch whose rows come and go.

transformers' own cache copies all it holds for every new token; this one leaves room.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

ROOM = 32
"""Columns left free when memory is taken anew."""


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, shape (rows, heads, columns, width), with columns to spare.

    Every column is kept, also in layers that look back through a sliding window: their masks
    see to that.
    """

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add columns and return all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
            self._room = (self.keys, self.values)
        begin, end = self.keys.shape[2], self.keys.shape[2] + key_states.shape[2]
        if end > self._room[0].shape[2]:
            self.take(self.keys, self.values, end - begin)
        for room, states in zip(self._room, (key_states, value_states), strict=True):
            room[:, :, begin:end] = states
        self.keys, self.values = (room[:, :, :end] for room in self._room)
        return self.keys, self.values

    def take(self, keys: torch.Tensor, values: torch.Tensor, more: int) -> None:
        """Hold these keys and values, with room for ``more`` columns at least."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        rooms = []
        for held in (keys, values):
            rows, heads, columns, width = held.shape
            room = held.new_empty(rows, heads, columns + more + ROOM, width)
            room[:, :, :columns] = held
            rooms.append(room)
        self._room = (rooms[0], rooms[1])
        columns = keys.shape[2]
        self.keys, self.values = rooms[0][:, :, :columns], rooms[1][:, :, :columns]


def new_cache() -> Any:
    """Return an empty cache for any number of layers."""
    return Cache(layer_class_to_replicate=RoomyLayer)


def selected(cache: Any, rows: torch.Tensor, first: int = 0) -> Any:
    """Return a cache of some rows, in that order and as often, from column ``first`` on."""
    chosen = new_cache()
    for layer in cache.layers:
        kept = RoomyLayer()
        kept.take(layer.keys[rows, :, first:], layer.values[rows, :, first:], 0)
        chosen.layers.append(kept)
    return chosen


def joined(caches: Sequence[Any]) -> Any:
    """Return the rows of several caches under each other, all ending in the same column."""
    merged = new_cache()
    for layers in zip(*(cache.layers for cache in caches), strict=True):
        layer = RoomyLayer()
        keys = under_each_other([one.keys for one in layers], dim=2)
        layer.take(keys, under_each_other([one.values for one in layers], dim=2), 0)
        merged.layers.append(layer)
    return merged


def under_each_other(
    parts: Sequence[torch.Tensor], *, dim: int = -1, rows: int = 0
) -> torch.Tensor:
    """Join tensors along ``rows``, filled with zeros at the beginning of ``dim`` to one length."""
    length = max(part.shape[dim] for part in parts)
    padded = []
    for part in parts:
        gap = length - part.shape[dim]
        if gap:
            shape = list(part.shape)
            shape[dim] = gap
            part = torch.cat([part.new_zeros(shape), part], dim=dim)  # noqa: PLW2901
        padded.append(part)
    return torch.cat(padded, dim=rows)
