"""Made-up names instead of a corpus's own, so that models copy names instead of recalling them.

A small model memorises the few hundred names of its corpus and then gets unknown names wrong. Large
pretrained models have seen enough names.
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
    """Return the words that look like proper names.

    These are capitalised words of entity mentions that never occur in lower case and occur in at
    most 2% of the sentences, so that "Lake" and "University" are not replaced.
    """
    lower: set[str] = set()
    counts: Counter[str] = Counter()
    count = 0
    for document in documents:
        for sentence in document.sentences:
            count += 1
            words = sentence.words()
            lower.update(word for word in words if word.islower())
            inside = {words[i] for s in sentence.entities for i in range(s.start, s.end)}
            counts.update(word for word in inside if word[:1].isupper() and word.isalpha())
    return frozenset(
        word
        for word, times in counts.items()
        if word.lower() not in lower and times <= max(1, _RARE * count)
    )


def renamed(documents: Iterable[Document], names: frozenset[str], seed: int) -> Iterator[Document]:
    """Yield the documents with all ``names`` replaced by made-up ones; token offsets are adjusted.

    A name gets the same replacement within a document and another one in the next.
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
