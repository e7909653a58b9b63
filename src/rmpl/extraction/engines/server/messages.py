"""Prompts as messages of OpenAI's chat completions, and replies read from their answers.

A server lays messages out with a tokenizer that is not known here, and may read ``<|im_end|>`` in
an article as the end of the turn. Whatever has the form of a control token is therefore sent with a
blank behind its first character, ``< |im_end|>``; an answer that quotes it so is read as if the
blank were not there.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import Reply
from rmpl.io.images import open_image
from rmpl.tasks import Prompt

_LISTED = "INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT|IMG|IMG_BREAK|IMG_END"
_CONTROL = re.compile(
    # <|im_end|>, <image>, </s>, <<SYS>>, <start_of_turn>, and those with wider bars
    r"<(?=([|/<\uff5c]{0,2}[^\s<>]{1,64}>))"
    # those of Mistral, BERT and GLM
    rf"|\[(?=(/?(?:{_LISTED}|CLS|SEP|PAD|UNK|MASK|gMASK|sMASK|multimodal)\]))"
)


def broken_up(text: str, boxes: Sequence[tuple[int, int]] = ()) -> str:
    """Return a text without anything of the form of a control token, but for ``boxes`` in it."""

    def break_up(found: re.Match[str]) -> str:
        own = any(first <= found.start() < last for first, last in boxes)
        return found[0] if own else f"{found[0]} "

    return _CONTROL.sub(break_up, text)


def put_together(reply: Reply, asked: str) -> Reply:
    """Return a reply as if it quoted the text that was asked about, not what was sent of it.

    A blank that the text itself has there stays.
    """
    rests = {found[1] or found[2] for found in _CONTROL.finditer(asked)}
    # Inner ones first, as in <<SYS>>.
    blanks = [f"{first} {rest}" for rest in sorted(rests, key=len) for first in "<["]
    text, ends = reply.text, list(reply.ends)
    for blank in blanks:
        if blank in asked:
            continue
        while (at := text.find(blank)) >= 0:
            text = f"{text[: at + 1]}{text[at + 2 :]}"
            ends = [end - (end > at + 1) for end in ends]
    if text == reply.text:
        return reply
    return msgspec.structs.replace(reply, text=text, ends=tuple(ends))


def message_of(prompt: Prompt) -> dict[str, Any]:
    """Return a prompt as a user's message: the picture first, as a data URL, then the text.

    The picture is sent upright and without loss: servers differ in what they make of EXIF.

    Raises
    ------
    RmplError
        If the picture cannot be opened.
    """
    text = {"type": "text", "text": broken_up(prompt.text, prompt.boxes)}
    if prompt.image is None:
        return {"role": "user", "content": [text]}
    file = io.BytesIO()
    open_image(Path(prompt.image.path or "")).save(file, "PNG", compress_level=1)
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, text]}


def reply_of(choice: dict[str, Any]) -> Reply:
    """Read a choice of a chat completion; without log-probabilities its confidence is 1.

    Raises
    ------
    RmplError
        If it is no such choice.
    """
    try:
        text = choice["message"]["content"] or ""
        written = (choice.get("logprobs") or {}).get("content") or []
        logs = tuple(min(0.0, float(token["logprob"])) for token in written)
        parts = [_bytes(token) for token in written]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RmplError(
            "an answer of the server is no chat completion",
            remedy="is this the address of an OpenAI-compatible server, with /v1?",
        ) from error
    if not logs:
        return Reply(text, 1.0)
    confidence = math.exp(sum(logs) / len(logs))
    whole = b"".join(parts).decode("utf-8", "replace")
    if not whole.startswith(text):
        return Reply(text, confidence)
    # A character stands once its last byte does: what is unfinished is ignored.
    sofar = itertools.accumulate(parts)
    ends = tuple(min(len(begun.decode("utf-8", "ignore")), len(text)) for begun in sofar)
    return Reply(text, confidence, logs, ends)


def _bytes(token: dict[str, Any]) -> bytes:
    given = token.get("bytes")
    return bytes(given) if given is not None else str(token["token"]).encode("utf-8", "replace")
