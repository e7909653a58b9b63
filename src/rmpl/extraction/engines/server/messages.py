"""Prompts as messages of OpenAI's chat completions, and replies read from their answers.

A server uses its own tokenizer and may read ``<|im_end|>`` in an article as the end of the turn.
Everything that looks like a control token is therefore escaped by a blank after its first
character, ``< |im_end|>``; the blank is removed again from answers that quote it.
"""

from __future__ import annotations

import base64
import io
import itertools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import PIL.Image

from rmpl.errors import RmplError
from rmpl.extraction.engines.base import Reply
from rmpl.io.images import open_image
from rmpl.tasks import Prompt

_LISTED = "INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT|IMG|IMG_BREAK|IMG_END"
_CONTROL = re.compile(
    # <|im_end|>, <image>, </s>, <<SYS>>, <start_of_turn>, and those with full-width bars
    r"<(?=([|/<\uff5c]{0,2}[^\s<>]{1,64}>))"
    # those of Mistral, BERT and GLM
    rf"|\[(?=(/?(?:{_LISTED}|CLS|SEP|PAD|UNK|MASK|gMASK|sMASK|multimodal)\]))"
)


def escape_control_tokens(text: str, boxes: Sequence[tuple[int, int]] = ()) -> str:
    """Insert a blank into everything that looks like a control token, except within ``boxes``."""

    def escape(found: re.Match[str]) -> str:
        own = any(first <= found.start() < last for first, last in boxes)
        return found[0] if own else f"{found[0]} "

    return _CONTROL.sub(escape, text)


def unescape_control_tokens(reply: Reply, asked: str) -> Reply:
    """Return a reply that quotes the original text instead of the escaped one.

    Blanks that the original text has in such places stay.
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


def message_of(
    prompt: Prompt, prepared: Callable[[PIL.Image.Image], PIL.Image.Image] | None = None
) -> dict[str, Any]:
    """Return a prompt as a user's message: the image first, as a data URL, then the text.

    The image is sent upright and lossless, as servers differ in their handling of EXIF.

    Parameters
    ----------
    prompt
        The question.
    prepared
        Resizes the image as it was in training; by default it is sent as it is.

    Raises
    ------
    RmplError
        If the image cannot be opened.
    """
    text = {"type": "text", "text": escape_control_tokens(prompt.text, prompt.boxes)}
    if prompt.image is None:
        return {"role": "user", "content": [text]}
    file = io.BytesIO()
    image = open_image(Path(prompt.image.path or ""))
    if prepared is not None:
        image = prepared(image)
    image.save(file, "PNG", compress_level=1)
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}, text]}


def reply_of(choice: dict[str, Any]) -> Reply:
    """Parse a choice of a chat completion; without log-probabilities its confidence is 1.

    Raises
    ------
    RmplError
        If it is not one.
    """
    try:
        text = choice["message"]["content"] or ""
        written = (choice.get("logprobs") or {}).get("content") or []
        logs = tuple(min(0.0, float(token["logprob"])) for token in written)
        parts = [_bytes(token) for token in written]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RmplError(
            "the server's answer is not a chat completion",
            remedy="is this the address of an OpenAI-compatible server, with /v1?",
        ) from error
    if not logs:
        return Reply(text, 1.0)
    confidence = math.exp(sum(logs) / len(logs))
    whole = b"".join(parts).decode("utf-8", "replace")
    if not whole.startswith(text):
        return Reply(text, confidence)
    # A character counts once its last byte is there; unfinished ones are ignored.
    sofar = itertools.accumulate(parts)
    ends = tuple(min(len(part.decode("utf-8", "ignore")), len(text)) for part in sofar)
    return Reply(text, confidence, logs, ends)


def _bytes(token: dict[str, Any]) -> bytes:
    given = token.get("bytes")
    return bytes(given) if given is not None else str(token["token"]).encode("utf-8", "replace")
