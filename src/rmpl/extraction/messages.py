"""Prompts as messages of OpenAI's chat completions, and replies read from their answers."""

from __future__ import annotations

import base64
import io
import itertools
import math
from pathlib import Path
from typing import Any

from rmpl.corpora.images import open_image
from rmpl.errors import RmplError
from rmpl.extraction.engine import Reply
from rmpl.tasks import Prompt


def message_of(prompt: Prompt) -> dict[str, Any]:
    """Return a prompt as a user's message: the picture first, as a data URL, then the text.

    The picture is sent upright and without loss: servers differ in what they make of EXIF.

    Raises
    ------
    RmplError
        If the picture cannot be opened.
    """
    text = {"type": "text", "text": prompt.text}
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
