"""Text that XML can hold: that of GraphML and of workbooks."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def xml_text(text: str) -> str:
    """Return the text with every character that XML cannot hold replaced by ``U+FFFD``."""
    return _FORBIDDEN.sub("\ufffd", text)
