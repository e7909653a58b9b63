"""Documents as people write them, with events that fit them."""

from __future__ import annotations

import random
from typing import Any

TYPES = {
    "Conflict:Attack": ("Attacker", "Target"),
    "Justice:Arrest-Jail": ("Agent", "Person"),
    "Life:Die": ("Victim", "Agent"),
}
WORDS = "Police arrested rebels Ana Reyes in Lima on Monday 3 caf\u00e9s \u4e2d\u6587 U.S.".split()


def document(rng: random.Random, name: str) -> dict[str, Any]:
    """Return a document of one's own (docs/own_data.md)."""
    sentences = [_sentence(rng, f"{name}_{number}") for number in range(rng.randrange(1, 4))]
    images = [{"id": f"i{number}", "path": "a.png"} for number in range(rng.randrange(3))]
    texts = [_text_event(rng, f"t{number}", sentences) for number in range(rng.randrange(3))]
    shown = [_image_event(rng, f"e{number}", images) for number in range(2) if images]
    tree: dict[str, Any] = {"id": name, "sentences": sentences, "images": images}
    tree |= {"text_events": texts, "image_events": shown, "links": []}
    if texts and shown and rng.randrange(2):
        tree["links"] = [{"text": texts[0]["id"], "image": shown[0]["id"], "score": 0.5}]
    return tree if rng.randrange(4) else {**tree, "partial": True}


def _sentence(rng: random.Random, name: str) -> dict[str, Any]:
    words = rng.choices(WORDS, k=rng.randrange(2, 9))
    tokens, position = [], 0
    for word in words:
        tokens.append([position, position + len(word)])
        position += len(word) + 1
    return {"id": name, "text": " ".join(words), "tokens": tokens}


def _text_event(rng: random.Random, name: str, sentences: list[dict[str, Any]]) -> dict[str, Any]:
    sentence = rng.choice(sentences)
    kind = rng.choice(list(TYPES))
    places = rng.sample(range(len(sentence["tokens"])), 2)
    spans = [[place, place + 1] for place in places]
    arguments = [{"role": rng.choice(TYPES[kind]), "span": spans[1]}]
    return {"id": name, "sentence_id": sentence["id"], "event_type": kind, "trigger": spans[0],
            "arguments": arguments}  # fmt: skip


def _image_event(rng: random.Random, name: str, images: list[dict[str, Any]]) -> dict[str, Any]:
    kind = rng.choice(list(TYPES))
    x, y = rng.randrange(4), rng.randrange(4)
    box = {"x1": x, "y1": y, "x2": x + 3.5, "y2": y + 2}
    arguments = [{"role": rng.choice(TYPES[kind]), "box": box}]
    return {"id": name, "image_id": rng.choice(images)["id"], "event_type": kind,
            "arguments": arguments}  # fmt: skip


def prediction(rng: random.Random, name: str) -> dict[str, Any]:
    """Return the same as a line of a prediction file (docs/scoring.md)."""
    tree = document(rng, name)
    for event in tree["text_events"]:
        start, end = event["trigger"]
        event["trigger"] = {"start": start, "end": end}
        for argument in event["arguments"]:
            argument["start"], argument["end"] = argument.pop("span")
        event["score"] = 0.5
    for event in tree["image_events"]:
        for argument in event["arguments"]:
            argument["box"] = list(argument["box"].values())
    keys = ("text_events", "image_events", "links")
    return {"doc_id": name, **{key: tree[key] for key in keys}}
