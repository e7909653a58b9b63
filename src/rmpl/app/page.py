"""The page: files of this package, kept in memory, and their Content-Security-Policy."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

from fastapi.responses import Response

from rmpl.viewer.page import palette, script_hash, style_hash

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
