"""Checking whether an answer is grammatical, and repairing those that are not.

For answers of servers that do not constrain decoding. A repaired answer holds only what the model
wrote: whole items of a list are kept or dropped, nothing is added.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import msgspec
from llguidance import LLMatcher, LLTokenizer

from rmpl.errors import RmplError
from rmpl.tasks.grammars import Grammar

MAX_COMPILED = 256
"""The number of compiled grammars in the cache."""

_ORDERS = (("type", "role", "trigger", "span"), ("seen", "span"))
"""Orders of the first keys of an object; the second is for images compared with sentences."""
_LAST = ("nth", "seen", "args")
_NAMED = re.compile(r"<\|?\w+\|?>")
_OPENING = re.compile(r"```\w*")
_NONE = re.compile(r"\[\s*\]")
_EMPTY = ("[]", "no", "-")


@functools.cache
def _bytes() -> Any:
    return LLTokenizer("byte")


@functools.lru_cache(maxsize=MAX_COMPILED)
def _matcher(grammar: str) -> LLMatcher:
    matcher = LLMatcher(_bytes(), LLMatcher.grammar_from_lark(_spelt_out(grammar)), log_level=0)
    if matcher.is_error():
        raise RmplError(
            f"a grammar cannot be compiled ({matcher.get_error().splitlines()[0][:200]})",
            remedy="please report this",
        )
    return matcher


def _spelt_out(grammar: str) -> str:
    """Replace token names in a grammar's rule for boxes by the tokens' text."""
    return "\n".join(
        _NAMED.sub(lambda name: json.dumps(name[0]), line) if line.startswith("box: ") else line
        for line in grammar.split("\n")
    )


def is_grammatical(text: str, grammar: Grammar) -> bool:
    """Return whether a text is a complete sentence of a grammar.

    Raises
    ------
    RmplError
        If the grammar is invalid.
    """
    written = list(text.encode("utf-8", "replace"))
    matcher = _matcher(grammar.text).deep_copy()
    return bool(matcher.try_consume_tokens(written) == len(written) and matcher.is_accepting())


def repaired(text: str, grammar: Grammar) -> str | None:
    """Return the grammatical answer within a text, ``None`` if there is none.

    Blanks, Markdown code fences and the order of keys are repaired; the grammatical items of a
    list are kept, even if the list is broken; of other answers, the first line or word.
    """
    if is_grammatical(text, grammar):
        return text
    bare = text.strip()
    opening = _OPENING.match(bare)
    bare = bare[opening.end() if opening else 0 :].strip().removesuffix("```").strip()
    if "[" in bare:
        items = [item for item in map(functools.partial(_item, grammar), _items(bare)) if item]
        # A list may have too many items. One without any grammatical item is not an empty list.
        for count in range(len(items), 0, -1):
            whole = f"[{','.join(items[:count])}]"
            if is_grammatical(whole, grammar):
                return whole
        none = _NONE.match(bare, bare.index("["))
        if none and "{" not in bare[none.end() :] and is_grammatical("[]", grammar):
            return "[]"
    lines = bare.splitlines() or [""]
    words = re.findall(r"\w+", lines[0].lower())
    tried = (bare, lines[0], *words[:1])
    return next((answer for answer in tried if is_grammatical(answer, grammar)), None)


def empty_answer(grammar: Grammar) -> str:
    """Return the empty answer of a grammar: an empty list, or no."""
    return next((answer for answer in _EMPTY if is_grammatical(answer, grammar)), "")


def _items(text: str) -> list[Any]:
    """Return the complete objects of a possibly broken list."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    items = []
    while (start := text.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            break
        items.append(value)
    return items


def _item(grammar: Grammar, value: Any) -> str | None:
    """Write an object as an item of a task's list, with its keys in a grammatical order."""
    for first in _ORDERS:
        item = msgspec.json.encode(_ordered(value, first)).decode()
        if is_grammatical(f"[{item}]", grammar):
            return item
    return None


def _ordered(value: Any, first: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_ordered(item, first) for item in value]
    if not isinstance(value, dict):
        return value
    others = [key for key in value if key not in first and key not in _LAST]
    keys = [key for key in (*first, *others, *_LAST) if key in value]
    return {key: _ordered(value[key], first) for key in dict.fromkeys(keys)}
