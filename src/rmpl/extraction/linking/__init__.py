"""Cross-media linking: which text events and image events are the same event."""

from rmpl._moved import from_module

_OLD = frozenset(
    {"THRESHOLD", "NOTHING_COMPARED", "Pair", "Linker", "candidates", "neutral", "assigned"}
)
__getattr__ = from_module(__name__, "rmpl.extraction.linking.linker", _OLD)
