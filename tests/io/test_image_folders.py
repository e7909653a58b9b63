"""A corpus whose pictures are missing, broken, hostile or merely unusual."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.corpora.summary import check_images
from rmpl.errors import RmplError
from rmpl.io.image_folders import MISSING, OTHER_SIZE
from rmpl.io.read_report import ReadReport
from rmpl.records import Box

LINE = {
    "token": ["Ana", "Reyes", "joins", "Lima"],
    "h": {"name": "Ana Reyes", "pos": [0, 2]},
    "t": {"name": "Lima", "pos": [3, 4]},
    "relation": "/per/org/member_of",
}
NOISE = PIL.Image.fromarray(
    np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8), "RGB"
)
SIXTEEN_BITS = PIL.Image.fromarray(np.full((48, 64), 40_000, dtype=np.uint16))
SIDEWAYS = PIL.Image.Exif()
SIDEWAYS[0x0112] = 6


def saved(image: PIL.Image.Image, kind: str, **options: Any) -> Callable[[Path], None]:
    return lambda path: image.save(path, format=kind, **options)


def written(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def cut(kept: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        NOISE.save(path, format="JPEG")
        path.write_bytes(path.read_bytes()[:kept])

    return write


def bomb(path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1_000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))


UNUSUAL: dict[str, tuple[Callable[[Path], None], tuple[int, int]]] = {
    "plain": (saved(NOISE, "JPEG"), (64, 48)),
    "wrong extension": (saved(NOISE, "PNG"), (64, 48)),
    "cmyk": (saved(NOISE.convert("CMYK"), "JPEG"), (64, 48)),
    "palette": (saved(NOISE.convert("P"), "GIF"), (64, 48)),
    "16 bit": (saved(SIXTEEN_BITS, "PNG"), (64, 48)),
    "alpha": (saved(NOISE.convert("RGBA"), "PNG"), (64, 48)),
    "animated": (saved(NOISE, "GIF", save_all=True, append_images=[NOISE] * 2), (64, 48)),
    "rotated": (saved(NOISE, "JPEG", exif=SIDEWAYS), (48, 64)),
    "one pixel": (saved(NOISE.crop((0, 0, 1, 1)), "PNG"), (1, 1)),
}
BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "zero-byte": (written(b""), "an empty image file"),
    "page": (written(b"<html>404</html>"), "not an image"),
    "postscript": (written(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "not an image"),
    "cut header": (cut(30), "a broken image"),
    "cut": (cut(2_000), "a broken image"),
    "bomb": (bomb, "an image that is too large"),
    "link": (
        lambda path: path.symlink_to("/etc/hostname"),
        "an image name that points outside the image folder",
    ),
}
NAMES = {
    "../secret": "an image name that points outside the image folder",
    "/etc/passwd": "an image name that points outside the image folder",
    "x" * 300: "an invalid image file name",
}


def corpus(folder: Path, *names: str) -> Path:
    """Write an MNRE file that names these pictures, and those of them that are no paths."""
    pictures = folder / "img_org" / "train"
    pictures.mkdir(parents=True)
    for name in names:
        if name in UNUSUAL or name in BROKEN:
            (UNUSUAL | BROKEN)[name][0](pictures / f"{name}.jpg")
    lines = "".join(f"{LINE | {'img_id': name}}\n" for name in names)
    (folder / "mnre_train.txt").write_text(lines)
    return folder


def test_every_picture_is_handled_or_refused_by_itself(tmp_path: Path) -> None:
    names = [*UNUSUAL, *BROKEN, *NAMES, "nowhere"]
    report, done = ReadReport(), set[str]()
    documents = list(read_corpus("mnre", corpus(tmp_path, *names), on_error="count", report=report))
    assert len(documents) == len(names)
    for name, document in zip(names, documents, strict=True):
        (image,) = document.images
        if name in UNUSUAL:
            assert (image.width, image.height) == UNUSUAL[name][1]
        check_images(document, report, done)
    assert report.used["images decoded"] == len(UNUSUAL)
    assert report.warnings == {MISSING: 1}
    expected = [reason for _, reason in BROKEN.values()] + list(NAMES.values())
    assert dict(report.left_out) == {reason: expected.count(reason) for reason in expected}
    assert report.refused == len(BROKEN) + len(NAMES)


@pytest.mark.parametrize("name", [name for name in (*BROKEN, *NAMES) if name != "cut"])
def test_a_strict_reading_stops_and_names_the_line(tmp_path: Path, name: str) -> None:
    folder = corpus(tmp_path, "plain", name)
    reason = NAMES[name] if name in NAMES else BROKEN[name][1]
    with pytest.raises(RmplError, match=rf"mnre_train\.txt:2, .*{reason}"):
        list(read_corpus("mnre", folder))


def test_links_of_the_images_folder_itself_are_followed(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus", "plain", "inner")
    pictures = folder / "img_org" / "train"
    (pictures / "inner.jpg").symlink_to("plain.jpg")
    (folder / "img_org").rename(tmp_path / "disk")
    (folder / "img_org").symlink_to(tmp_path / "disk")
    for document in read_corpus("mnre", folder):
        assert document.images[0].width == 64


def test_a_users_own_file_may_lie_beside_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    NOISE.save(tmp_path / "disk" / "a.png")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "photos").symlink_to(tmp_path / "disk")
    (folder / "own.jsonl").write_text(
        '{"id": "d", "images": [{"id": "p", "path": "photos/a.png"}]}'
    )
    (document,) = read_corpus("documents", folder / "own.jsonl")
    assert document.images[0].width == 64
    with pytest.raises(
        RmplError, match=r"own\.jsonl, document d, 'photos/a\.png': .*points outside"
    ):
        list(read_corpus("documents", folder / "own.jsonl", images=folder))


def own(folder: Path, kind: str = "plain", *, absolute: bool = True, **size: int) -> Path:
    """Write a document with a box in an image of 64 x 48 stored pixels, and its record's size."""
    UNUSUAL[kind][0](folder / "a.jpg")
    image = {"id": "a", "path": str(folder / "a.jpg") if absolute else "a.jpg", **size}
    argument = {"role": "Person", "box": {"x1": 8, "y1": 12, "x2": 16, "y2": 24}}
    event = {"id": "i", "image_id": "a", "event_type": "Life:Die", "arguments": [argument]}
    line = {"id": "d", "images": [image], "image_events": [event]}
    (folder / "own.jsonl").write_text(json.dumps(line))
    return folder / "own.jsonl"


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("plain", {}),
        ("plain", {"width": 64, "height": 48}),
        ("plain", {"width": 64}),
        ("plain", {"height": 48}),
        ("rotated", {"width": 48, "height": 64}),
    ],
)
def test_sizes_are_measured_and_boxes_of_the_right_size_stay(tmp_path, kind, given, absolute):
    report = ReadReport()
    path = own(tmp_path, kind, absolute=absolute, **given)
    (document,) = read_corpus("documents", path, report=report)
    (image,) = document.images
    assert (image.width, image.height) == UNUSUAL[kind][1]
    assert document.image_events[0].arguments[0].box == Box(8, 12, 16, 24)
    assert not report.warnings


@pytest.mark.parametrize("absolute", [True, False])
def test_boxes_in_pixels_of_another_copy_are_scaled_to_the_file(tmp_path, absolute):
    report = ReadReport()
    path = own(tmp_path, absolute=absolute, width=32, height=24)
    (document,) = read_corpus("documents", path, report=report)
    assert (document.images[0].width, document.images[0].height) == (64, 48)
    assert document.image_events[0].arguments[0].box == Box(16, 24, 32, 48)
    assert report.warnings == {OTHER_SIZE: 1}


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("rotated", {"width": 64, "height": 48}),  # as it is stored, before EXIF rotation
        ("plain", {"width": 64, "height": 64}),
    ],
)
def test_a_record_of_another_shape_is_refused(tmp_path, kind, given, absolute):
    path = own(tmp_path, kind, absolute=absolute, **given)
    told = r"own\.jsonl, document d, image a, .* pixels, not 64 x .*: an image of another shape"
    with pytest.raises(RmplError, match=told):
        list(read_corpus("documents", path))
    report = ReadReport()
    assert list(read_corpus("documents", path, on_error="count", report=report)) == []
    assert (report.refused, report.used["documents"]) == (1, 0)


def test_a_nearly_square_image_is_not_taken_for_a_copy_of_its_rotated_self(tmp_path):
    path = own(tmp_path, width=200, height=201)
    NOISE.resize((200, 201)).save(tmp_path / "a.jpg", exif=SIDEWAYS)
    with pytest.raises(RmplError, match="201 x 200 pixels, not 200 x 201: an image of another"):
        list(read_corpus("documents", path))


def test_half_a_size_without_a_file_is_refused(tmp_path):
    image = {"id": "a", "width": 64}
    (tmp_path / "own.jsonl").write_text(json.dumps({"id": "d", "images": [image]}))
    with pytest.raises(RmplError, match=r"image a: .*a width or a height alone.*give both"):
        list(read_corpus("documents", tmp_path / "own.jsonl"))
