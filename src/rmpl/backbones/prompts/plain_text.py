"""Document text as plain text: control tokens written out in it have no effect.

An article that contains ``<|im_end|>`` would otherwise end the user's turn. Wherever the tokenizer
would read one of its added tokens, the text is spelt out in ordinary tokens; all other text is
tokenised as usual. Decoding returns the original text.

A prompt's layout has control tokens of its own, and processors search the prompt for some. Those of
the text are therefore replaced by a substitute before the layout is applied (another token, which
the layout does not use), and the substitute by their spelling afterwards.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from rmpl.backbones.prompts.frames import Inputs, tokens_of

Place = tuple[int, int]
"""Start and end in characters, end exclusive."""

_BLANKS = " \t\n\r\u2581"  # the last is sentencepiece's blank


@dataclasses.dataclass(frozen=True)
class Plain:
    """A text without control tokens: ``masked`` has a substitute for each of ``spelt``.

    ``spelt`` holds the tokens of their spellings, in order; empty if the text has none.
    """

    masked: str
    substitute: int = -1
    spelt: tuple[tuple[int, ...], ...] = ()

    def put_into(self, inputs: Inputs) -> Inputs:
        """Return a layout of ``masked`` with the spellings in place of the substitutes.

        Raises
        ------
        ValueError
            If the layout does not have as many substitutes.
        """
        if not self.spelt:
            return inputs
        ids, rows = list(inputs.ids), {name: list(row) for name, row in inputs.rows.items()}
        places = [at for at, token in enumerate(ids) if token == self.substitute]
        if len(places) != len(self.spelt):
            raise ValueError(
                "control tokens in its text cannot be distinguished from the layout's own"
            )
        for at, tokens in zip(reversed(places), reversed(self.spelt), strict=True):
            ids[at : at + 1] = tokens
            for row in rows.values():
                row[at : at + 1] = row[at : at + 1] * len(tokens)
        return Inputs(ids, rows, inputs.others)


class PlainText:
    """Tokenises text as plain text.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of transformers.
    placeholders
        Strings that stand for images in prompts, whether or not the tokenizer knows them.
    """

    def __init__(self, tokenizer: Any, placeholders: Collection[str]) -> None:
        self._tokenizer = tokenizer
        self._placeholders = sorted(placeholders)
        added = tokenizer.added_tokens_decoder
        # Runs of blanks, added tokens of some vocabularies, count as ordinary text.
        self._control = {number for number, token in added.items() if _is_control(token.content)}
        self._control |= set(tokenizer.all_special_ids)
        self._unknown = tokenizer.unk_token_id
        self._control.discard(self._unknown)

    def tokens(self, text: str, named: Sequence[Place] = ()) -> list[int]:
        """Return a text's tokens; control tokens are allowed only at the places ``named``."""
        ids = tokens_of(self._tokenizer, text)
        if self._is_plain(text, ids):
            return ids
        plain = self._mask(text, named, self._substitutes[0])
        return plain.put_into(Inputs(tokens_of(self._tokenizer, plain.masked), {}, {})).ids

    def masked(self, text: str, named: Sequence[Place] = ()) -> Iterator[Plain]:
        """Yield the text for the layout, with further substitutes to try if the first one fails."""
        if self._is_plain(text, tokens_of(self._tokenizer, text)):
            yield Plain(text)
            return
        for substitute in self._substitutes:
            yield self._mask(text, named, substitute)

    def _is_plain(self, text: str, ids: list[int]) -> bool:
        if not self._control.isdisjoint(ids) or any(one in text for one in self._placeholders):
            return False
        return self._unknown not in ids or self._tokenizer.unk_token not in text

    @functools.cached_property
    def _substitutes(self) -> list[str]:
        """Tokens usable as substitutes: they match literally and do not absorb blanks.

        The padding token comes first, because no layout uses it.
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

    def _mask(self, text: str, named: Sequence[Place], substitute: str) -> Plain:
        number = self._tokenizer.convert_tokens_to_ids(substitute)
        parts, spelt, done = [], [], 0
        for start, end in self._places(text):
            if start < done or any(first <= start and end <= last for first, last in named):
                continue
            parts += [text[done:start], substitute]
            spelt.append(tuple(self._spelt(text[start:end])))
            done = end
        return Plain("".join([*parts, text[done:]]), number, tuple(spelt))

    def _places(self, text: str) -> list[Place]:
        """Return the places where the tokenizer or the processor finds control tokens in a text."""
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
        # After a line break no tokenizer adds a blank before a text, as some do at its start.
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


def placeholders(processor: Any) -> set[str]:
    """Return the tokens that stand for images and videos in a prompt."""
    owners = (processor, processor.tokenizer)
    names = ("image_token", "video_token")
    found = (getattr(owner, name, None) for owner in owners for name in names)
    return {token for token in found if isinstance(token, str)}
