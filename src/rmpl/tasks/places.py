"""The character spans of an answer's items, from which their confidences are computed."""

from __future__ import annotations

import re

Place = tuple[int, int]
"""A character span of an answer, ``end`` exclusive."""

_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def object_places(answer: str) -> list[Place]:
    """Return the character spans of the objects of a JSON list; a truncated one ends at the end.

    Nested objects are not listed. The result is meaningless for anything but a list of objects.
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
