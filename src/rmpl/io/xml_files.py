"""XML from elsewhere: nothing may be declared in it."""

from __future__ import annotations

import re

from rmpl.errors import RmplError

_DECLARES = re.compile(rb"<!(?:ENTITY|ELEMENT|ATTLIST)")


def check_declarations(data: bytes, where: str) -> None:
    """Refuse XML that declares something: entities can make a small file huge, or name others.

    Raises
    ------
    RmplError
        If it does, or is in UTF-16, in which declarations would not be seen.
    """
    if _DECLARES.search(data) or b"\0" in data[:100]:
        raise RmplError("an XML file with declarations, or in UTF-16", where=where)
