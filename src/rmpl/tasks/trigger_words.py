"""The words that are triggers somewhere in training: candidates of trigger classification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rmpl.ontology import Ontology
from rmpl.records import Document, Sentence, Span


class TriggerWords:
    """Triggers in lower case, by event type.

    Parameters
    ----------
    by_type
        The triggers of each type of a schema; those of several words are joined by blanks.
    """

    def __init__(self, by_type: Mapping[str, Iterable[str]]) -> None:
        self.by_type = {name: sorted(set(triggers)) for name, triggers in by_type.items()}
        self._all = {one for triggers in self.by_type.values() for one in triggers}
        self._longest = max((one.count(" ") + 1 for one in self._all), default=0)

    @classmethod
    def of(cls, documents: Iterable[Document], types: Iterable[str]) -> TriggerWords:
        """Return the triggers of annotated documents; events of other types do not count."""
        found: dict[str, set[str]] = {name: set() for name in types}
        for document in documents:
            sentences = {sentence.id: sentence for sentence in document.sentences}
            for event in document.text_events:
                if event.event_type in found:
                    words = sentences[event.sentence_id].words()
                    found[event.event_type].add(_joined(words, event.trigger))
        return cls(found)

    def know(self, ontology: Ontology) -> bool:
        """Return whether all types of a schema are known, so that no event lacks candidates."""
        return self.by_type.keys() >= ontology.events.keys()

    def candidates(self, sentence: Sentence) -> Iterator[Span]:
        """Yield the spans of a sentence that are such a trigger, in order."""
        words = sentence.words()
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                span = Span(start, end)
                if _joined(words, span) in self._all:
                    yield span


def _joined(words: list[str], span: Span) -> str:
    return " ".join(words[span.start : span.end]).lower()
