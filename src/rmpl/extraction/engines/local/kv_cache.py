"""A KV cache with spare room for changing rows.

transformers' own cache copies all its contents for every new token; this one has spare columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

SPARE_COLUMNS = 32
"""Columns left free when memory is allocated."""


class SpareLayer(DynamicLayer):  # type: ignore[misc]
    """One layer's keys and values, shape (rows, heads, columns, width), with spare columns.

    All columns are stored, also in layers with a sliding window, which is applied by their masks.
    """

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append columns, shape (rows, heads, new columns, width); return all keys and values."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
            self._allocated = (self.keys, self.values)
        start, end = self.keys.shape[2], self.keys.shape[2] + key_states.shape[2]
        if end > self._allocated[0].shape[2]:
            self.store(self.keys, self.values, end - start)
        for memory, states in zip(self._allocated, (key_states, value_states), strict=True):
            memory[:, :, start:end] = states
        self.keys, self.values = (memory[:, :, :end] for memory in self._allocated)
        return self.keys, self.values

    def store(self, keys: torch.Tensor, values: torch.Tensor, more: int) -> None:
        """Store a copy of these keys and values, with room for at least ``more`` columns."""
        if not self.is_initialized:
            self.lazy_initialization(keys, values)
        allocated = []
        for states in (keys, values):
            rows, heads, columns, width = states.shape
            memory = states.new_empty(rows, heads, columns + more + SPARE_COLUMNS, width)
            memory[:, :, :columns] = states
            allocated.append(memory)
        self._allocated = (allocated[0], allocated[1])
        columns = keys.shape[2]
        self.keys, self.values = allocated[0][:, :, :columns], allocated[1][:, :, :columns]


def new_cache() -> Any:
    """Return an empty KV cache for any number of layers."""
    return Cache(layer_class_to_replicate=SpareLayer)


def select_rows(cache: Any, rows: torch.Tensor, first: int = 0) -> Any:
    """Return a KV cache of some rows, shape (rows,), repeats allowed, from column ``first`` on."""
    selected = new_cache()
    for layer in cache.layers:
        chosen = SpareLayer()
        chosen.store(layer.keys[rows, :, first:], layer.values[rows, :, first:], 0)
        selected.layers.append(chosen)
    return selected


def concatenate_rows(caches: Sequence[Any]) -> Any:
    """Return one KV cache with the rows of several, all ending in the same column."""
    merged = new_cache()
    for layers in zip(*(cache.layers for cache in caches), strict=True):
        layer = SpareLayer()
        keys = left_padded([one.keys for one in layers], dim=2)
        layer.store(keys, left_padded([one.values for one in layers], dim=2), 0)
        merged.layers.append(layer)
    return merged


def left_padded(parts: Sequence[torch.Tensor], *, dim: int = -1, rows: int = 0) -> torch.Tensor:
    """Concatenate tensors along ``rows``, left-padded with zeros along ``dim`` to one length."""
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
