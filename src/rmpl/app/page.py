"""The page: files of this package, kept in memory, and their Content-Security-Policy."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

from fastapi.responses import Response

from rmpl.records import Document
from rmpl.viewer.page import palette, script_hash, style_hash

COLUMNS = ["event", "where", "type or role", "what", "confidence"]
_STYLE = "app.css"
_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """A static file of the page."""

    name: str
    content: bytes

    def response(self) -> Response:
        """Return it as an HTTP response."""
        return Response(self.content, media_type=_KINDS[self.name.rpartition(".")[2]])


def read_assets() -> dict[str, Asset]:
    """Return the page's files by name; its style sheet begins with the colours of reports."""
    folder = resources.files("rmpl.app") / "assets"
    names = sorted(one.name for one in folder.iterdir() if one.name.rpartition(".")[2] in _KINDS)
    assets = {name: Asset(name, (folder / name).read_bytes()) for name in names}
    style = assets[_STYLE]
    return assets | {_STYLE: Asset(_STYLE, palette().encode() + style.content)}


def policy() -> str:
    """Return the Content-Security-Policy of every response: nothing is fetched from other hosts.

    A drawing is a page in a frame without a URL, which inherits this policy and adds its own: its
    script and style are allowed by their hashes.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {script_hash()}",
            f"style-src 'self' {style_hash()}",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "frame-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def table(document: Document) -> list[list[str]]:
    """Return one row per event and per argument, in document order."""
    sentences = {one.id: one for one in document.sentences}
    numbers = {one.id: f"sentence {n}" for n, one in enumerate(document.sentences, 1)}
    numbers |= {one.id: f"image {n}" for n, one in enumerate(document.images, 1)}
    rows = []
    for event in document.text_events:
        sentence, place = sentences[event.sentence_id], numbers[event.sentence_id]
        words = sentence.slice(event.trigger) if event.trigger.start >= 0 else event.trigger_text
        rows.append([event.id, place, event.event_type, words or "", _shown(event.score)])
        for one in event.arguments:
            words = sentence.slice(one.span) if one.span.start >= 0 else one.text
            rows.append([event.id, place, one.role, words or "", _shown(one.score)])
    for shown in document.image_events:
        place = numbers[shown.image_id]
        rows.append([shown.id, place, shown.event_type, "", _shown(shown.score)])
        for part in shown.arguments:
            box = part.box
            corners = ", ".join(f"{value:.0f}" for value in (box.x1, box.y1, box.x2, box.y2))
            rows.append([shown.id, place, part.role, f"box {corners}", _shown(part.score)])
    for link in document.links:
        both = f"{link.text} and {link.image}"
        rows.append([both, "text and image", "same event", "", _shown(link.score)])
    return rows


def _shown(score: float | None) -> str:
    return "" if score is None else f"{score:.2f}"
