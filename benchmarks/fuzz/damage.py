"""Accidents of files: cut, with changed, repeated or removed bytes, or nested without end."""

from __future__ import annotations

import random


def damaged(content: bytes, rng: random.Random, deep: int = 100_000) -> bytes | None:
    """Return a file's content after one accident; ``None`` for a folder in its place.

    What is nested is so ``deep``.
    """
    place = rng.randrange(len(content) + 1)
    length = rng.choice((1, 1, 1, 4, 64))
    kind = rng.randrange(8)
    if kind == 0:
        return content[:place]
    if kind in {1, 2, 3}:  # the most frequent one
        changed = bytearray(content)
        for at in range(place, min(place + length, len(content))):
            changed[at] ^= 1 << rng.randrange(8)
        return bytes(changed)
    if kind == 4:
        return content[:place] + content[place + length :]
    if kind == 5:
        return content[:place] + content[place : place + length] * 2 + content[place + length :]
    if kind == 6:
        return rng.choice((b"", b"[" * deep, b'{"a":' * deep, b"\xff\xfe\0", b"null", b"[]"))
    return None if rng.randrange(4) == 0 else content[:place] + rng.randbytes(length)
