"""Output grammars for constrained decoding.

A grammar is text in llguidance's dialect of Lark; writing it needs no library. It accepts exactly
the compact JSON of ``tasks.schema``: keys in a fixed order, no whitespace, types and roles of the
schema, strings that are token spans of the sentence, and boxes in the family's format.

Spans are regular expressions over whole tokens: ``S3`` is a span that starts at token 3, either
that token alone or followed by the gap and ``S4``. So no span starts or ends in a gap or within a
token, whatever characters they contain.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import msgspec

from rmpl.ontology import EventType, Ontology
from rmpl.records import Sentence
from rmpl.tasks.schema import Participant, encode_answer

MOST_ITEMS = 32
"""The maximum number of items of a list. M2E2's longest has 28 (boxes of one event)."""
MOST_NTH = 99
REACH = 64
"""Spans of up to this many tokens are grammatical; in sentences of up to twice as many, all spans.

llguidance walks nested expressions recursively: a chain of some hundred tokens overflows the stack
of a thread. Longer sentences are therefore covered by overlapping chains.
"""

LIST_OPENING = 'start: "[" ("]" | "{\\"")'


class Grammar(msgspec.Struct, frozen=True):
    """The output grammar for one prompt.

    ``text`` is the grammar. ``closing`` bounds the bytes needed to complete any prefix of a
    grammatical answer in the shortest way. ``opening``, if set, is a grammar that many prompts
    share: prefixes of grammatical answers up to ``[{"``, and ``[]``. Most sentences contain no
    event, and then the full grammar need not be compiled.
    """

    text: str
    closing: int
    opening: str = ""


def compared(
    sentence: Sentence, caption: Sentence, pad: str = "", *, shown_first: bool = False
) -> Grammar:
    """Return the grammar of span comparisons: ``{"span"[,"nth"],"seen"}``.

    ``span`` is a token span of the sentence, ``seen`` one of the caption, which may come first.
    """
    if not sentence.tokens or not caption.tokens:
        return _list([], 0)
    if shown_first:
        opening, middle = f'{{"seen":"{pad}', f'","span":"{pad}'
        item = f"{_literal(opening)} SEEN {_literal(middle)} span {_literal('}')}"
    else:
        opening, middle = f'{{"span":"{pad}', f',"seen":"{pad}'
        item = f"{_literal(opening)} span {_literal(middle)} SEEN {_literal(_END)}"
    lines = [
        f"item: {item}",
        *_spans(sentence),
        *_chains(caption, "SEEN", "C"),
    ]
    longest = _longest_span(sentence) + _longest_span(caption)
    return _list(lines, _size(opening, middle, "}") + longest)


def one_line() -> Grammar:
    """Return the grammar of one non-empty line of text."""
    # An incomplete character takes up to three more bytes; if it is a blank, one more.
    return Grammar(r"start: /[^\n\r]*[^\s][^\n\r]*/", 4)


def text_mentions(sentence: Sentence, ontology: Ontology, pad: str = "") -> Grammar:
    """Return the grammar of a sentence's mentions: ``{"type","trigger"[,"nth"]}``."""
    if not sentence.tokens or not ontology.events:
        return _list([], 0)
    opening = f'","trigger":"{pad}'
    lines = [
        f"item: {_literal(_TYPE)} TYPE {_literal(opening)} span {_literal('}')}",
        f"TYPE: {_any(ontology.events)}",
        *_spans(sentence),
    ]
    longest = _longest(ontology.events) + _longest_span(sentence)
    return _list(lines, _size(_TYPE, opening, "}") + longest)


def image_mentions(ontology: Ontology) -> Grammar:
    """Return the grammar of an image's mentions: ``{"type"}``."""
    if not ontology.events:
        return _list([], 0)
    lines = [
        f"item: {_literal(_TYPE)} TYPE {_literal(_END)}",
        f"TYPE: {_any(ontology.events)}",
    ]
    return _list(lines, _size(_TYPE, _END) + _longest(ontology.events))


def trigger_type(ontology: Ontology) -> Grammar:
    """Return the grammar of the type of a given trigger: ``[{"type"}]``, or ``[]`` for none."""
    return _one_or_none(ontology.events, _END + "]")


def text_arguments(sentence: Sentence, roles: Sequence[str], pad: str = "") -> Grammar:
    """Return the grammar of a mention's arguments: ``{"role","span"[,"nth"]}``."""
    if not sentence.tokens or not roles:
        return _list([], 0)
    lines = [*_text_argument("item", "ROLE", roles, pad), *_spans(sentence)]
    return _list(lines, _argument_size(roles, pad) + _longest_span(sentence))


def image_arguments(roles: Sequence[str], key: str, pattern: str) -> Grammar:
    """Return the grammar of an image's arguments: ``{"role","<key>": box}``.

    ``key`` and ``pattern`` are those of the model family's ``BoxCodec``.
    """
    if not roles:
        return _list([], 0)
    lines = [*_image_argument("item", "ROLE", roles, key), *_box(pattern)]
    return _list(lines, _size(_ROLE, f'","{key}":', "}") + _longest(roles) + _LONGEST_BOX)


def text_events(
    sentence: Sentence, ontology: Ontology, pad: str = "", *, one: bool = False
) -> Grammar:
    """Return the grammar of a sentence's events with arguments; roles depend on the type.

    With ``one``, it is a list of exactly one event.
    """
    if not sentence.tokens or not ontology.events:
        return _list([], 0)
    lines = [f"item: {' | '.join(f'event{i}' for i in range(len(ontology.events)))}"]
    for index, (name, event) in enumerate(ontology.events.items()):
        start = f'{_TYPE}{_escape(name)}","trigger":"{pad}'
        lines.append(f"event{index}: {_literal(start)} span {_arguments(index, event.text)}")
        lines += _text_argument(f"argument{index}", f"ROLE{index}", event.text, pad)
    roles = _all_roles(ontology.events.values())
    size = _size(_TYPE, f'","trigger":"{pad}', ',"args":[', "]}") + _longest(ontology.events)
    size += _argument_size(roles, pad) + 2 * _longest_span(sentence)
    found = _list([*lines, *_spans(sentence)], size)
    if one:
        rest = found.text.partition("\n")[2]
        return Grammar(f'start: "[" item "]"\n{rest}', found.closing)
    return found


def image_events(ontology: Ontology, key: str, pattern: str) -> Grammar:
    """Return the grammar of an image's events with arguments; roles depend on the type."""
    if not ontology.events:
        return _list([], 0)
    lines = [f"item: {' | '.join(f'event{i}' for i in range(len(ontology.events)))}"]
    for index, (name, event) in enumerate(ontology.events.items()):
        start = f'{_TYPE}{_escape(name)}"'
        lines.append(f"event{index}: {_literal(start)} {_arguments(index, event.image)}")
        lines += _image_argument(f"argument{index}", f"ROLE{index}", event.image, key)
    roles = _all_roles(ontology.events.values())
    size = _size(_TYPE, '","args":[', "]}", _ROLE, f'","{key}":', "}") + _LONGEST_BOX
    return _list([*lines, *_box(pattern)], size + _longest(ontology.events) + _longest(roles))


def relation(labels: Sequence[str], args: list[Participant]) -> Grammar:
    """Return the grammar of the relation of two given spans: one label, or ``[]`` for none."""
    return _one_or_none(labels, f'","args":{encode_answer(args, "box")}}}]')


def _one_or_none(types: Collection[str], tail: str) -> Grammar:
    """Return the grammar of one predicate of a type, of which ``tail`` follows, or ``[]``."""
    if not types:
        return _list([], 0)
    text = f'start: "[]" | {_literal("[" + _TYPE)} TYPE {_literal(tail)}\nTYPE: {_any(types)}'
    return Grammar(text, _size("[", _TYPE, tail) + _longest(types), LIST_OPENING)


_TYPE, _ROLE, _ARGS, _NTH = '{"type":"', '{"role":"', ',"args":[', ',"nth":'
_QUOTE, _END = '"', '"}'
_SLASH = r"\/"
_NAMED_TOKENS = re.compile(r"(<\|\w+\|>|\(<\w+>(?:\|<\w+>)*\)\{\d\})")
_LONGEST_BOX = 64  # bytes, as BoxCodec.pattern promises


def _list(lines: list[str], item: int) -> Grammar:
    """Return the grammar of a list of items, each completed in at most ``item`` bytes."""
    if not lines:
        return Grammar('start: "[]"', 2)
    start = f'start: "[" (item ("," item){{0,{MOST_ITEMS - 1}}})? "]"'
    return Grammar("\n".join([start, *lines]), item + _size("[", ",", "]"), LIST_OPENING)


def _arguments(index: int, roles: Sequence[str]) -> str:
    if not roles:
        return _literal(_ARGS + "]}")
    items = f'(argument{index} ("," argument{index}){{0,{MOST_ITEMS - 1}}})?'
    return f"{_literal(_ARGS)} {items} {_literal(']}')}"


def _text_argument(rule: str, terminal: str, roles: Sequence[str], pad: str) -> list[str]:
    if not roles:
        return []
    middle = f'","span":"{pad}'
    return [
        f"{rule}: {_literal(_ROLE)} {terminal} {_literal(middle)} span {_literal('}')}",
        f"{terminal}: {_any(roles)}",
    ]


def _image_argument(rule: str, terminal: str, roles: Sequence[str], key: str) -> list[str]:
    if not roles:
        return []
    middle = f'","{key}":'
    return [
        f"{rule}: {_literal(_ROLE)} {terminal} {_literal(middle)} box {_literal('}')}",
        f"{terminal}: {_any(roles)}",
    ]


def _argument_size(roles: Sequence[str], pad: str) -> int:
    return _size(_ROLE, f'","span":"{pad}', "}") + _longest(roles)


def _box(pattern: str) -> list[str]:
    """Return the rule ``box``; special tokens in the pattern become grammar symbols."""
    symbols = []
    for part in filter(None, _NAMED_TOKENS.split(pattern)):
        named = _NAMED_TOKENS.fullmatch(part)
        symbols.append(part.replace(">|<", "> | <") if named else f"/{part.replace('/', _SLASH)}/")
    return [f"box: {' '.join(symbols)}"]


def _spans(sentence: Sentence) -> list[str]:
    """Return the rule ``span``: a span of the sentence, the closing quote, the occurrence."""
    chains = _chains(sentence, "SPAN", "S")
    most = _most_occurrences(sentence)
    if most < 2:
        return [f"span: SPAN {_literal(_QUOTE)}", *chains]
    numbers = "|".join(str(number) for number in range(2, most + 1))
    return [
        f"span: SPAN {_literal(_QUOTE)} ({_literal(_NTH)} NTH)?",
        f"NTH: /{numbers}/",
        *chains,
    ]


def _chains(sentence: Sentence, terminal: str, prefix: str) -> list[str]:
    """Return the terminal of all token spans of the sentence; its parts are named ``prefix...``."""
    count, lines, starts = len(sentence.tokens), [], []
    for first in range(0, count, REACH):
        last = min(first + 2 * REACH, count)
        name = f"{prefix}{first}_"
        begins = range(first, last if last == count else first + REACH)
        starts += [f"{name}{index}" for index in begins]
        for index in range(first, last):
            start, end = sentence.tokens[index]
            line = f"{name}{index}: {_literal(_escape(sentence.text[start:end]))}"
            if index + 1 < last:
                gap = sentence.text[end : sentence.tokens[index + 1][0]]
                blank = f"{_literal(_escape(gap))} " if gap else ""
                line += f" ({blank}{name}{index + 1})?"
            lines.append(line)
        if last == count:
            break
    return [f"{terminal}: {' | '.join(starts)}", *lines]


def _most_occurrences(sentence: Sentence) -> int:
    """Bound the occurrences of any span: all of them start with the same character.

    The bound is loose on purpose: a number beyond the last occurrence is parsed as the last, and
    exact counts would need a rule for every repeated string.
    """
    firsts = Counter(sentence.text[start] for start, _ in sentence.tokens)
    return min(max(firsts.values(), default=0), MOST_NTH)


def _longest_span(sentence: Sentence) -> int:
    """Return the number of bytes of the longest token with its quote and occurrence."""
    longest = _longest(sentence.text[start:end] for start, end in sentence.tokens)
    # A prefix may end in a gap, which must be completed, too.
    pairs = zip(sentence.tokens, sentence.tokens[1:], strict=False)
    gap = _longest(sentence.text[one[1] : two[0]] for one, two in pairs)
    return longest + gap + _size(f'","nth":{MOST_NTH}')


def _all_roles(events: Iterable[EventType]) -> list[str]:
    return [role for event in events for role in event.roles]


def _escape(text: str) -> str:
    """Escape a string for JSON, without the quotes."""
    return msgspec.json.encode(text).decode("utf-8")[1:-1]


def _literal(text: str) -> str:
    """Quote a string for the grammar: Lark strings are JSON strings without DEL."""
    return json.dumps(text).replace("\x7f", "\\u007f")


def _any(names: Iterable[str]) -> str:
    return " | ".join(_literal(_escape(name)) for name in dict.fromkeys(names))


def _size(*texts: str) -> int:
    return sum(len(text.encode("utf-8")) for text in texts)


def _longest(texts: Iterable[str]) -> int:
    return max((_size(_escape(text)) for text in texts), default=0)
