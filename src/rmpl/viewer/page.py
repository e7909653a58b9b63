"""One self-contained HTML page: style and script embedded, everything else locked out.

The page's Content-Security-Policy allows exactly the style sheet and the script it was written
with, by their hashes, and pictures embedded as data; no network, no inline handlers, no forms. So
even text that slipped through unescaped could not run.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from rmpl.viewer.markup import Markup, el, join


@cache
def _asset(name: str) -> Markup:
    return Markup((resources.files("rmpl.viewer") / "assets" / name).read_text(encoding="utf-8"))


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def content_security_policy() -> str:
    """Return the policy of every page that ``render_page`` writes."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(_asset('report.js'))}",
            f"style-src {_hash(_asset('report.css'))}",
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
