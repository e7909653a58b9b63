"""Invented documents with everything that tools may hold, the same for a seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import PIL.Image

from rmpl.io.segmentation import word_spans
from rmpl.records import (
    Alignment,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Relation,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

PEOPLE = [
    "Ana Reyes",
    "the U.S. envoy",
    "three men",
    "Müller",
    "अना",
    "安娜",
    "a 😀 fan",
    "O'Neil's men",
]
VERBS = {"arrested": "Justice:Arrest-Jail", "attacked": "Conflict:Attack", "met": "Contact:Meet"}
ROLES = {
    "Justice:Arrest-Jail": ("Agent", "Person", "Place"),
    "Conflict:Attack": ("Attacker", "Target", "Place"),
    "Contact:Meet": ("Entity", "Entity", "Place"),
}
PLACES = ["Lima-Callao", "Kyiv", "利马", "the harbor"]
COUNT = 24


def documents(folder: Path, seed: int = 7) -> list[Document]:
    """Return documents with text, images, links, relations and scores; images lie in ``folder``."""
    rng = random.Random(seed)
    return [_document(number, folder, rng) for number in range(COUNT)]


def _document(number: int, folder: Path, rng: random.Random) -> Document:
    name = rng.choice(["news/{}", "d{}", "Bericht {}: a"]).format(number)
    sentences: list[Sentence] = []
    events: list[TextEvent] = []
    for _ in range(rng.randint(1, 4)):
        verb = rng.choice(sorted(VERBS))
        words = [rng.choice(PEOPLE), verb, rng.choice(PEOPLE), "in", rng.choice(PLACES)]
        text = " ".join(words) + "."
        tokens = tuple(word_spans(text))
        spans = [_span(tokens, text, words, place) for place in (0, 1, 2, 4)]
        sentence_id = f"{name}_{len(sentences)}"
        entities = tuple(dict.fromkeys([spans[0], spans[3]][: rng.randint(0, 2)]))
        sentences.append(Sentence(sentence_id, text, tokens, entities))
        kinds = [VERBS[verb]] + [rng.choice(sorted(VERBS.values()))] * rng.randint(0, 1)
        for kind in kinds:
            pairs = list(zip(ROLES[kind], (spans[0], spans[2], spans[3]), strict=True))
            arguments = tuple(
                TextArgument(role, span, round(rng.random(), 3) if rng.random() < 0.5 else None)
                for role, span in pairs[: rng.randint(0, 3)]
            )
            event_id = f"t{len(events)}" if rng.random() < 0.5 else f"E{len(events) + 1}"
            events.append(
                TextEvent(event_id, sentence_id, kind, spans[1], arguments, round(rng.random(), 3))
            )
    images, shown = _images(number, name, folder, rng)
    links = []
    relations = []
    if shown and events:
        pair = events[0], shown[0]
        alignments = ()
        if pair[0].arguments and pair[1].arguments:
            span, box = pair[0].arguments[0].span, pair[1].arguments[0].box
            role = pair[0].arguments[0].role
            if role == pair[1].arguments[0].role:
                alignments = (Alignment(role, span, box, 0.5),)
        links.append(Link(pair[0].id, pair[1].id, 0.75, alignments))
    if images:
        first = sentences[0]
        relations.append(
            Relation("rel 1", first.id, images[0].id, "/per/loc", Span(0, 1), Span(1, 2))
        )
    return Document(
        name,
        tuple(sentences),
        tuple(images),
        tuple(events),
        tuple(shown),
        tuple(links),
        tuple(relations),
        partial=rng.random() < 0.2,
    )


def _span(tokens: tuple[tuple[int, int], ...], text: str, words: list[str], place: int) -> Span:
    start = len(" ".join(words[:place])) + bool(place)
    end = start + len(words[place])
    inside = [n for n, (a, b) in enumerate(tokens) if a >= start and b <= end]
    return Span(inside[0], inside[-1] + 1)


def _images(
    number: int, name: str, folder: Path, rng: random.Random
) -> tuple[list[Image], list[ImageEvent]]:
    images, events = [], []
    for place in range(rng.randint(0, 2)):
        path = folder / f"{number}_{place}.png"
        width, height = rng.randint(30, 90), rng.randint(30, 90)
        PIL.Image.new("RGB", (width, height), (place, number, 0)).save(path)
        images.append(Image(f"{name} image {place}", str(path), width, height))
        for kind in rng.sample(sorted(VERBS.values()), rng.randint(1, 2)) * rng.randint(1, 2):
            role = {"Justice:Arrest-Jail": "Person", "Conflict:Attack": "Target"}.get(
                kind, "Entity"
            )
            arguments = []
            for _ in range(rng.randint(0, 3)):
                x, y = rng.uniform(0, width - 9), rng.uniform(0, height - 9)
                box = Box(x, y, x + rng.uniform(2, 9), y + rng.uniform(2, 9), rng.random() < 0.2)
                arguments.append(ImageArgument(role, box, round(rng.random(), 3), "a gloss"))
            caption = "A man is led away." if rng.random() < 0.5 else None
            events.append(
                ImageEvent(
                    f"i{len(events)}",
                    images[-1].id,
                    kind,
                    tuple(arguments),
                    round(rng.random(), 3),
                    None,
                    caption,
                )
            )
    return images, events


def submitted(tasks: Path, out: Path) -> Path:
    """Write Label Studio's export of tasks whose predictions an annotator submitted unchanged."""
    exported = []
    for number, task in enumerate(json.loads(tasks.read_text("utf-8")), start=1):
        result = task["predictions"][0]["result"]
        annotation = {"id": 100 + number, "was_cancelled": False, "result": result}
        exported.append({"id": number, "data": task["data"], "annotations": [annotation]})
    out.write_text(json.dumps(exported, ensure_ascii=False), "utf-8")
    return out
