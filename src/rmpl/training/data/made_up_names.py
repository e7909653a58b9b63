"""Made-up names in the place of a corpus's own, so that names are copied instead of recalled.

A small model that meets the same few hundred names over and over learns them by heart, and then
writes half of a name that it has never seen. Real backbones have read all kinds of names.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from rmpl.records import Document, Sentence

_RARE = 0.02
_ONSETS = "b c d f g h j k l m n p r s t v w x z br ch dj gw kh lh mb ng ph qu sh tch vr".split()
_RIMES = "a e i o u ai ee oo ou an en in or ur el ik ash ez ob um yx al ber".split()


def rare_names(documents: Sequence[Document]) -> frozenset[str]:
    """Return the words that look like names of somebody or something in particular.

    Words of entity mentions that are capitalised, never occur in small letters, and stand in at
    most 2% of the sentences: "Lake" and "University" stay what they are.
    """
    small: set[str] = set()
    seen: Counter[str] = Counter()
    count = 0
    for document in documents:
        for sentence in document.sentences:
            count += 1
            words = sentence.words()
            small.update(word for word in words if word.islower())
            inside = {words[i] for s in sentence.entities for i in range(s.start, s.end)}
            seen.update(word for word in inside if word[:1].isupper() and word.isalpha())
    return frozenset(
        word
        for word, times in seen.items()
        if word.lower() not in small and times <= max(1, _RARE * count)
    )


def renamed(documents: Iterable[Document], names: frozenset[str], seed: int) -> Iterator[Document]:
    """Yield the documents with all ``names`` replaced by made-up ones, token offsets kept true.

    A name stays the same within a document and is another one in the next.
    """
    for document in documents:
        rng = random.Random(f"{seed} {document.id}")
        made_up: dict[str, str] = {}
        sentences = []
        for sentence in document.sentences:
            for word in sentence.words():
                if word in names and word not in made_up:
                    made_up[word] = _name(rng)
            sentences.append(_replaced(sentence, made_up))
        yield msgspec.structs.replace(document, sentences=tuple(sentences))


def _replaced(sentence: Sentence, made_up: dict[str, str]) -> Sentence:
    text, tokens, at = "", [], 0
    for start, end in sentence.tokens:
        text += sentence.text[at:start]
        word = made_up.get(sentence.text[start:end], sentence.text[start:end])
        tokens.append((len(text), len(text) + len(word)))
        text, at = text + word, end
    text += sentence.text[at:]
    return msgspec.structs.replace(sentence, text=text, tokens=tuple(tokens))


def _name(rng: random.Random) -> str:
    syllables = [rng.choice(_ONSETS) + rng.choice(_RIMES) for _ in range(rng.randint(1, 3))]
    return "".join(syllables).capitalize()
