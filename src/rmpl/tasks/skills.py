"""Pretraining tasks of the embedded model: copying, naming, locating, describing, matching.

A real vision-language model already has these skills; the embedded one learns them from documents
before it is trained on events. They use entity mentions, boxes and the glosses of boxes, never an
event type, a trigger or a role.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from rmpl.records import Document, Image, ImageArgument, ImageEvent, Sentence, Span
from rmpl.scoring.counts import Counts
from rmpl.tasks.base import Prompt, Sample, Task, mark
from rmpl.tasks.caption import Caption
from rmpl.tasks.counting import argument_item, count_matches, same_item
from rmpl.tasks.grammars import Grammar, one_line
from rmpl.tasks.schema import Answer, BoxValue, Participant, encode_answer, read_items
from rmpl.tasks.spans import name_span


class Phrase(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A phrase copied from a sentence.

    ``side`` is its relation to a marked word: the preposition before it, "and" for a coordinated
    phrase, or its position ("before", "after").
    """

    side: str | None = None
    span: str
    nth: int = 1


class Thing(msgspec.Struct, omit_defaults=True):
    """Something in an image: its name, its box, or both."""

    name: str | None = None
    box: BoxValue | None = None


class Exercise(msgspec.Struct, frozen=True):
    """A training question: the body of the prompt, and its answer."""

    id: str
    body: str
    answer: str
    image: Image | None = None


class Skill(Task[Exercise, Any]):
    """A task used in training only, never in extraction; its answer is one line.

    ``writes`` is the item type of a JSON list; ``None`` if the answer is plain text.
    """

    writes: ClassVar[type[Phrase] | type[Thing] | None] = None

    def ask(self, question: Exercise) -> Prompt:
        """Return the prompt of an exercise."""
        return self.prompt(question.body, question.image)

    def grammar(self, question: Exercise) -> Grammar:  # noqa: ARG002 - as every task's
        """Return the grammar of one line."""
        return one_line()

    def target(self, question: Exercise) -> str:
        """Return the answer to an exercise."""
        return question.answer

    def read(self, answer: str, question: Exercise) -> Answer[Any]:  # noqa: ARG002
        """Parse a list, or a non-empty line."""
        return self._read(answer)

    def count(self, sample: Sample, answer: str) -> Counts:
        """Count the phrases or things of a list; plain text is one item."""
        if self.writes is None:
            return super().count(sample, answer)
        image, boxes = sample.prompt.image, self.context.boxes
        written, wanted = (
            [argument_item("", _participant(one), image, boxes) for one in self._read(text).items]
            for text in (answer, sample.target)
        )
        return count_matches(written, wanted, same_item)

    def _read(self, answer: str) -> Answer[Any]:
        if self.writes is not None:
            return read_items(answer, self.context.boxes.key, self.writes)
        text = answer.strip()
        return Answer([text], None if text else "an empty answer")


def _participant(one: Phrase | Thing) -> Participant:
    if isinstance(one, Phrase):
        return Participant(role=one.side or "", span=one.span, nth=one.nth)
    return Participant(role="", span=one.name, box=one.box)


class Phrases(Skill):
    """Copy every noun phrase that refers to an entity, in order."""

    name = "phrases"
    writes = Phrase
    medium = "text"
    instruction = "List who and what the sentence mentions."

    def questions_in(self, document: Document) -> Iterable[Exercise]:
        """Yield one exercise per sentence with entity mentions."""
        for sentence in document.sentences:
            if not sentence.entities:
                continue
            named = [name_span(sentence, span) for span in sorted(sentence.entities)]
            phrases = [Phrase(span=self.context.pad + text, nth=nth) for text, nth in named]
            yield Exercise(sentence.id, sentence.text, encode_answer(phrases, "box"))


class Quote(Skill):
    """Copy a random span of a sentence, given by the word before it and its length."""

    name = "quote"
    writes = Phrase
    medium = "text"
    instruction = "Copy the asked number of words that follow the given word."

    def questions_in(self, document: Document) -> Iterable[Exercise]:
        """Yield one exercise per sentence."""
        for sentence in document.sentences:
            found = self._stretch(sentence)
            if found is None:
                continue
            before, span = found
            text, nth = name_span(sentence, span)
            length = span.end - span.start
            body = f"{length} after{self.context.pad or ' '}{before} in: {sentence.text}"
            answer = encode_answer([Phrase(span=self.context.pad + text, nth=nth)], "box")
            yield Exercise(sentence.id, body, answer)

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


class Beside(Skill):
    """Copy the noun phrases nearest to a marked word, two before and two after it.

    Each is copied with its preposition, if there is one: prepositions and position mostly determine
    who does what to whom.
    """

    name = "beside"
    writes = Phrase
    medium = "text"
    instruction = (
        "Which two phrases stand nearest before the word in [brackets], which two after it? "
        "Give each with its preposition, or else its side."
    )

    def questions_in(self, document: Document) -> Iterable[Exercise]:
        """Yield one exercise per sentence with a word outside all phrases."""
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
                Phrase(side=self._side(sentence, span, marked), span=self.context.pad + text, nth=n)
                for span in before + after
                for text, n in [name_span(sentence, span)]
            ]
            body = mark(sentence, Span(marked, marked + 1))
            yield Exercise(sentence.id, body, encode_answer(found, "box"))

    @staticmethod
    def _side(sentence: Sentence, phrase: Span, marked: int) -> str:
        words = sentence.words()
        lead = phrase.start - 1
        if lead >= 0 and words[lead].lower() in _DETERMINERS:
            lead -= 1
        if lead >= 0 and lead != marked and words[lead].lower() in _LINKS:
            return words[lead].lower()
        return "before" if phrase.end <= marked else "after"


class Continue(Skill):
    """Continue a sentence from its beginning."""

    name = "continue"
    medium = "text"
    instruction = "Continue the sentence."

    def questions_in(self, document: Document) -> Iterable[Exercise]:
        """Yield one exercise per sentence of at least six tokens."""
        for sentence in document.sentences:
            if len(sentence.tokens) < 6:
                continue
            rng = random.Random(f"{sentence.id} continue")
            cut = sentence.tokens[rng.randint(1, len(sentence.tokens) // 2)][0]
            head, tail = sentence.text[:cut].rstrip(), sentence.text[cut:]
            yield Exercise(sentence.id, head, self.context.pad + tail)


class GlossedImage(msgspec.Struct):
    """An image with named boxes, and the names and captions of the corpus.

    ``things`` are ordered from left to right.
    """

    image: Image
    event: ImageEvent
    things: list[ImageArgument]
    names: list[str]
    captions: list[str]
    rng: random.Random


class _ImageSkill(Skill):
    """Skills about images whose boxes have glosses."""

    medium = "image"

    def questions(self, documents: Sequence[Document]) -> Iterator[Exercise]:
        """Yield the exercises of every image with named boxes."""
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
                yield from self.about(GlossedImage(image, event, things, names, captions, rng))

    def about(self, seen: GlossedImage) -> Iterator[Exercise]:
        """Yield the exercises of one image."""
        raise NotImplementedError

    def exercise(self, image: Image, number: int, body: str, answer: str) -> Exercise:
        """Return an exercise about an image."""
        return Exercise(f"{image.id}.{number}", body, answer, image)

    def box(self, thing: ImageArgument, image: Image) -> BoxValue:
        """Return a thing's box in the format of the model family."""
        return self.context.boxes.encode(thing.box, image.width, image.height)


class Locate(_ImageSkill):
    """Locate a named thing."""

    name = "locate"
    writes = Thing
    instruction = "Give the box of the named thing."

    def about(self, seen: GlossedImage) -> Iterator[Exercise]:
        """Yield one exercise per thing."""
        key = self.context.boxes.key
        for number, thing in enumerate(seen.things):
            target = encode_answer([Thing(box=self.box(thing, seen.image))], key)
            yield self.exercise(seen.image, number, thing.gloss or "", target)


class Name(_ImageSkill):
    """Name the content of a box."""

    name = "name"
    writes = Thing
    instruction = "Name what is in the box."

    def about(self, seen: GlossedImage) -> Iterator[Exercise]:
        """Yield one exercise for one of the things."""
        thing = seen.rng.choice(seen.things)
        body = encode_answer(self.box(thing, seen.image), "box")
        target = encode_answer([Thing(name=self.context.pad + (thing.gloss or ""))], "box")
        yield self.exercise(seen.image, 0, body, target)

    def ask(self, question: Exercise) -> Prompt:
        """Return the prompt of an exercise, whose body is a box, possibly with special tokens."""
        prompt = super().ask(question)
        end = len(prompt.text)
        return msgspec.structs.replace(prompt, boxes=((end - len(question.body), end),))


class Describe(_ImageSkill):
    """List the things of an image with their boxes, from left to right."""

    name = "describe"
    writes = Thing
    instruction = "List what the picture shows, with boxes."

    def about(self, seen: GlossedImage) -> Iterator[Exercise]:
        """Yield one exercise."""
        pad = self.context.pad
        listed = [
            Thing(name=pad + (t.gloss or ""), box=self.box(t, seen.image)) for t in seen.things
        ]
        yield self.exercise(seen.image, 0, "", encode_answer(listed, self.context.boxes.key))


class Match(_ImageSkill):
    """Decide whether an image matches a phrase or a caption."""

    name = "match"
    instruction = "Does the picture show this? Answer yes or no."

    def about(self, seen: GlossedImage) -> Iterator[Exercise]:
        """Yield yes and no for a name, and for the caption with and without a wrong name.

        Where all names of the corpus are in the image, there is no wrong one, and no "no".
        """
        shown = {thing.gloss for thing in seen.things}
        thing = seen.rng.choice(seen.things)
        absent = [name for name in seen.names if name not in shown]
        alike = [name for name in absent if name.split()[0] == (thing.gloss or "").split()[0]]
        other = seen.rng.choice(alike or absent) if absent else None
        yield self.exercise(seen.image, 0, thing.gloss or "", "yes")
        if other is not None:
            yield self.exercise(seen.image, 1, other, "no")
        if seen.event.caption:
            yield self.exercise(seen.image, 2, seen.event.caption, "yes")
        if seen.event.caption and other is not None:
            wrong = seen.event.caption.replace(thing.gloss or "", other)
            yield self.exercise(
                seen.image,
                3,
                wrong if seen.rng.random() < 0.7 else seen.rng.choice(seen.captions),
                "no",
            )


SKILLS: tuple[type[Task[Any, Any]], ...] = (
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
