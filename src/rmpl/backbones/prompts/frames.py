"""The frame that a chat layout puts around a prompt's text, in tokens.

Laying out a whole prompt by the checkpoint's template takes a processor a millisecond, and its
picture another; the frame is the same for every text. Where it can be told apart from the text for
certain, a prompt is its frame with the text's own tokens in the middle.
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
    """A prompt's tokens, further rows of the same length, and all other inputs (the picture's)."""

    ids: list[int]
    rows: dict[str, list[int]]
    others: dict[str, Any]


def inputs_of(laid_out: Mapping[str, Any]) -> Inputs:
    """Tell a prompt's rows of tokens from what belongs to its picture."""
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
    """What stands around the text: tokens, further rows, and the inputs of the frame's picture."""

    before: list[int]
    after: list[int]
    rows_before: dict[str, list[int]]
    rows_inside: dict[str, int]
    rows_after: dict[str, list[int]]
    others: dict[str, Any]

    def around(self, text: list[int]) -> Inputs:
        """Return the inputs of the prompt with a text's tokens in the frame."""
        rows = {
            name: row + [self.rows_inside[name]] * len(text) + self.rows_after[name]
            for name, row in self.rows_before.items()
        }
        return Inputs(self.before + text + self.after, rows, self.others)

    def __len__(self) -> int:
        return len(self.before) + len(self.after)


def tokens_of(tokenizer: Any, text: str) -> list[int]:
    """Return a text's own tokens."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def find_frame(layout: Layout, tokenizer: Any) -> Frame | None:
    """Return the frame of a layout, ``None`` where a text's tokens may depend on it.

    They cannot where special tokens stand on both sides, or a line's end before: no tokenizer joins
    over those. (A line's end after would join with a full stop.) Texts must begin with a letter or
    digit, see ``is_framed``.
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
    """Whether a text's tokens are its own in every frame: it has no blanks at its ends."""
    return bool(text) and text[0].isalnum() and not text[-1].isspace()


def frame_of(whole: Inputs, text: list[int]) -> Frame | None:
    """Return what stands around a text in a prompt, ``None`` unless it is found there once."""
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
