"""The tokens that a chat layout puts around a prompt's text: the prompt's frame.

Laying out a prompt with the checkpoint's template takes about a millisecond, its image another;
the frame is the same for every text. Where frame and text can be separated reliably, a prompt is
its frame with the text's own tokens in the middle.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

PROBE = "Who did what to whom?"
_OTHER = "1 man\nran."
_TOKENS = frozenset({"input_ids", "attention_mask"})

Layout = Callable[[str], Mapping[str, Any]]
"""Lays a text out as the model's inputs, tensors of a batch of one."""


@dataclasses.dataclass(frozen=True)
class Inputs:
    """A prompt's tokens, further rows of the same length, and all other inputs (the image's)."""

    ids: list[int]
    rows: dict[str, list[int]]
    others: dict[str, Any]


def inputs_of(laid_out: Mapping[str, Any]) -> Inputs:
    """Separate a prompt's rows of tokens from the inputs of its image."""
    ids = laid_out["input_ids"][0].tolist()
    rows = {
        name: value[0].tolist()
        for name, value in laid_out.items()
        if name not in _TOKENS and value.dim() == 2 and value.shape == (1, len(ids))
    }
    others = {
        name: value for name, value in laid_out.items() if name not in _TOKENS and name not in rows
    }
    return Inputs(ids, rows, others)


@dataclasses.dataclass(frozen=True)
class Frame:
    """Everything around a prompt's text: tokens, further rows, and the inputs of its image."""

    before: list[int]
    after: list[int]
    rows_before: dict[str, list[int]]
    rows_inside: dict[str, int]
    rows_after: dict[str, list[int]]
    others: dict[str, Any]

    def around(self, text: list[int]) -> Inputs:
        """Return the inputs of a prompt: the frame with a text's tokens inserted."""
        rows = {
            name: row + [self.rows_inside[name]] * len(text) + self.rows_after[name]
            for name, row in self.rows_before.items()
        }
        return Inputs(self.before + text + self.after, rows, self.others)

    def __len__(self) -> int:
        return len(self.before) + len(self.after)


def tokens_of(tokenizer: Any, text: str) -> list[int]:
    """Tokenise a text on its own, without special tokens."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def find_frame(layout: Layout, tokenizer: Any) -> Frame | None:
    """Return the frame of a layout, ``None`` where a text's tokens may depend on it.

    They do not if there are special tokens on both sides, or a line break before: no tokenizer
    merges across those. (A line break after the text would merge with a full stop.) Texts must
    start with a letter or digit, see ``is_framed``.
    """
    frame = frame_of(inputs_of(layout(PROBE)), tokens_of(tokenizer, PROBE))
    if frame is None or not frame.after:
        return None
    special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    opens = not frame.before or frame.before[-1] in special
    opens = opens or tokenizer.decode(frame.before[-1:]) == "\n"
    if not opens or frame.after[0] not in special:
        return None
    other = inputs_of(layout(_OTHER))
    made = frame.around(tokens_of(tokenizer, _OTHER))
    return frame if (made.ids, made.rows) == (other.ids, other.rows) else None


def is_framed(text: str) -> bool:
    """Whether a text's tokens are the same in every frame: it has no whitespace at its ends."""
    return bool(text) and text[0].isalnum() and not text[-1].isspace()


def frame_of(whole: Inputs, text: list[int]) -> Frame | None:
    """Return the frame of a text in a prompt, ``None`` unless the text occurs exactly once."""
    places = [
        start
        for start in range(len(whole.ids) - len(text) + 1)
        if whole.ids[start : start + len(text)] == text
    ]
    if len(places) != 1:
        return None
    start, end = places[0], places[0] + len(text)
    inside = {name: set(row[start:end]) for name, row in whole.rows.items()}
    if any(len(values) != 1 for values in inside.values()):
        return None
    return Frame(
        whole.ids[:start],
        whole.ids[end:],
        {name: row[:start] for name, row in whole.rows.items()},
        {name: values.pop() for name, values in inside.items()},
        {name: row[end:] for name, row in whole.rows.items()},
        whole.others,
    )
