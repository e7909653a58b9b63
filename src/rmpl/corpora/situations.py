"""imSitu (Yatskar et al., CVPR 2016) and SWiG (Pratt et al., ECCV 2020): verbs, roles, boxes.

A file is ONE JSON object, ``{"<verb>_<n>.jpg": record}``. SWiG adds the picture's size and a box a
role, in pixels of a copy whose short side is 512; ``-1`` everywhere means that the role is not
grounded. Three annotators fill each role with a WordNet noun id, or leave it empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from rmpl.corpora.captions import Captions, majority
from rmpl.corpora.files import decode, read_bytes
from rmpl.corpora.pictures import Pictures
from rmpl.corpora.report import OnError, ReadReport
from rmpl.errors import RmplError
from rmpl.ontology import load_mapping, load_ontology
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent

SPACE = "imsitu_space.json"
GENERAL = "situation:"
"""Prefix of the event type of a verb that no M2E2 type stands for: ``situation:drinking``."""


class _Record(msgspec.Struct, gc=False):
    verb: str
    frames: list[dict[str, str]]
    bb: dict[str, tuple[float, float, float, float]] = {}
    width: int = 0
    height: int = 0


_RECORD = msgspec.json.Decoder(_Record)
_FILE = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_swig(
    folder: Path,
    *,
    split: str = "train",
    images: Path | None = None,
    on_error: OnError = "raise",
    report: ReadReport | None = None,
) -> Iterator[Document]:
    """Read one split of SWiG or imSitu; one document, one image and one event a picture.

    A verb that the packaged mapping knows becomes an M2E2 event; its roles are renamed, and those
    that M2E2 does not annotate in pictures are left out. Any other verb is kept as a general
    situation, ``situation:<verb>``, with imSitu's own roles. An argument is a grounded role; what
    the box shows (``gloss``) is the noun most annotators chose. ``caption`` tells all roles, the
    ungrounded ones included. imSitu has no boxes, so its events have no arguments.

    Parameters
    ----------
    folder
        Where ``<split>.json`` (or the file itself) and ``imsitu_space.json`` are; without the
        latter there are no glosses and captions.
    split
        ``train``, ``dev`` or ``test``.
    images
        Where the pictures are; by default ``images`` or ``images_512`` in ``folder``. Boxes are
        brought from the record's size to the size of the picture at hand; without pictures they
        stay in pixels of the record's size.
    on_error, report
        As in every reader.

    Raises
    ------
    RmplError
        If a file is missing or malformed; for a record that cannot be used, see ``on_error``.
    """
    folder = Path(folder)
    report = ReadReport() if report is None else report
    path = folder / f"{split}.json"
    if folder.is_file():
        path, folder = folder, folder.parent
    if images is None:
        images = next((p for p in (folder / "images", folder / "images_512") if p.is_dir()), None)
    pictures = None if images is None else Pictures([images], on_error, report)
    space = folder / SPACE
    if not space.is_file():
        report.warn(f"no {SPACE}, so no glosses and captions", str(folder))
    builder = _Builder(Captions(space if space.is_file() else None), pictures, report)
    for name, raw in decode(_FILE, read_bytes(path), str(path)).items():
        where = f"{path}, {name}"
        try:
            document = builder.document(name, decode(_RECORD, raw, where), where)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        report.use("documents")
        report.use("image events")
        report.use("image arguments", len(document.image_events[0].arguments))
        yield document


class _Builder:
    """Turns records into documents."""

    def __init__(self, captions: Captions, pictures: Pictures | None, report: ReadReport) -> None:
        self.captions = captions
        self.pictures = pictures
        self.report = report
        self.mapping = load_mapping("imsitu")
        self.image_roles = {
            name: frozenset(event.image) for name, event in load_ontology("m2e2").events.items()
        }

    def document(self, name: str, raw: _Record, where: str) -> Document:
        stem = name.rsplit(".", 1)[0]
        if not raw.verb or not stem:
            raise RmplError("a situation without a verb or a name", where=where)
        image = Image(id=stem, width=raw.width, height=raw.height)
        if self.pictures is not None:
            found = self.pictures.find(stem, name)
            image = image if found.path is None else found
        glosses = self._glosses(raw)
        event = ImageEvent(
            id="i1",
            image_id=stem,
            event_type=self._type(raw.verb),
            arguments=tuple(self._arguments(raw, image, glosses, where)),
            verb=raw.verb,
            caption=self.captions.caption(raw.verb, glosses),
        )
        return Document(id=stem, images=(image,), image_events=(event,))

    def _type(self, verb: str) -> str:
        mapped = self.mapping.get(verb)
        return GENERAL + verb if mapped is None else mapped.event_type

    def _role(self, verb: str, role: str) -> str | None:
        mapped = self.mapping.get(verb)
        if mapped is None:
            return role
        own = mapped.roles.get(role)
        return own if own in self.image_roles[mapped.event_type] else None

    def _glosses(self, raw: _Record) -> dict[str, str | None]:
        roles = dict.fromkeys(role for frame in raw.frames for role in frame)
        return {
            role: self.captions.gloss(majority(frame.get(role, "") for frame in raw.frames))
            for role in roles
        }

    def _arguments(
        self, raw: _Record, image: Image, glosses: dict[str, str | None], where: str
    ) -> Iterator[ImageArgument]:
        seen: set[tuple[str, Box]] = set()
        for name, corners in raw.bb.items():
            if corners[0] < 0 and corners[2] < 0:
                continue  # the corpus's mark for a role without a box
            role = self._role(raw.verb, name)
            if role is None:
                self.report.leave_out(f"role {name} of {raw.verb} without a role in M2E2", where)
                continue
            box = _scaled(corners, raw, image, where)
            if box is None:
                self.report.leave_out("a box without an area", where)
            elif (role, box) in seen:
                self.report.leave_out("a box that another name of the role has too", where)
            else:
                seen.add((role, box))
                yield ImageArgument(role, box, gloss=glosses.get(name))


def _scaled(
    corners: tuple[float, float, float, float], raw: _Record, image: Image, where: str
) -> Box | None:
    if raw.width <= 0 or raw.height <= 0:
        raise RmplError("a box in a picture of unknown size", where=where)
    x1, y1, x2, y2 = corners
    x1, x2 = max(0, min(x1, x2)), min(raw.width, max(x1, x2))
    y1, y2 = max(0, min(y1, y2)), min(raw.height, max(y1, y2))
    if x1 >= x2 or y1 >= y2:
        return None
    across, down = image.width / raw.width, image.height / raw.height
    return Box(x1 * across, y1 * down, x2 * across, y2 * down)
