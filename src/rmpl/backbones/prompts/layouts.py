"""The layout of a checkpoint's chat template: the text that it writes before and after a question.

A template is a program that comes with a checkpoint. It is run here once per layout, on a marker
instead of the question, and never on a document's text; the text around the marker is the layout.
Templates of a simple form, which cannot run for long, are run in this process, all others in a
process of their own with limits of time and memory (``template_worker.py``).
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
from jinja2 import nodes

from rmpl.backbones.prompts import template_worker
from rmpl.errors import RmplError

LONGEST = 200_000
"""Maximum characters of a template and of its output; published ones have 20,000."""
SECONDS = 60.0
"""Time limit of the process, including its start; rendering itself has two seconds."""

_MARK = "Who8did2what4to6whom"
_BLANKS = " \n "
_Tokens = tuple[tuple[str, str], ...]

_SIMPLE = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.CondExpr),
    *(nodes.Compare, nodes.Operand, nodes.Const, nodes.Name, nodes.Getitem, nodes.Getattr),
    *(nodes.Filter, nodes.And, nodes.Or, nodes.Not, nodes.Call),
)
_FILTERS = frozenset({"capitalize", "lower", "trim", "upper"})
_METHODS = frozenset({"capitalize", "lower", "strip", "upper"})
_LOOPS = 2
_LONGEST_SIMPLE = 20_000


def flat_template(processor: Any, *, shows_image: bool) -> str:
    """Return a template with the same output as the processor's own, and no other behaviour.

    Raises
    ------
    RmplError
        If the processor's template is refused, takes too long, or does more with a question than
        insert it.
    """
    return _flat_templates(*_template_of(processor))[shows_image]


def flat_text_template(processor: Any) -> str:
    """Return such a template for a model without images, whose prompts are plain strings.

    Raises
    ------
    RmplError
        As ``flat_template``.
    """
    return _flat_text_template(*_template_of(processor))


def _template_of(processor: Any) -> tuple[str, _Tokens]:
    template = processor.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    tokens = tuple(sorted(processor.tokenizer.special_tokens_map.items()))
    named = tuple((name, token) for name, token in tokens if isinstance(token, str))
    return str(template or ""), named


@functools.lru_cache(maxsize=64)
def _flat_text_template(template: str, tokens: _Tokens) -> str:
    _check_length(template)
    conversations = [
        [{"role": "user", "content": question}]
        for question in (_MARK, f"{_BLANKS}{_MARK}{_BLANKS}")
    ]
    bare, padded = _rendered(template, conversations, tokens)
    return _flat(bare, padded, "messages[0]['content']")


def _check_length(template: str) -> None:
    if len(template) > LONGEST:
        raise _refusal(f"{len(template):,} characters, more than {LONGEST:,}")


@functools.lru_cache(maxsize=64)
def _flat_templates(template: str, tokens: _Tokens) -> tuple[str, str]:
    _check_length(template)
    conversations = [
        _conversation(question, shows_image=shown)
        for shown in (False, True)
        for question in (_MARK, f"{_BLANKS}{_MARK}{_BLANKS}")
    ]
    texts = _rendered(template, conversations, tokens)
    question = "messages[0]['content'][-1]['text']"
    return _flat(texts[0], texts[1], question), _flat(texts[2], texts[3], question)


def _conversation(question: str, *, shows_image: bool) -> list[dict[str, Any]]:
    content = [{"type": "image", "image": "image"}] if shows_image else []
    return [{"role": "user", "content": [*content, {"type": "text", "text": question}]}]


def _flat(bare: str, padded: str, question: str) -> str:
    """Write a layout's template, given its output for a bare question and one within blanks.

    ``question`` is the expression for the question in a conversation.
    """
    before, mark, after = bare.partition(_MARK)
    if not mark or _MARK in after:
        raise _refusal("it does not write the question exactly once and unchanged")
    for expected, method in (
        (f"{_BLANKS}{_MARK}{_BLANKS}", ""),
        (_MARK, ".strip()"),
        (f"{_MARK}{_BLANKS}", ".lstrip()"),
        (f"{_BLANKS}{_MARK}", ".rstrip()"),
    ):
        if padded == f"{before}{expected}{after}":
            start, end = _literal(before), _literal(after)
            return f"{{{{ {start} }}}}{{{{ {question}{method} }}}}{{{{ {end} }}}}"
    raise _refusal("its output depends on the question")


def _literal(text: str) -> str:
    escaped = text.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{escaped}"'


def _rendered(template: str, conversations: list[Any], tokens: _Tokens) -> list[str]:
    if _is_simple(template):
        try:
            return template_worker.render(template, conversations, dict(tokens))
        except (jinja2.TemplateError, TypeError, ValueError, LookupError) as error:
            raise _refusal(f"{type(error).__name__}: {error}") from error
    request = {
        "template": template,
        "conversations": conversations,
        "tokens": dict(tokens),
        "most": LONGEST,
        "seconds": template_worker.MOST_SECONDS,
    }
    return _in_process(json.dumps(request))


def _in_process(request: str) -> list[str]:
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-P", str(Path(template_worker.__file__))],
            input=request,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _refusal(f"it runs for more than {SECONDS:.0f} seconds") from error
    try:
        found = json.loads(done.stdout)
    except ValueError as error:
        # Killed by a limit, or out of memory and unable to report it.
        most = f"{template_worker.MOST_SECONDS} seconds or {template_worker.MOST_MEMORY >> 20} MiB"
        raise _refusal(f"it takes more than {most}") from error
    if "refused" in found:
        raise _refusal(str(found["refused"]))
    return [str(text) for text in found["texts"]]


def _is_simple(template: str) -> bool:
    """Whether a template can only iterate once over the parts of the messages.

    Its loops are not nested more deeply, and it carries no value from one iteration to the next, so
    its output is at most its own length times the number of parts.
    """
    if len(template) > _LONGEST_SIMPLE:
        return False
    try:
        tree = jinja2.Environment(autoescape=True).parse(template)
    except (jinja2.TemplateError, RecursionError):
        return False
    return all(isinstance(node, _SIMPLE) and _is_harmless(node) for node in _nodes(tree)) and (
        _depth(tree) <= _LOOPS
    )


def _nodes(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


def _is_harmless(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in _FILTERS and not (node.args or node.kwargs)
    if isinstance(node, nodes.Call):
        name = node.node.attr if isinstance(node.node, nodes.Getattr) else ""
        return name in _METHODS and not (node.args or node.kwargs)
    if isinstance(node, nodes.For):
        return not node.recursive
    return True


def _depth(node: nodes.Node) -> int:
    deepest = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return deepest + isinstance(node, nodes.For)


def _refusal(reason: str) -> RmplError:
    return RmplError(
        f"the chat template of this checkpoint cannot be used ({' '.join(reason.split())[:300]})",
        remedy="use its publisher's template, saved as chat_template.jinja",
    )
