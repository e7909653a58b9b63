"""Writes images of happenings as SWiG with imSitu's space of verbs and nouns.

One box per role (of a group: the union), ``[-1, -1, -1, -1]`` if a role is not visible; three
annotators, who sometimes leave a role empty or choose the more general noun.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rmpl.synthetic.images.files import save_image, shoot
from rmpl.synthetic.images.scenes import Placed
from rmpl.synthetic.story.plot import (
    COLOURED_THINGS,
    COLOURS,
    PERSONS,
    PLAIN_THINGS,
    VEHICLES,
    Entity,
    Happening,
)
from rmpl.synthetic.story.situations_plan import (
    NEAR_MISSES,
    SITUATIONS,
    Situation,
    imsitu_players,
    invent,
)

NEAR_MISS_RATE = 0.55
"""Of SWiG's own images 87% show none of M2E2's event types."""
_STILL_RATE = 0.35
"""Share of near misses that show people who only stand around."""
_EMPTY_RATE = 0.06
_PLAIN_RATE = 0.06
_UNGROUNDED_RATE = 0.04
_NOWHERE = [-1, -1, -1, -1]
_SCENERY = ("street", "square", "park", "room", "yard", "roadside")


def _glosses() -> Iterator[tuple[str, str]]:
    """Yield all nouns with their more general second gloss, in a fixed order."""
    for kind in (*PERSONS, *VEHICLES, *COLOURED_THINGS):
        for colour in COLOURS:
            entity = Entity(kind, colour)
            yield entity.look, Entity(kind).look
            yield entity.looks, Entity(kind).looks
    for kind in (*PERSONS, *VEHICLES, *COLOURED_THINGS, *PLAIN_THINGS):
        yield Entity(kind).look, Entity(kind).look
        if kind not in ("money", "flames", "handcuffs"):
            yield Entity(kind).looks, Entity(kind).looks
    for scenery in _SCENERY:
        yield scenery, scenery


_NOUNS: dict[str, tuple[str, str]] = {
    gloss: (f"n9{number:07d}", plain) for number, (gloss, plain) in enumerate(_glosses())
}
"""Gloss -> noun id and more general gloss. WordNet has no id that starts with 9."""


def _gloss(entity: Entity) -> str:
    return entity.looks if entity.count > 1 else entity.look


class _Album:
    """Collects the records of one split and the nouns that its annotators used."""

    def __init__(self, folder: Path, seed: int, nouns: set[str]) -> None:
        self._folder = folder
        self._seed = seed
        self._nouns = nouns
        self.records: dict[str, dict[str, Any]] = {}

    def take(self, happening: Happening, name: str, *, still: bool) -> None:
        """Draw, store and annotate the image called ``name``."""
        rng = random.Random(f"{self._seed}/swig/{name}")
        entities = tuple(entity for _, entity in happening.roles) if still else None
        scene = shoot(None if still else happening, entities, rng, held_out=False)
        save_image(scene.image, self._folder / name)
        situation = SITUATIONS[happening.verb]
        players = imsitu_players(happening)
        width, height = scene.image.size
        self.records[name] = {
            "verb": happening.verb,
            "height": height,
            "width": width,
            "bb": {
                role: self._box(players.get(role, []), scene.placed, rng)
                for role in situation.order
            },
            "frames": self._frames(situation, players, rng),
        }

    def _box(
        self, players: Sequence[Entity], placed: Sequence[Placed], rng: random.Random
    ) -> list[int]:
        boxes = [one.box for one in placed if one.entity in players]
        if not boxes or rng.random() < _UNGROUNDED_RATE:
            return list(_NOWHERE)
        return [
            min(box[0] for box in boxes),
            min(box[1] for box in boxes),
            max(box[2] for box in boxes),
            max(box[3] for box in boxes),
        ]

    def _frames(
        self, situation: Situation, players: dict[str, list[Entity]], rng: random.Random
    ) -> list[dict[str, str]]:
        scenery = rng.choice(_SCENERY)
        frames: list[dict[str, str]] = []
        for _ in range(3):
            frame: dict[str, str] = {}
            for role in situation.order:
                gloss = scenery if role == "place" and rng.random() < 0.85 else ""
                if role in players:
                    gloss = _gloss(players[role][0])
                frame[role] = self._noun(gloss, rng)
            frames.append(frame)
        return frames

    def _noun(self, gloss: str, rng: random.Random) -> str:
        draw = rng.random()
        if not gloss or draw < _EMPTY_RATE:
            return ""
        if draw < _EMPTY_RATE + _PLAIN_RATE:
            gloss = _NOUNS[gloss][1]
        self._nouns.add(gloss)
        return _NOUNS[gloss][0]


def imsitu_space(nouns: set[str]) -> dict[str, Any]:
    """Return ``imsitu_space.json`` with all verbs and the ``nouns`` (glosses) in use."""
    used = sorted(nouns, key=lambda gloss: _NOUNS[gloss][0])
    return {
        "nouns": {
            _NOUNS[gloss][0]: {
                "gloss": list(dict.fromkeys((gloss, _NOUNS[gloss][1]))),
                "def": f"what is called {gloss}",
            }
            for gloss in used
        },
        "verbs": {
            situation.verb: {
                "framenet": "",
                "abstract": situation.abstract,
                "def": situation.definition,
                "order": list(situation.order),
                "roles": {
                    role: {"framenet": role, "def": f"The {role} of {situation.verb}"}
                    for role in situation.order
                },
            }
            for situation in SITUATIONS.values()
        },
    }


def _plan(count: int, rng: random.Random) -> list[tuple[Happening, bool]]:
    """Choose the contents of ``count`` images: types in turn, verbs in turn, near misses."""
    by_type: dict[str, list[str]] = {}
    for verb, situation in SITUATIONS.items():
        if situation.event_type is not None:
            by_type.setdefault(situation.event_type, []).append(verb)
    plan: list[tuple[Happening, bool]] = []
    for number in range(count):
        verbs = by_type[list(by_type)[number % len(by_type)]]
        verb = verbs[number // len(by_type) % len(verbs)]
        if rng.random() < NEAR_MISS_RATE:
            still = rng.random() < _STILL_RATE
            verb = rng.choice(("standing", "waiting") if still else NEAR_MISSES)
            plan.append((invent(verb, rng, held_out=False), still))
        else:
            plan.append((invent(verb, rng, held_out=False), False))
    rng.shuffle(plan)
    return plan


def write_swig(
    folder: Path, *, train: int, dev: int, seed: int, drawn: Callable[[], None]
) -> dict[str, int]:
    """Write ``train`` and ``dev`` images to ``folder``; ``drawn`` is called after each."""
    (folder / "images").mkdir(parents=True)
    nouns: set[str] = set()
    numbers: dict[str, int] = {}
    for split, count in (("train", train), ("dev", dev)):
        rng = random.Random(f"{seed}/swig/{split}")
        album = _Album(folder / "images", seed, nouns)
        for happening, still in _plan(count, rng):
            number = numbers[happening.verb] = numbers.get(happening.verb, 0) + 1
            album.take(happening, f"{happening.verb}_{number}.jpg", still=still)
            drawn()
        _dump(folder / f"{split}.json", album.records)
    _dump(folder / "imsitu_space.json", imsitu_space(nouns))
    return {"train": train, "dev": dev, "nouns": len(nouns)}


def _dump(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
