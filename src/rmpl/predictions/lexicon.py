"""The lexicon baseline: words that are mostly triggers in training become events everywhere.

It knows no context: what a model adds to a list of words is the difference to its score.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes, write_file
from rmpl.records import Document, Sentence, Span, TextEvent

SHARE = 0.5
"""The share of a word's occurrences that must be triggers of one type."""
LEAST = 1
"""The number of times that a word must be a trigger."""


class Entry(msgspec.Struct, frozen=True):
    """A word of a lexicon: its event type, how often it is a trigger of it, and how often seen."""

    event_type: str
    triggers: int
    seen: int

    @property
    def share(self) -> float:
        """The share of the occurrences that are triggers of the type."""
        return self.triggers / self.seen


class Lexicon(msgspec.Struct, frozen=True):
    """Words in lower case with their entries, most frequent triggers first."""

    words: dict[str, Entry]

    def events(self, sentence: Sentence) -> list[TextEvent]:
        """Return an event without arguments for each word of the lexicon in a sentence."""
        found = []
        for index, word in enumerate(sentence.words()):
            entry = self.words.get(word.lower())
            if entry is not None:
                found.append(
                    TextEvent(
                        id="",
                        sentence_id=sentence.id,
                        event_type=entry.event_type,
                        trigger=Span(index, index + 1),
                        score=entry.share,
                    )
                )
        return found

    def tag(self, document: Document) -> Document:
        """Return the document's id with the events of its sentences, as a prediction."""
        events = [event for sentence in document.sentences for event in self.events(sentence)]
        numbered = [
            msgspec.structs.replace(event, id=f"t{number}")
            for number, event in enumerate(events, start=1)
        ]
        return Document(document.id, text_events=tuple(numbered))

    def write(self, path: Path) -> None:
        """Write the lexicon as one JSON file."""
        write_file(path, msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def learn_lexicon(
    documents: Iterable[Document], *, share: float = SHARE, least: int = LEAST
) -> Lexicon:
    """Return the words that are triggers of one type in at least ``share`` of their occurrences.

    Words of partial documents are counted only where they are triggers: whether the others are is
    unknown. Triggers of several words are not learnt.

    Parameters
    ----------
    documents
        Training documents with text events.
    share
        From 0 to 1.
    least
        The number of times that a word must be a trigger of the type.
    """
    seen: Counter[str] = Counter()
    triggers: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        sentences = {sentence.id: sentence.words() for sentence in document.sentences}
        if not document.partial:
            seen.update(word.lower() for words in sentences.values() for word in words)
        for event in document.text_events:
            span = event.trigger
            if span.end - span.start != 1:
                continue
            word = sentences[event.sentence_id][span.start].lower()
            triggers[word][event.event_type] += 1
            if document.partial:
                seen[word] += 1
    entries = {}
    for word, types in triggers.items():
        event_type, count = min(types.items(), key=lambda one: (-one[1], one[0]))
        if count >= least and count >= share * seen[word]:
            entries[word] = Entry(event_type, count, seen[word])
    ordered = sorted(entries.items(), key=lambda one: (-one[1].triggers, one[0]))
    return Lexicon(dict(ordered))


def read_lexicon(path: Path) -> Lexicon:
    """Read a lexicon that ``Lexicon.write`` wrote.

    Raises
    ------
    RmplError
        If there is no such file, or it is not a lexicon.
    """
    found = decode(msgspec.json.Decoder(Lexicon), read_bytes(path), str(path))
    if any(entry.seen < 1 for entry in found.words.values()):
        raise RmplError("a word that was never seen", where=str(path))
    return found
