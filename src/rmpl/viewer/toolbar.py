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


def _named(all_: Iterable[str]) -> list[tuple[str, str]]:
    return [(one, one) for one in all_]


def draw_toolbar(comparisons: Sequence[Comparison], extra: Sequence[Markup] = ()) -> Markup:
    """Return the filters by setting, kind, type, role, verdict and document.

    A filter with fewer than two values would filter nothing and is left out. ``extra`` are the
    controls of a page of extracted documents.
    """
    items = all_items(comparisons)
    verdicts = {item.verdict for item in items}
    signs = [
        (sign.word, f"{sign.glyph} {sign.word}")
        for sign in SIGNS.values()
        if sign.word and sign.word in verdicts
    ]
    is_judged = any(comparison.judged is not None for comparison in comparisons)
    order = ("text", "image", "multimedia")
    settings = _named(one for one in order if one in {item.setting for item in items})
    kinds = [(one, f"{one}s") for one in ("mention", "argument", "link")]
    choices = [
        ("setting", "setting", settings),
        ("item", "kind", [one for one in kinds if one[0] in {item.kind for item in items}]),
        ("type", "type", _named(sorted({item.event_type for item in items if item.event_type}))),
        ("role", "role", _named(sorted({item.role for item in items if item.role}))),
        ("verdict", "verdict", signs),
    ]
    search = {"type": "search", "name": "document", "placeholder": "document id or words"}
    return el(
        "div",
        {"id": "toolbar", "role": "search"},
        *extra,
        *(
            _choice(*choice)
            for choice in choices
            if len(choice[2]) > 1 and (is_judged or choice[1] != "kind")
        ),
        el("input", {**search, "aria-label": "search"}) if len(comparisons) > 1 else None,
        el("button", {"type": "button", "name": "reset"}, "Reset"),
        el("output", {"id": "shown"}),
    )
