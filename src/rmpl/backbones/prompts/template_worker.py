"""Renders a chat template in a process of its own, with limits of time and memory.

A program, not a module: ``layouts.py`` starts it, writes the request to its standard input and
reads the answer from its standard output, both JSON. A template comes with a checkpoint and may
loop almost for ever or write a huge text, in one C call that cannot be interrupted from within the
process.

It imports only jinja2, to start quickly, and gives templates the same functions as transformers'
``apply_chat_template``.
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
with contextlib.suppress(ImportError):  # not on Windows
    import resource

MOST_SECONDS = 2
MOST_MEMORY = 2**29


def bound_this_process(seconds: int) -> None:
    """Limit the time, memory and file size of this process, where the system supports it."""
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
    """The tag ``generation``, which marks answers in a chat; here it has no effect."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Any) -> Any:
        """Return the tag's contents."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Namespace(jinja2.utils.Namespace):
    """A template's mutable values; as in transformers, a leading underscore is refused."""

    def __setitem__(self, name: str, value: Any) -> None:
        """Store a value."""
        if name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"a namespace cannot hold {name!r}")
        super().__setitem__(name, value)


def refuse(message: str) -> None:
    """Reject a chat that does not have the form a template expects: ``raise_exception``."""
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
    """Render every conversation with the template."""
    compiled = environment().from_string(template)
    given = {"tools": None, "documents": None, "add_generation_prompt": True, **tokens}
    return [compiled.render(messages=messages, **given) for messages in conversations]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Render the request's template; errors are returned by name."""
    try:
        texts = render(request["template"], request["conversations"], request["tokens"])
    except Exception as error:  # whatever a template may raise
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    if sum(map(len, texts)) > request["most"]:
        return {"refused": "its output is too long"}
    return {"texts": texts}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    bound_this_process(asked["seconds"])
    sys.stdout.write(json.dumps(answer(asked)))
