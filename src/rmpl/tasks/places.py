"""Where the items of an answer stand in it: what each of them was worth to the model."""

from __future__ import annotations

import re

Place = tuple[int, int]
"""Characters of an answer, ``end`` exclusive."""

_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def object_places(answer: str) -> list[Place]:
    """Return where the objects of a JSON list stand; one that is cut off reaches to the end.

    Objects within objects have no place of their own. Of anything but a list of objects, the places
    mean nothing.
    """
    places: list[Place] = []
    depth, start = 0, -1
    for sign in _SIGN.finditer(answer):
        if sign[0][0] == '"':
            continue
        if sign[0] in "[{":
            depth += 1
            if depth == 2:
                start = sign.start()
            continue
        if depth == 2:
            places.append((start, sign.end()))
            start = -1
        depth -= 1
    return places if start < 0 else [*places, (start, len(answer))]
