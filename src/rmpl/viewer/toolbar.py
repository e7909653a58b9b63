"""The filters above a report's documents, evaluated by the page's script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rmpl.viewer.compare import Comparison
from rmpl.viewer.drawing.items import all_items
from rmpl.viewer.drawing.palette import SIGNS
from rmpl.viewer.markup import Markup, el


def _choice(name: str, key: str, options: Iterable[tuple[str, str]]) -> Markup:
    everything = el("option", {"value": ""}, f"any {name}")
    rows = [el("option", {"value": value}, shown) for value, shown in options]
    attributes = {"name": key, "aria-label": name}
    return el("select", attributes, everything, *rows)


def draw_toolbar(comparisons: Sequence[Comparison]) -> Markup:
    """Return the filters by setting, kind, type, role, verdict and document."""
    items = all_items(comparisons)
    verdicts = {item.verdict for item in items}
    signs = [
        (sign.word, f"{sign.glyph} {sign.word}")
        for sign in SIGNS.values()
        if sign.word and sign.word in verdicts
    ]
    settings = [(one, one) for one in ("text", "image", "multimedia")]
    kinds = [(one, f"{one}s") for one in ("mention", "argument", "link")]
    types = sorted({(item.event_type, item.event_type) for item in items if item.event_type})
    roles = sorted({(item.role, item.role) for item in items if item.role})
    return el(
        "div",
        {"id": "toolbar", "role": "search"},
        _choice("setting", "setting", settings),
        _choice("item", "kind", kinds),
        _choice("type", "type", types),
        _choice("role", "role", roles),
        _choice("verdict", "verdict", signs),
        el("input", {"type": "search", "name": "document", "placeholder": "document id or words"}),
        el("button", {"type": "button", "name": "reset"}, "Reset"),
        el("output", {"id": "shown"}),
    )
