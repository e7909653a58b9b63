"""Running text into sentences and words: nupunkt finds sentences, NLTK's Treebank rules words.

Both keep to the characters they are given, so that every sentence and every word is a span of the
text. They are optional, as only raw text needs them.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from typing import Any

from rmpl.errors import RmplError

_SIMPLE_WORD = re.compile(r"\w+|[^\w\s]")


def require_splitter(what: str, extra: str) -> None:
    """Make sure that the libraries are there before the first text is read.

    ``what`` needs them, and the extra ``extra`` of this package brings them.

    Raises
    ------
    RmplError
        If they are not.
    """
    if not all(importlib.util.find_spec(library) for library in ("nupunkt", "nltk")):
        raise RmplError(
            f"{what} needs a sentence splitter and a tokeniser",
            remedy=f"pip install 'rmpl[{extra}]'",
        )


def sentence_spans(paragraph: str) -> list[tuple[int, int]]:
    """Return the character spans of the sentences, end exclusive; blanks may be at their ends."""
    import nupunkt  # noqa: PLC0415 - optional, and only raw text needs it

    return [(int(start), int(end)) for start, end in nupunkt.sent_spans(paragraph)]


def word_spans(sentence: str) -> list[tuple[int, int]]:
    """Return the character spans of the words and punctuation marks, end exclusive."""
    spans, position = [], 0
    for word in _tokenizer().tokenize(sentence):
        while position < len(sentence) and sentence[position].isspace():
            position += 1
        # The Treebank convention writes `` and '' for ", whatever the text has.
        forms = (word, '"') if word in {"``", "''"} else (word,)
        form = next((f for f in forms if sentence.startswith(f, position)), None)
        if form is None:  # the tokeniser rewrote something else: simple words lose nothing
            return [match.span() for match in _SIMPLE_WORD.finditer(sentence)]
        spans.append((position, position + len(form)))
        position += len(form)
    return spans


@functools.cache
def _tokenizer() -> Any:
    from nltk.tokenize.destructive import NLTKWordTokenizer  # noqa: PLC0415 - as above

    return NLTKWordTokenizer()
