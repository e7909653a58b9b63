"""Renders a chat template in a process of its own, within bounds of time and memory.

A program, not a module: ``layouts.py`` starts it, writes the request on its standard input and
reads the answer from its standard output, both JSON. A template comes with a checkpoint and may
count to ten to the twentieth, or write a text as long: one call of C, which nothing within the
process can stop.

It imports nothing but jinja2, to start at once; a template finds here what it finds in
transformers' ``apply_chat_template``.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import sys
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

resource: Any = None
with contextlib.suppress(ImportError):  # there is none on Windows
    import resource

MOST_SECONDS = 2
MOST_MEMORY = 2**29


def bound_this_process(seconds: int) -> None:
    """Bound what this process may still take, where the system can."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)
    pages = Path("/proc/self/statm")
    if pages.is_file():
        mapped = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        _lower(resource.RLIMIT_AS, mapped + MOST_MEMORY)
    _lower(resource.RLIMIT_FSIZE, 0)


def _lower(kind: int, most: int) -> None:
    soft, hard = resource.getrlimit(kind)
    known = [limit for limit in (soft, hard, most) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(kind, (min(known), hard))


class Generation(Extension):
    """The tag ``generation``, which says what of a chat is an answer: here, all is a question."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Any) -> Any:
        """Return what stands within."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Namespace(jinja2.utils.Namespace):
    """Values that a template changes; as in transformers, none with an underscore before it."""

    def __setitem__(self, name: str, value: Any) -> None:
        """Store a value."""
        if name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"a namespace cannot hold {name!r}")
        super().__setitem__(name, value)


def refuse(message: str) -> None:
    """Say that a chat has not the form that a template wants: ``raise_exception``."""
    raise jinja2.TemplateError(message)


def as_json(value: Any, **options: Any) -> str:
    """Write JSON without jinja2's escapes for HTML."""
    return json.dumps(value, **{"ensure_ascii": False, **options})


def now(form: str) -> str:
    """Return today's date."""
    return datetime.datetime.now().astimezone().strftime(form)


def environment() -> jinja2.Environment:
    """Return the sandbox that templates run in."""
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = as_json
    made.globals.update(raise_exception=refuse, strftime_now=now, namespace=Namespace)
    return made


def render(template: str, conversations: list[Any], tokens: dict[str, str]) -> list[str]:
    """Write every conversation as the template lays it out."""
    compiled = environment().from_string(template)
    given = {"tools": None, "documents": None, "add_generation_prompt": True, **tokens}
    return [compiled.render(messages=messages, **given) for messages in conversations]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Render the request's template; what goes wrong is told by its name."""
    try:
        texts = render(request["template"], request["conversations"], request["tokens"])
    except Exception as error:  # whatever a template may raise
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    if sum(map(len, texts)) > request["most"]:
        return {"refused": "what it writes is too long"}
    return {"texts": texts}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    bound_this_process(asked["seconds"])
    sys.stdout.write(json.dumps(answer(asked)))
