"""imSitu (Yatskar et al., CVPR 2016) and SWiG (Pratt et al., ECCV 2020): verbs, roles, boxes.

A file is ONE JSON object, ``{"<verb>_<n>.jpg": record}``. SWiG adds the image's size and a box per
role, in pixels of a copy whose short side is 512; ``-1`` everywhere means that the role is not
grounded. Three annotators fill each role with a WordNet noun id, or leave it empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from rmpl.corpora.captions import Captions, majority
from rmpl.errors import RmplError
from rmpl.io.files import decode, read_bytes, repeated_keys
from rmpl.io.image_folders import ImageFolders, check_shape, is_other_size
from rmpl.io.read_report import OnError, ReadReport
from rmpl.ontology import Ontology, load_mapping, load_ontology
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent

SPACE = "imsitu_space.json"
GENERAL = "situation:"
"""Prefix of the event type of a verb without an M2E2 type: ``situation:drinking``."""
OTHER_SHAPE = "an image whose aspect ratio differs from its record"
"""Reason for leaving out a situation: its boxes cannot be scaled to such an image."""


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
    ontology: Ontology | None = None,
) -> Iterator[Document]:
    """Read one split of SWiG or imSitu; one document with one event per image.

    A verb in the packaged mapping becomes an M2E2 event; its roles are renamed, and those that M2E2
    does not annotate in images are left out. Any other verb becomes a general situation,
    ``situation:<verb>``, with imSitu's roles. Arguments are the grounded roles; their ``gloss`` is
    the noun chosen by most annotators. ``caption`` covers all roles, including ungrounded ones.
    imSitu has no boxes, so its events have no arguments.

    Parameters
    ----------
    folder
        The folder of ``<split>.json`` and ``imsitu_space.json``, or the split's file. Without
        ``imsitu_space.json`` there are no glosses and captions.
    split
        ``train``, ``dev`` or ``test``.
    images
        The image folder; by default ``images`` or ``images_512`` in ``folder``. Boxes are scaled
        from the record's size to the size of the image file, if there is one; a situation whose
        image has another shape is left out.
    on_error, report
        As in every reader.
    ontology
        The types and image roles to keep, of M2E2's names or named as imSitu's verbs; M2E2's by
        default.

    Raises
    ------
    RmplError
        If a file is missing or malformed. Invalid records are handled according to ``on_error``.
    """
    folder = Path(folder)
    report = ReadReport() if report is None else report
    path = folder / f"{split}.json"
    if folder.is_file():
        path, folder = folder, folder.parent
    if images is None:
        images = next((p for p in (folder / "images", folder / "images_512") if p.is_dir()), None)
    folders = None if images is None else ImageFolders([images], on_error, report)
    space = folder / SPACE
    if not space.is_file():
        report.warn(f"no {SPACE}, so no glosses and captions", str(folder))
    builder = _Builder(Captions(space if space.is_file() else None), folders, report, ontology)
    file = str(path)
    data = read_bytes(path)
    records = decode(_FILE, data, file)
    for name in repeated_keys(data, records, "verb"):
        report.refuse(RmplError("a repeated image", where=f"{file}, {name}"), on_error)
    for name, raw in records.items():
        where = f"{file}, {name}"
        try:
            document = builder.document(name, decode(_RECORD, raw, where), where)
        except RmplError as error:
            report.refuse(error, on_error)
            continue
        if document is None:
            continue
        report.use("documents")
        report.use("image events")
        report.use("image arguments", len(document.image_events[0].arguments))
        yield document


class _Verb(NamedTuple):
    """The event type and roles of a verb; ``roles`` is ``None`` for imSitu's own roles."""

    event_type: str
    roles: dict[str, str] | None


def _verbs(ontology: Ontology) -> dict[str, _Verb]:
    """Return the verbs that have a type of the ontology, with those of their roles that it has.

    A type is M2E2's that the verb is mapped to, or has the name of the verb itself.
    """
    events = ontology.events
    mapped = {
        verb: _Verb(
            one.event_type,
            {r: own for r, own in one.roles.items() if own in events[one.event_type].image},
        )
        for verb, one in load_mapping("imsitu").items()
        if one.event_type in events
    }
    return mapped | {name: _Verb(name, {r: r for r in one.image}) for name, one in events.items()}


class _Builder:
    """Turns records into documents."""

    def __init__(
        self,
        captions: Captions,
        folders: ImageFolders | None,
        report: ReadReport,
        ontology: Ontology | None,
    ) -> None:
        self.captions = captions
        self.folders = folders
        self.report = report
        self.verbs = _verbs(load_ontology("m2e2") if ontology is None else ontology)

    def document(self, name: str, raw: _Record, where: str) -> Document | None:
        """Return a record's document, ``None`` if its image has another shape than the record."""
        stem = name.rsplit(".", 1)[0]
        if not raw.verb or not stem:
            raise RmplError("a situation without a verb or a name", where=where)
        verb = self.verbs.get(raw.verb) or _Verb(GENERAL + raw.verb, None)
        image = self._image(stem, name, raw, where)
        if image is None:
            self.report.leave_out(OTHER_SHAPE, where)
            return None
        glosses = self._glosses(raw.frames)
        event = ImageEvent(
            id="i1",
            image_id=stem,
            event_type=verb.event_type,
            arguments=self._arguments(raw, verb.roles, image, glosses, where),
            verb=raw.verb,
            caption=self.captions.caption(raw.verb, glosses),
        )
        return Document(id=stem, images=(image,), image_events=(event,))

    def _image(self, stem: str, name: str, raw: _Record, where: str) -> Image | None:
        """Return the image or, if it is missing, a record with the annotated size.

        ``None`` if it has another shape than its record.
        """
        of_record = Image(id=stem, width=raw.width, height=raw.height)
        if self.folders is None:
            return of_record
        found = self.folders.find(stem, name, where)
        if found.path is None:
            return of_record
        if is_other_size(of_record, found):
            try:
                check_shape(of_record, found, where)
            except RmplError:
                return None
        return found

    def _glosses(self, frames: list[dict[str, str]]) -> dict[str, str | None]:
        gloss = self.captions.gloss
        return {
            role: gloss(majority([frame.get(role, "") for frame in frames]))
            for role in dict.fromkeys(itertools.chain.from_iterable(frames))
        }

    def _arguments(
        self,
        raw: _Record,
        roles: dict[str, str] | None,
        image: Image,
        glosses: dict[str, str | None],
        where: str,
    ) -> tuple[ImageArgument, ...]:
        found: dict[tuple[str, Box], ImageArgument] = {}
        ungrounded = len(glosses)
        for name, corners in raw.bb.items():
            if corners[0] < 0 and corners[2] < 0:
                continue  # the corpus's mark of a role without a box
            ungrounded -= name in glosses
            role = name if roles is None else roles.get(name)
            if role is None:
                self.report.leave_out(f"role {name} of {raw.verb} without a role in M2E2", where)
                continue
            box = _scaled(corners, raw, image, where)
            if box is None:
                self.report.leave_out("a box without an area", where)
            elif (role, box) in found:
                self.report.leave_out("a repeated box of a merged role", where)
            else:
                found[role, box] = ImageArgument(role, box, gloss=glosses.get(name))
        if ungrounded:
            self.report.leave_out("a role without a box", where, ungrounded)
        return tuple(found.values())


def _scaled(
    corners: tuple[float, float, float, float], raw: _Record, image: Image, where: str
) -> Box | None:
    """Scale a box to the size of the image file; return ``None`` if it has no area there."""
    width, height = raw.width, raw.height
    if width <= 0 or height <= 0:
        raise RmplError("a box in an image of unknown size", where=where)
    x1, y1, x2, y2 = corners
    if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
        x1, x2 = max(0, min(x1, x2)), min(width, max(x1, x2))
        y1, y2 = max(0, min(y1, y2)), min(height, max(y1, y2))
        if x1 >= x2 or y1 >= y2:
            return None
    across, down = image.width / width, image.height / height
    return Box(x1 * across, y1 * down, x2 * across, y2 * down)
