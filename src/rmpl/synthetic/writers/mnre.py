"""Writes posts with their images as MNRE version 2: one Python dict literal per line."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rmpl.synthetic.images.files import save_image
from rmpl.synthetic.images.scenes import draw_tie
from rmpl.synthetic.story.casts import Setting
from rmpl.synthetic.text.posts import Post, invent_post


def mnre_record(post: Post, img_id: str) -> dict[str, Any]:
    """Return a post as version 2 writes it; ``pos`` is ``[start, end)`` in words."""

    def entity(span: tuple[int, int]) -> dict[str, Any]:
        return {"name": " ".join(post.words[slice(*span)]), "pos": list(span)}

    return {
        "token": list(post.words),
        "h": entity(post.head),
        "t": entity(post.tail),
        "img_id": img_id,
        "relation": post.label,
    }


def write_mnre(
    folder: Path,
    *,
    train: int,
    val: int,
    seed: int,
    setting: Setting,
    drawn: Callable[[], None],
) -> dict[str, int]:
    """Write ``train`` and ``val`` posts to ``folder``; ``drawn`` is called after each image."""
    for split, count in (("train", train), ("val", val)):
        images = folder / "img_org" / split
        images.mkdir(parents=True)
        lines: list[str] = []
        for number in range(count):
            rng = random.Random(f"{seed}/mnre/{split}/{number}")
            post = invent_post(number, rng, setting)
            part = 1 if split == "train" else 2
            img_id = f"twitter_stream_2031_{rng.randint(1, 12):02d}_{part}_{number}.jpg"
            scene = draw_tie(*post.shown, post.tie, rng)
            save_image(scene.image, images / img_id)
            lines.append(f"{mnre_record(post, img_id)}\n")
            drawn()
        (folder / f"mnre_{split}.txt").write_text("".join(lines), encoding="utf-8")
    return {"train": train, "val": val}
