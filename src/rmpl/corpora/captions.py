"""Noun glosses and captions of situations from imSitu's nouns and sentence templates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from rmpl.io.files import decode, read_bytes

_VOWELS = "aeiouAEIOU"
_SLOT = re.compile(
    r"(?:\b(?P<preposition>about|above|against|along|around|as|at|behind|between|by|down|during|for"
    r"|from|in|inside|into|of|off|on|onto|out of|over|through|to|toward|towards|under|up|upon|using"
    r"|via|with|within)\s+)?"
    r"(?:\b(?P<article>a|an|the)\s+)?"
    r"\b(?P<role>[A-Z][A-Z0-9]+)\b"
)


class _Noun(msgspec.Struct, gc=False):
    gloss: list[str]


class _Verb(msgspec.Struct, gc=False):
    abstract: str
    order: list[str]


class _Space(msgspec.Struct, gc=False):
    nouns: dict[str, _Noun]
    verbs: dict[str, _Verb]


_SPACE = msgspec.json.Decoder(_Space)


class _Slot(NamedTuple):
    """A role's slot in a template.

    ``before`` is the template's text up to it, ``empty`` replaces a role without a gloss, ``lead``
    and ``vowel_lead`` precede a gloss ("at a" street, "at an" office).
    """

    before: str
    role: str
    empty: str
    lead: str
    vowel_lead: str


class _Template(NamedTuple):
    slots: list[_Slot]
    after: str


def majority(values: Iterable[str]) -> str | None:
    """Return the most frequent non-empty value, the first one on a tie."""
    given = [value for value in values if value]
    if len(given) < 3:
        return given[0] if given else None
    return max(given, key=given.count)  # three annotators: counting each beats hashing them


class Captions:
    """Glosses of nouns and captions of situations, from ``imsitu_space.json``.

    Parameters
    ----------
    path
        The file; with ``None`` there are no glosses and captions.

    Raises
    ------
    RmplError
        If the file is missing or malformed.
    """

    def __init__(self, path: Path | None) -> None:
        self._glosses: dict[str, str] = {}
        self._templates: dict[str, _Template] = {}
        if path is None:
            return
        space = decode(_SPACE, read_bytes(path), str(path))
        self._glosses = {
            key: noun.gloss[0]
            for key, noun in space.nouns.items()
            if noun.gloss and noun.gloss[0].strip()
        }
        self._templates = {
            name: _template(verb.abstract, frozenset(verb.order))
            for name, verb in space.verbs.items()
        }

    def gloss(self, noun: str | None) -> str | None:
        """Return the first gloss of a WordNet noun id, or ``None`` if it is empty or unknown."""
        return None if noun is None else self._glosses.get(noun)

    def caption(self, verb: str, glosses: dict[str, str | None]) -> str | None:
        """Return a situation's caption: the verb's template filled with the roles' glosses.

        An empty role is omitted with its preposition ("at a PLACE"), or becomes "someone" or
        "something". Return ``None`` if the verb has no template.
        """
        template = self._templates.get(verb)
        return None if template is None else _fill(template, glosses)


def say(abstract: str, roles: Iterable[str], glosses: dict[str, str | None]) -> str:
    """Fill an imSitu template for one situation; see ``Captions.caption``."""
    return _fill(_template(abstract, frozenset(roles)), glosses)


def _fill(template: _Template, glosses: dict[str, str | None]) -> str:
    parts: list[str] = []
    for before, role, empty, lead, vowel_lead in template.slots:
        gloss = glosses.get(role)
        if gloss is None:
            parts += before, empty
        else:
            parts += before, (vowel_lead if gloss[0] in _VOWELS else lead), gloss
    text = " ".join(("".join(parts) + template.after).split())
    return text.removesuffix(".").rstrip()


def _template(abstract: str, roles: frozenset[str]) -> _Template:
    slots, end = [], 0
    for match in _SLOT.finditer(abstract):
        if match["role"].lower() in roles:
            slots.append(_slot(abstract[end : match.start()], match))
            end = match.end()
    return _Template(slots, abstract[end:])


def _slot(before: str, match: re.Match[str]) -> _Slot:
    role, preposition, article = match["role"].lower(), match["preposition"], match["article"]
    if preposition is not None:
        empty = ""
    else:
        empty = "someone" if role.startswith("agent") else "something"
    start = "" if preposition is None else f"{preposition} "
    if article in {"a", "an"}:
        return _Slot(before, role, empty, f"{start}a ", f"{start}an ")
    lead = start if article is None else f"{start}{article} "
    return _Slot(before, role, empty, lead, lead)
