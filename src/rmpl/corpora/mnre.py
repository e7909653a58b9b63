"""MNRE versions 1 and 2 (Zheng et al., 2021): tweets with an image and a relation of two entities.

A line is a Python dict literal, not JSON. Version 1 writes the negative label ``none`` and some
image ids as integers without ``.jpg``; both are normalised to version 2.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.errors import RmplError
from rmpl.io.files import read_lines
from rmpl.io.image_folders import ImageFolders
from rmpl.io.read_report import OnError, ReadReport
from rmpl.io.tokens import check_text, sentence_from_words, to_span
from rmpl.ontology import load_relations
from rmpl.records import Document, Relation

NEGATIVE = "None"
MAX_LINE_BYTES = 1_000_000

_QUOTED = re.compile(r"'([^']*)'|\"[^\"]*\"")


class _Entity(msgspec.Struct, gc=False):
    name: str
    pos: tuple[int, int]


class _Line(msgspec.Struct, gc=False):
    token: list[str]
    h: _Entity
    t: _Entity
    img_id: str | int
    relation: str


_DECODER = msgspec.json.Decoder(_Line)


def read_mnre(
    path: Path,
    *,
    images: Path | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read a file of MNRE 1 or 2; one document per line, ``<file stem>_<line number>``.

    Parameters
    ----------
    path
        ``mnre_train.txt``, ``ours_test.txt``, ... (``mnre_val .txt`` has a blank in its name).
    images
        The image folder, or the parent of the split folders ``train``, ``val``, ``test``, all of
        which are searched, because images are often in another split's folder. If missing, every
        image has ``path=None``.
    on_error, report
        As in every reader.

    Raises
    ------
    RmplError
        If the file is missing. Invalid lines are handled according to ``on_error``.
    """
    path = Path(path)
    report = ReadReport() if report is None else report
    labels = frozenset(label for version in load_relations("mnre").values() for label in version)
    folders = ImageFolders(_folders(images), on_error, report)
    stem = path.stem.strip()
    for where, content in read_lines(path):
        number = where.rsplit(":", 1)[1]
        try:
            record = parse_line(content, where)
            document = _to_document(f"{stem}_{number}", record, labels, folders, where)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        report.use("documents")
        report.use("relations")
        yield document


def _folders(images: Path | None) -> list[Path]:
    if images is None:
        return []
    splits = [images / split for split in ("train", "val", "test")]
    return [folder for folder in splits if folder.is_dir()] or [images]


def parse_line(content: bytes, where: str) -> _Line:
    """Parse one dict literal without running it as code.

    Most lines become JSON by swapping their quotes, which is four times as fast as Python's parser;
    all others are parsed by ``ast.literal_eval``.

    Raises
    ------
    RmplError
        If the line is not a dict literal or lacks a field.
    """
    if b"\\" not in content:
        try:
            return _DECODER.decode(_to_json(content))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # not JSON, or an error that literal_eval describes
    if len(content) > MAX_LINE_BYTES:
        raise RmplError("a line that is too long", where=where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unknown escapes are kept literally, as in Python
            value = ast.literal_eval(content.decode("utf-8"))
        return msgspec.convert(value, _Line)
    except (SyntaxError, ValueError, MemoryError, RecursionError, TypeError) as error:
        raise RmplError(
            f"not a valid record ({error})",
            where=where,
            remedy="a line is a Python dict with token, h, t, img_id and relation",
        ) from error


def _to_json(content: bytes) -> bytes:
    """Swap the quotes of a literal without backslashes; strings may contain the other quote."""
    if b'"' not in content:
        return content.replace(b"'", b'"')
    parts = content.split(b'"')
    outside = parts[::2]
    if any(part.count(b"'") % 2 for part in outside):  # a " within '...'
        return _QUOTED.sub(_requote, content.decode("utf-8")).encode("utf-8")
    parts[::2] = [part.replace(b"'", b'"') for part in outside]
    return b'"'.join(parts)


def _requote(match: re.Match[str]) -> str:
    inner = match[1]
    return match[0] if inner is None else '"' + inner.replace('"', '\\"') + '"'


def _to_document(
    name: str, raw: _Line, labels: frozenset[str], folders: ImageFolders, where: str
) -> Document:
    label = NEGATIVE if raw.relation == "none" else raw.relation
    if label not in labels:
        raise RmplError(
            f"unknown relation {raw.relation!r}", where=where, remedy="see rmpl/ontology/mnre.yaml"
        )
    count = len(raw.token)
    head = to_span(*raw.h.pos, count, where)
    tail = to_span(*raw.t.pos, count, where)
    sentence = sentence_from_words(
        f"{name}_0", raw.token, entities=(raw.h.pos, raw.t.pos), where=where
    )
    image_id = str(raw.img_id).removesuffix(".jpg")
    check_text(image_id, where)
    if not image_id:
        raise RmplError("an empty image id", where=where)
    image = folders.find(image_id, f"{image_id}.jpg", where)
    relation = Relation("r1", sentence.id, image.id, label, head, tail)
    return Document(id=name, sentences=(sentence,), images=(image,), relations=(relation,))
