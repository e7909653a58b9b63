"""One self-contained HTML page: style and script embedded, everything else locked out.

The page's Content-Security-Policy allows exactly the style sheet and the script it was written
with, by their hashes, and pictures embedded as data; no network, no inline handlers, no forms. So
even text that slipped through unescaped could not run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

from rmpl.errors import RmplError
from rmpl.io.files import appearing
from rmpl.viewer.markup import Markup, el, join

MAX_BYTES = 15_000_000
"""The size one file should not exceed; pictures are made smaller until it fits."""

_PICTURE_BYTES = (120_000, 60_000, 30_000, 12_000, 6_000)


@cache
def _asset(name: str) -> Markup:
    return Markup((resources.files("rmpl.viewer") / "assets" / name).read_text(encoding="utf-8"))


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def script_hash() -> str:
    """Return the source that lets the drawing layer's script through a policy."""
    return _hash(_asset("report.js"))


def style_hash() -> str:
    """Return the source that lets the drawing layer's style sheet through a policy."""
    return _hash(_asset("report.css"))


def content_security_policy() -> str:
    """Return the policy of every page that ``render_page`` writes."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script_hash()}",
            f"style-src {style_hash()}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def render_page(title: str, *body: Markup) -> str:
    """Return a whole HTML document with the drawing layer's style and script."""
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"http-equiv": "Content-Security-Policy", "content": content_security_policy()}),
        el("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("title", None, title),
        el("style", None, _asset("report.css")),
    )
    page = el(
        "html",
        {"lang": "en"},
        head,
        el("body", None, *body, el("script", None, _asset("report.js"))),
    )
    return str(join(Markup("<!DOCTYPE html>\n"), page, "\n"))


def write_page(file: Path, render: Callable[[int], str]) -> Path:
    """Write a page whose pictures are as large as its size allows, and return its file.

    It appears only when it is complete.

    Parameters
    ----------
    render
        Returns the page, with no picture of more than so many bytes.

    Raises
    ------
    RmplError
        If the file cannot be written.
    """
    content = b""
    for most in _PICTURE_BYTES:
        content = render(most).encode("utf-8")
        if len(content) <= MAX_BYTES:
            break
    try:
        with appearing(file) as page:
            page.write(content)
    except OSError as error:
        raise RmplError(
            f"the report cannot be written ({error.strerror})",
            where=str(file),
            remedy="choose a folder that exists and that you may write to",
        ) from error
    return file
