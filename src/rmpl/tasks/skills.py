"""Generic skills, for the embedded model's base: copying, naming, locating, describing, matching.

A real vision-language model brings these along; the embedded one learns them from documents by
these tasks before it ever sees an event. They use entity mentions, boxes and what the boxes show,
never an event type, a trigger or a role.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import msgspec

from rmpl.records import Document, Image, ImageArgument, ImageEvent, Sentence, Span
from rmpl.tasks.base import Sample, Task, mark
from rmpl.tasks.caption import Caption
from rmpl.tasks.schema import BoxValue, encode_answer
from rmpl.tasks.spans import name_span


class Phrase(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A phrase copied from a sentence.

    ``side`` is how it hangs together with a marked word: by the preposition before it, as one more
    of several ("and"), or else by where it stands ("before", "after").
    """

    side: str | None = None
    span: str
    nth: int = 1


class Thing(msgspec.Struct, omit_defaults=True):
    """Something in a picture: its name, its box, or both."""

    name: str | None = None
    box: BoxValue | None = None


class Phrases(Task):
    """Copy every noun phrase that points to somebody or something, in order."""

    name = "phrases"
    instruction = "List who and what the sentence mentions."

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence with entity mentions."""
        for document in documents:
            for sentence in document.sentences:
                if not sentence.entities:
                    continue
                named = [name_span(sentence, span) for span in sorted(sentence.entities)]
                phrases = [Phrase(span=self.context.pad + text, nth=nth) for text, nth in named]
                target = encode_answer(phrases, "box")
                yield Sample(self.name, sentence.id, self.prompt(sentence.text), target)


class Quote(Task):
    """Copy a random stretch of a sentence, named by the word before it and its length."""

    name = "quote"
    instruction = "Copy the asked number of words that follow the given word."

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence."""
        for document in documents:
            for sentence in document.sentences:
                found = self._stretch(sentence)
                if found is None:
                    continue
                before, span = found
                text, nth = name_span(sentence, span)
                length = span.end - span.start
                body = f"{length} after{self.context.pad or ' '}{before} in: {sentence.text}"
                target = encode_answer([Phrase(span=self.context.pad + text, nth=nth)], "box")
                yield Sample(self.name, sentence.id, self.prompt(body), target)

    @staticmethod
    def _stretch(sentence: Sentence) -> tuple[str, Span] | None:
        rng = random.Random(f"{sentence.id} quote")
        words = sentence.words()
        once = [i for i, word in enumerate(words[:-1]) if words.count(word) == 1 and word.isalpha()]
        if not once:
            return None
        before = rng.choice(once)
        end = min(before + 1 + rng.choice((1, 1, 2, 3, 4)), len(words))
        return words[before], Span(before + 1, end)


_LINKS = frozenset(
    "about against among and as at before behind between by during for from in into near of on "
    "onto to toward with within".split()
)
_DETERMINERS = frozenset({"a", "an", "the", "its", "their"})


class Beside(Task):
    """Copy the noun phrases nearest to a marked word, two before and two after it.

    Each comes with the preposition that leads to it, if there is one: who does what to whom is
    mostly told by that and by the side.
    """

    name = "beside"
    instruction = (
        "Which two phrases stand nearest before the word in [brackets], which two after it? "
        "Give each with its preposition, or else its side."
    )

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence with a word that belongs to no phrase."""
        for document in documents:
            for sentence in document.sentences:
                phrases = sorted(sentence.entities)
                inside = {i for phrase in phrases for i in range(phrase.start, phrase.end)}
                free = [
                    number
                    for number, word in enumerate(sentence.words())
                    if number not in inside and word.isalpha()
                ]
                if not free or not phrases:
                    continue
                marked = random.Random(f"{sentence.id} beside").choice(free)
                before = [phrase for phrase in phrases if phrase.end <= marked][-2:]
                after = [phrase for phrase in phrases if phrase.start > marked][:2]
                found = [
                    Phrase(
                        side=self._side(sentence, span, marked), span=self.context.pad + text, nth=n
                    )
                    for span in before + after
                    for text, n in [name_span(sentence, span)]
                ]
                body = mark(sentence, Span(marked, marked + 1))
                yield Sample(self.name, sentence.id, self.prompt(body), encode_answer(found, "box"))

    @staticmethod
    def _side(sentence: Sentence, phrase: Span, marked: int) -> str:
        words = sentence.words()
        lead = phrase.start - 1
        if lead >= 0 and words[lead].lower() in _DETERMINERS:
            lead -= 1
        if lead >= 0 and lead != marked and words[lead].lower() in _LINKS:
            return words[lead].lower()
        return "before" if phrase.end <= marked else "after"


class Continue(Task):
    """Write on from the beginning of a sentence."""

    name = "continue"
    instruction = "Continue the sentence."

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield one sample a sentence of at least six tokens."""
        for document in documents:
            for sentence in document.sentences:
                if len(sentence.tokens) < 6:
                    continue
                rng = random.Random(f"{sentence.id} continue")
                cut = sentence.tokens[rng.randint(1, len(sentence.tokens) // 2)][0]
                head, tail = sentence.text[:cut].rstrip(), sentence.text[cut:]
                target = self.context.pad + tail
                yield Sample(self.name, sentence.id, self.prompt(head), target)


class Picture(msgspec.Struct):
    """A picture with named boxes, and what its corpus calls things elsewhere.

    ``things`` stand from left to right; ``names`` and ``captions`` are those of the whole corpus.
    """

    image: Image
    event: ImageEvent
    things: list[ImageArgument]
    names: list[str]
    captions: list[str]
    rng: random.Random


class _OfPictures(Task):
    """Skills about pictures whose boxes say what they show."""

    def samples(self, documents: Sequence[Document]) -> Iterator[Sample]:
        """Yield the samples of every picture with named boxes."""
        names = sorted(
            {a.gloss for d in documents for e in d.image_events for a in e.arguments if a.gloss}
        )
        captions = [e.caption for d in documents for e in d.image_events if e.caption]
        for document in documents:
            images = {image.id: image for image in document.images if image.path is not None}
            for event in document.image_events:
                image = images.get(event.image_id)
                things = sorted((a for a in event.arguments if a.gloss), key=lambda a: a.box)
                if image is None or not things:
                    continue
                rng = random.Random(f"{image.id} {self.name}")
                yield from self.about(Picture(image, event, things, names, captions, rng))

    def about(self, seen: Picture) -> Iterator[Sample]:
        """Yield the samples of one picture."""
        raise NotImplementedError

    def sample(self, image: Image, number: int, body: str, target: str) -> Sample:
        """Return a sample about a picture."""
        return Sample(self.name, f"{image.id}.{number}", self.prompt(body, image), target)

    def box(self, thing: ImageArgument, image: Image) -> BoxValue:
        """Return a thing's box as the model family writes it."""
        return self.context.boxes.encode(thing.box, image.width, image.height)


class Locate(_OfPictures):
    """Say where a named thing is."""

    name = "locate"
    instruction = "Give the box of the named thing."

    def about(self, seen: Picture) -> Iterator[Sample]:
        """Yield one sample a thing."""
        key = self.context.boxes.key
        for number, thing in enumerate(seen.things):
            target = encode_answer([Thing(box=self.box(thing, seen.image))], key)
            yield self.sample(seen.image, number, thing.gloss or "", target)


class Name(_OfPictures):
    """Say what stands in a box."""

    name = "name"
    instruction = "Name what is in the box."

    def about(self, seen: Picture) -> Iterator[Sample]:
        """Yield one sample for one of the things."""
        thing = seen.rng.choice(seen.things)
        body = encode_answer(self.box(thing, seen.image), "box")
        target = encode_answer([Thing(name=self.context.pad + (thing.gloss or ""))], "box")
        sample = self.sample(seen.image, 0, body, target)
        text = sample.prompt.text
        asked = msgspec.structs.replace(sample.prompt, boxes=((len(text) - len(body), len(text)),))
        yield msgspec.structs.replace(sample, prompt=asked)


class Describe(_OfPictures):
    """List the things of a picture with their boxes, from left to right."""

    name = "describe"
    instruction = "List what the picture shows, with boxes."

    def about(self, seen: Picture) -> Iterator[Sample]:
        """Yield one sample."""
        pad = self.context.pad
        listed = [
            Thing(name=pad + (t.gloss or ""), box=self.box(t, seen.image)) for t in seen.things
        ]
        yield self.sample(seen.image, 0, "", encode_answer(listed, self.context.boxes.key))


class Match(_OfPictures):
    """Say whether a picture shows what a phrase or a caption says."""

    name = "match"
    instruction = "Does the picture show this? Answer yes or no."

    def about(self, seen: Picture) -> Iterator[Sample]:
        """Yield yes and no for a name, and for the caption with one name put wrong."""
        shown = {thing.gloss for thing in seen.things}
        thing = seen.rng.choice(seen.things)
        absent = [name for name in seen.names if name not in shown]
        alike = [name for name in absent if name.split()[0] == (thing.gloss or "").split()[0]]
        other = seen.rng.choice(alike or absent)
        yield self.sample(seen.image, 0, thing.gloss or "", "yes")
        yield self.sample(seen.image, 1, other, "no")
        if seen.event.caption:
            yield self.sample(seen.image, 2, seen.event.caption, "yes")
            wrong = seen.event.caption.replace(thing.gloss or "", other)
            yield self.sample(
                seen.image,
                3,
                wrong if seen.rng.random() < 0.7 else seen.rng.choice(seen.captions),
                "no",
            )


SKILLS: tuple[type[Task], ...] = (
    Phrases,
    Quote,
    Beside,
    Continue,
    Locate,
    Name,
    Describe,
    Caption,
    Match,
)
