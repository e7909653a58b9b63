"""Writes news documents as M2E2 v0.1: five files, a list of image ids and the images.

Conventions of the dataset with its pitfalls: word spans end exclusive; ``index`` holds character
offsets in the article as strings, end INCLUSIVE; the final full stop is cut off the sentence but
stays the last word; events that are also in images are in ``text_multimedia_event.json``, all
others in ``text_only_event.json``, so that a sentence with both is in both files.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rmpl.ontology import load_ontology
from rmpl.records import Span
from rmpl.synthetic.documents import Line, News
from rmpl.synthetic.images.files import save_image, shoot
from rmpl.synthetic.images.scenes import Scene
from rmpl.synthetic.text.annotate import heads, pos_tags

_ONTOLOGY = load_ontology("m2e2")
_PARAGRAPH = "\n\n"
_UNION_RATE = 0.5
"""The rate of groups annotated as one box with flag "0" instead of one box per member."""


def sentence_record(
    line: Line, sentence_id: str, start: int, images: Sequence[str], *, multimedia: bool
) -> dict[str, Any]:
    """Return one sentence as M2E2's JSON object.

    Parameters
    ----------
    start
        Offset of the sentence's first character in the article.
    images
        File names of all images of the article.
    multimedia
        Whether to include the events that are also in images (True) or the others (False).
    """
    telling = line.telling
    text, tokens = telling.spaced()
    sentence = text.removesuffix(".")
    tags = pos_tags(telling)

    def located(span: Span) -> dict[str, Any]:
        phrase = text[tokens[span.start][0] : tokens[span.end - 1][1]]
        return {"start": span.start, "end": span.end, "text": phrase}

    return {
        "sentence_id": sentence_id,
        "sentence_start": start,
        "sentence_end": start + len(sentence),
        "sentence": sentence,
        "words": list(telling.words),
        "index": [[str(start + a), str(start + b - 1)] for a, b in tokens],
        "pos-tags": tags,
        "combined-parsing": [f"dep={n}/gov={g}" for n, g in enumerate(heads(tags))],
        "golden-entity-mentions": [
            {
                "entity-type": mention.kind,
                "text": located(mention.span)["text"],
                "start": mention.span.start,
                "end": mention.span.end,
            }
            for mention in telling.mentions
        ],
        "golden-event-mentions": [
            {
                "trigger": located(event.trigger),
                "event_type": event.event_type,
                "arguments": [{"role": role, **located(span)} for role, span in event.arguments],
            }
            for number, event in enumerate(telling.events)
            if (number == line.linked) == multimedia
        ],
        "image": list(images),
    }


def image_record(event_type: str, scene: Scene, rng: random.Random) -> dict[str, Any]:
    """Return one image's event as M2E2's JSON object: flagged boxes per role, 1-based pixels."""
    known = _ONTOLOGY.events[event_type].image
    roles: dict[str, list[list[str | int]]] = {}
    for placed in scene.placed:
        if placed.role not in known:
            continue
        union = len(placed.members) > 1 and rng.random() < _UNION_RATE
        boxes = [placed.box] if union or not placed.members else placed.members
        roles.setdefault(placed.role, []).extend(
            ["0" if union else "1", *_one_based(box, scene.image.size)] for box in boxes
        )
    return {"role": roles, "event_type": event_type}


def _one_based(box: Sequence[int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    x1, y1 = max(1, box[0]), max(1, box[1])
    return x1, y1, max(x1 + 1, min(size[0], box[2])), max(y1 + 1, min(size[1], box[3]))


def write_m2e2(
    folder: Path, corpus: Sequence[News], *, seed: int, drawn: Callable[[], None]
) -> dict[str, int]:
    """Write documents to ``folder``; ``drawn`` is called after each image.

    Returns
    -------
    dict
        Counts: documents, sentences, events, images, links.
    """
    (folder / "images").mkdir(parents=True)
    texts: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    image_files: dict[bool, dict[str, Any]] = {False: {}, True: {}}
    image_ids: list[str] = []
    links: list[str] = []
    for news in corpus:
        ids = [f"{news.id}_{number}" for number in range(len(news.shots))]
        image_ids += ids
        _add_sentences(news, [f"{image_id}.jpg" for image_id in ids], texts)
        for image_id, shot in zip(ids, news.shots, strict=True):
            rng = random.Random(f"{seed}/{image_id}")
            scene = shoot(shot.happening, shot.entities, rng, held_out=True)
            save_image(scene.image, folder / "images" / f"{image_id}.jpg")
            if shot.event_type is not None:
                image_files[shot.linked][image_id] = image_record(shot.event_type, scene, rng)
            drawn()
        links += [
            f"{news.id}_{line}\t{ids[shot]}.jpg\t{news.shots[shot].event_type}"
            for line, shot in news.links
        ]
    _dump(folder / "text_only_event.json", texts[False])
    _dump(folder / "text_multimedia_event.json", texts[True])
    _dump(folder / "image_only_event.json", image_files[False])
    _dump(folder / "image_multimedia_event.json", image_files[True])
    _lines(folder / "crossmedia_coref.txt", links)
    _lines(folder / "image_ids.txt", image_ids)
    return {
        "documents": len(corpus),
        "sentences": sum(len(news.lines) for news in corpus),
        "text events": sum(len(line.telling.events) for news in corpus for line in news.lines),
        "images": len(image_ids),
        "image events": sum(len(events) for events in image_files.values()),
        "links": len(links),
    }


def _add_sentences(
    news: News, images: Sequence[str], texts: dict[bool, list[dict[str, Any]]]
) -> None:
    start = 0
    for number, line in enumerate(news.lines):
        text, _ = line.telling.spaced()
        others = len(line.telling.events) - (line.linked is not None)
        for multimedia in (False, True):
            if (line.linked is not None) if multimedia else (others or line.linked is None):
                record = sentence_record(
                    line, f"{news.id}_{number}", start, images, multimedia=multimedia
                )
                texts[multimedia].append(record)
        start += len(text) + len(_PARAGRAPH if number % 3 == 2 else " ")


def _dump(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
