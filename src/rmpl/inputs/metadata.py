"""Title, author, date and the like: of pages, of Markdown's front matter, of JSON."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from rmpl.inputs.article import on_one_line

MAX_VALUE = 500
"""Characters of one value; the rest is cut."""
_MAX_JSON = 2**18
_MOST = 1_000
"""The number of a page's elements, of an object's items and of authors that are looked at."""

_NAMED = {
    "title": ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title"),
    "author": ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author",
               "byl", "sailthru.author", "citation_author"),
    "date": ("article:published_time", "datepublished", "date", "dc.date", "dcterms.date",
             "dc.date.issued", "dcterms.created", "pubdate", "publishdate", "publish-date",
             "parsely-pub-date", "sailthru.date", "citation_publication_date", "article.published"),
    "modified": ("article:modified_time", "og:updated_time", "datemodified"),
    "source": ("og:site_name", "application-name", "dc.publisher"),
    "url": ("og:url",),
}  # fmt: skip
"""The names of ``<meta>`` elements that hold a value, the preferred first."""
_KEYS = {
    "title": ("title", "headline"),
    "author": ("author", "authors", "byline", "creator", "by"),
    "date": ("date", "published", "pubdate", "publish_date", "datePublished", "published_at"),
    "modified": ("modified", "lastmod", "updated", "dateModified"),
    "source": ("source", "publisher"),
    "url": ("url", "link", "permalink"),
    "language": ("language", "lang"),
}
"""Keys of front matter and columns of tables that hold a value, the preferred first."""
_ARTICLE = re.compile(r"(?i)article|posting|report$")
_ADDRESS = re.compile(r"(?i)(?:https?:)?//")
_OBJECTS = msgspec.json.Decoder(Any)


def cleaned(values: Mapping[str, object]) -> dict[str, str]:
    """Return values as strings on one line; lists are joined by commas, empty ones left out."""
    found = {key: on_one_line(_as_text(value), MAX_VALUE) for key, value in values.items()}
    return {on_one_line(key, MAX_VALUE): value for key, value in found.items() if value}


def named_metadata(values: Mapping[str, object]) -> dict[str, str]:
    """Return cleaned values under this project's names: ``headline`` is a ``title``.

    Names that are not known keep theirs.
    """
    lower = {key.lower(): value for key, value in values.items()}
    found: dict[str, object] = {}
    used: set[str] = set()
    for name, keys in _KEYS.items():
        for key in (one.lower() for one in keys):
            if name not in found and _as_text(lower.get(key)).strip():
                found[name] = lower[key]
                used.add(key)
    rest = {key: value for key, value in values.items() if key.lower() not in used | found.keys()}
    return cleaned({**found, **rest})


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_as_text, value[:_MOST])))
    if isinstance(value, Mapping):
        # An author is often an object.
        return _as_text(value.get("name"))
    return str(value)


def front_matter(lines: Iterable[str]) -> dict[str, str]:
    """Return the values of a Markdown text's front matter, given the lines between its rules.

    Common YAML is read: ``key: value``, quoted or not, lists in brackets or one item per line, and
    values that go on over indented lines. Values are text, as they are written.
    """
    values: dict[str, object] = {}
    key = ""
    for line in lines:
        name, colon, value = line.partition(":")
        item = line.strip()
        if key and (line[:1].isspace() or item.startswith("- ")):
            _go_on(values, key, item)
        elif colon and name.strip() and not line.startswith("#"):
            key = name.strip().strip("\"'")
            values[key] = _value(value.strip())
    return named_metadata(values)


def _go_on(values: dict[str, object], key: str, item: str) -> None:
    """Add a line to the value of a key: an item of a list, or more of a text."""
    before = values[key]
    if item.startswith("- "):
        items = before if isinstance(before, list) else []
        values[key] = [*items[:_MOST], _value(item[2:].strip())]
    elif isinstance(before, str):
        is_sign = before in {"", "|", ">", "|-", ">-"}
        values[key] = item if is_sign else f"{before[: 2 * MAX_VALUE]} {item}"


def _value(written: str) -> object:
    if written[:1] == "[" and written[-1:] == "]":
        return [_value(one.strip()) for one in written[1:-1].split(",", _MOST)]
    if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'":
        return written[1:-1]
    return re.split(r"\s#", written, maxsplit=1)[0].strip()


def page_metadata(tree: Any) -> dict[str, str]:
    """Return the metadata of a parsed page.

    JSON-LD of an article comes first, then ``<meta>``, then ``<title>``, ``<time>`` and the
    page's language.
    """
    found = _of_json(tree)
    named = dict(_metas(tree))
    for key, names in _NAMED.items():
        values = (named.get(name, "") for name in names)
        found.setdefault(key, next((v for v in values if v and not _is_address(key, v)), ""))
        if not found[key]:
            del found[key]
    if "title" not in found:
        found["title"] = next((str(one.text or "") for one in tree.iter("title")), "")
    if "date" not in found:
        times = (str(one.get("datetime") or "") for one in _some(tree.iter("time")))
        found["date"] = next(filter(None, times), "")
    found["language"] = str(tree.get("lang") or "")
    return cleaned(found)


def _metas(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield names and contents of ``<meta>``; of several of a name, the first."""
    seen: set[str] = set()
    for one in _some(tree.iter("meta")):
        name = str(one.get("property") or one.get("name") or one.get("itemprop") or "").lower()
        content = on_one_line(str(one.get("content") or ""), MAX_VALUE)
        if name and content and name not in seen:
            seen.add(name)
            yield name, content


def _is_address(key: str, value: str) -> bool:
    """Return whether an author is only the URL of a profile."""
    return key == "author" and _ADDRESS.match(value) is not None


def _of_json(tree: Any) -> dict[str, object]:
    """Return what the first article says that a page describes in JSON-LD."""
    for script in _some(tree.iter("script")):
        written = str(script.text or "")
        if script.get("type") != "application/ld+json" or len(written) > _MAX_JSON:
            continue
        with contextlib.suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
            for one in _objects(_OBJECTS.decode(written)):
                if _ARTICLE.search(_as_text(one.get("@type"))) is None:
                    continue
                found = {
                    "title": one.get("headline"),
                    "author": one.get("author"),
                    "date": one.get("datePublished"),
                    "modified": one.get("dateModified"),
                    "source": one.get("publisher"),
                }
                return {key: value for key, value in found.items() if _as_text(value).strip()}
    return {}


def _objects(value: object) -> Iterator[dict[str, object]]:
    """Yield the objects of JSON-LD: one, a list of them, or those of an ``@graph``."""
    if isinstance(value, list):
        for one in value[:_MOST]:
            yield from _objects(one)
    elif isinstance(value, dict):
        yield value
        yield from _objects(value.get("@graph"))


def _some(elements: Iterable[Any]) -> Iterator[Any]:
    return (one for one, _ in zip(elements, range(_MOST), strict=False))
