"""Self-contained HTML pages with embedded style sheet and script.

The page's Content-Security-Policy allows only its style sheet and script, by their hashes, and
embedded images; no network, no inline handlers, no forms. So even unescaped text could not be
executed.
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
"""The maximum file size; images are downsized until the page fits."""

_SCRIPTS = ("marks.js", "filters.js", "events.js", "landing.js")
"""The parts of the page's script, which are one function, in this order."""

_PICTURE_BYTES = (120_000, 60_000, 30_000, 12_000, 6_000)


@cache
def _asset(name: str) -> Markup:
    return Markup((resources.files("rmpl.viewer") / "assets" / name).read_text(encoding="utf-8"))


def palette() -> str:
    """Return the style sheet of the colours that reports and the app share."""
    return _asset("palette.css")


def _style() -> Markup:
    return join(_asset("palette.css"), _asset("report.css"))


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _script() -> Markup:
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return Markup(f'"use strict";\n(() => {{\n{parts}}})();\n')


def script_hash() -> str:
    """Return the script's hash as a source of a Content-Security-Policy."""
    return _hash(_script())


def style_hash() -> str:
    """Return the style sheet's hash as a source of a Content-Security-Policy."""
    return _hash(_style())


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
    """Return a complete HTML document with the viewer's style and script."""
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"http-equiv": "Content-Security-Policy", "content": content_security_policy()}),
        el("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("title", None, title),
        el("style", None, _style()),
    )
    page = el(
        "html",
        {"lang": "en"},
        head,
        el("body", None, *body, el("script", None, _script())),
    )
    return str(join(Markup("<!DOCTYPE html>\n"), page, "\n"))


def write_page(file: Path, render: Callable[[int], str]) -> Path:
    """Write a page atomically, with images as large as its size limit allows; return its path.

    Parameters
    ----------
    render
        Returns the page for a maximum number of bytes per image.

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
            remedy="choose an existing, writable folder",
        ) from error
    return file
