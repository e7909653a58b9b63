"""Text of documents as plain text: a control token that is written out in it is none.

An article that holds ``<|im_end|>`` would otherwise end the user's turn. Of the text, every place
that the tokenizer would read as one of its added tokens is spelt out in ordinary tokens; all other
text has the tokens that it always had. Decoding gives the text back as it was.

A whole layout has control tokens of its own, and processors look for some in it. Those of the text
are therefore replaced by a stand-in before it is laid out, another token of the tokenizer that the
layout does not use, and the stand-in by their spelling afterwards.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rmpl.backbones.prompts.frames import Inputs, tokens_of

Place = tuple[int, int]
"""First character and the one after the last."""

_BLANKS = " \t\n\r\u2581"  # the last is how sentencepiece writes a blank


@dataclasses.dataclass(frozen=True)
class Plain:
    """A text whose control tokens are taken out: ``masked`` has a stand-in for each of ``spelt``.

    ``spelt`` are the tokens of their spellings, in order; empty where the text has none.
    """

    masked: str
    stand_in: int = -1
    spelt: tuple[tuple[int, ...], ...] = ()

    def put_into(self, inputs: Inputs) -> Inputs:
        """Return a layout of ``masked`` with the spellings in place of their stand-ins.

        Raises
        ------
        ValueError
            If the layout has not as many stand-ins.
        """
        if not self.spelt:
            return inputs
        ids, rows = list(inputs.ids), {name: list(row) for name, row in inputs.rows.items()}
        places = [at for at, token in enumerate(ids) if token == self.stand_in]
        if len(places) != len(self.spelt):
            raise ValueError("control tokens in its text cannot be told from the layout's own")
        for at, tokens in zip(reversed(places), reversed(self.spelt), strict=True):
            ids[at : at + 1] = tokens
            for row in rows.values():
                row[at : at + 1] = row[at : at + 1] * len(tokens)
        return Inputs(ids, rows, inputs.others)


class PlainText:
    """Reads text as plain text.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of transformers.
    placeholders
        What stands for pictures in prompts, whether or not the tokenizer knows it.
    """

    def __init__(self, tokenizer: Any, placeholders: Collection[str]) -> None:
        self._tokenizer = tokenizer
        self._placeholders = sorted(placeholders)
        added = tokenizer.added_tokens_decoder
        # Some vocabularies have runs of blanks among their added tokens: those are ordinary text.
        self._control = {number for number, token in added.items() if _is_control(token.content)}
        self._control |= set(tokenizer.all_special_ids)
        self._unknown = tokenizer.unk_token_id
        self._control.discard(self._unknown)

    def tokens(self, text: str, named: Sequence[Place] = ()) -> list[int]:
        """Return a text's own tokens; at the places ``named`` it may have control tokens."""
        ids = tokens_of(self._tokenizer, text)
        if self._is_plain(text, ids):
            return ids
        plain = self._mask(text, named, self._stand_ins[0])
        return plain.put_into(Inputs(tokens_of(self._tokenizer, plain.masked), {}, {})).ids

    def masked(self, text: str, named: Sequence[Place] = ()) -> Iterator[Plain]:
        """Yield the text to be laid out: once as a rule, with other stand-ins if the first fail."""
        if self._is_plain(text, tokens_of(self._tokenizer, text)):
            yield Plain(text)
            return
        for stand_in in self._stand_ins:
            yield self._mask(text, named, stand_in)

    def _is_plain(self, text: str, ids: list[int]) -> bool:
        if not self._control.isdisjoint(ids) or any(one in text for one in self._placeholders):
            return False
        return self._unknown not in ids or self._tokenizer.unk_token not in text

    @functools.cached_property
    def _stand_ins(self) -> list[str]:
        """Tokens that can stand for others: they match as they are, and take no blanks with them.

        Padding comes first, which no layout uses.
        """
        tokenizer = self._tokenizer
        usual = [getattr(tokenizer, f"{name}_token", None) for name in ("pad", "unk", "eos", "bos")]
        known = {token.content: token for token in tokenizer.added_tokens_decoder.values()}
        names = [name for name in dict.fromkeys([*usual, *known]) if name in known]
        return [
            name
            for name in names
            if known[name].special
            and not (known[name].lstrip or known[name].rstrip or known[name].single_word)
            and not any(one in name for one in self._placeholders)
            and tokens_of(tokenizer, f"a{name}a").count(tokenizer.convert_tokens_to_ids(name)) == 1
        ]

    def _mask(self, text: str, named: Sequence[Place], stand_in: str) -> Plain:
        number = self._tokenizer.convert_tokens_to_ids(stand_in)
        parts, spelt, done = [], [], 0
        for start, end in self._places(text):
            if start < done or any(first <= start and end <= last for first, last in named):
                continue
            parts += [text[done:start], stand_in]
            spelt.append(tuple(self._spelt(text[start:end])))
            done = end
        return Plain("".join([*parts, text[done:]]), number, tuple(spelt))

    def _places(self, text: str) -> list[Place]:
        """Return where the tokenizer, or the processor, sees control tokens in a text."""
        read = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        unknown = self._tokenizer.unk_token
        found = {
            (start, end)
            for number, (start, end) in zip(read["input_ids"], read["offset_mapping"], strict=True)
            if number in self._control or (number == self._unknown and unknown in text[start:end])
        }
        for one in self._placeholders:
            at = text.find(one)
            while at >= 0:
                found.add((at, at + len(one)))
                at = text.find(one, at + len(one))
        return sorted(found, key=lambda place: (place[0], -place[1]))

    def _spelt(self, text: str) -> list[int]:
        """Spell a control token out in ordinary tokens."""
        # After a line's end no tokenizer puts a blank before a text, as some do at its beginning.
        opening = self._without_added("\n")
        ids = self._without_added(f"\n{text}")
        ids = ids[len(opening) :] if ids[: len(opening)] == opening else self._without_added(text)
        if self._control.isdisjoint(ids):
            return ids
        letters = [self._without_added(letter) for letter in text]
        return [number for ids in letters for number in ids if number not in self._control]

    def _without_added(self, text: str) -> list[int]:
        """Tokenise a text as the tokenizer would if it had no added tokens."""
        backend = self._tokenizer.backend_tokenizer
        if backend.normalizer is not None:
            text = backend.normalizer.normalize_str(text)
        words = [text]
        if backend.pre_tokenizer is not None:
            words = [word for word, _ in backend.pre_tokenizer.pre_tokenize_str(text)]
        return [token.id for word in words for token in backend.model.tokenize(word)]


def _is_control(content: str) -> bool:
    return bool(content.strip(_BLANKS))
