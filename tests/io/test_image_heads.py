"""Pictures of some megabytes whose heads would take gigabytes or hours."""

from __future__ import annotations

import functools
import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import PIL.Image
import PIL.ImageOps
import pytest

from counted import calls
from rmpl.errors import RmplError
from rmpl.io.images import image_size, open_image

EXIF = b"Exif\0\0"
SHORT, LONG, BYTES = 3, 4, 7


def picture(kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    PIL.Image.new("RGB", (64, 32), "red").save(file, kind, **options)
    return file.getvalue()


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    packed = b"".join(struct.pack(">HHII", *entry) for entry in sorted(entries))
    return struct.pack(">H", len(entries)) + packed + b"\0" * 4


def repeated(first: int, count: int, size: int, at: int) -> list[tuple[int, int, int, int]]:
    return [(first + number, BYTES, size, at) for number in range(count)]


def exif() -> bytes:
    """400 tags that name the same megabyte."""
    head = b"MM\0*" + struct.pack(">I", 8)
    return head + directory(repeated(1000, 400, 2**20, 8)) + b"\1" * 2**20


def in_segments(data: bytes, size: int = 65_000) -> bytes:
    jpeg = picture("JPEG")
    parts = (data[at : at + size] for at in range(0, len(data), size))
    packed = (b"\xff\xe1" + struct.pack(">H", len(part) + 8) + EXIF + part for part in parts)
    return jpeg[:2] + b"".join(packed) + jpeg[2:]


def png() -> bytes:
    data = picture("PNG")
    chunk = b"eXIf" + exif()
    packed = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + packed + data[33:]


def tiff(more: list[tuple[int, int, int, int]], behind: bytes = b"") -> bytes:
    """64 x 64 grey pixels with more tags; what lies behind them begins at byte 4,104."""
    named = [(256, 64), (257, 64), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 64)]
    entries = [(tag, LONG, 1, value) for tag, value in [*named, (279, 4096)]]
    own = {tag for tag, *_ in more}
    entries = [one for one in entries if one[0] not in own]
    head = b"MM\0*" + struct.pack(">I", 4104 + len(behind))
    return head + b"\0" * 4096 + behind + directory([*entries, *more])


def gif(comments: bytes) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 64, 64, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0;"
    return head + comments + frame


BOMBS: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: in_segments(exif()),
    "pieces.jpg": lambda: in_segments(b"MM\0*" + b"\0" * 600_000, 8),
    "a.png": png,
    "a.webp": lambda: picture("WEBP", exif=EXIF + exif()),
    "a.tif": lambda: tiff(repeated(40_000, 400, 2**20, 8), b"\1" * 2**20),
    "within.tif": lambda: tiff(
        [(34_665, LONG, 1, 4104)], directory(repeated(40_000, 80, 2**20, 8)) + b"\1" * 2**20
    ),
    "strips.tif": lambda: tiff([(273, LONG, 30_000, 8), (279, LONG, 30_000, 8)], b"\0" * 130_000),
    "more.tif": lambda: tiff([(273, LONG, 500_000, 8), (279, LONG, 500_000, 8)], b"\0" * 2_100_000),
    "blocks.gif": lambda: gif(b"\x21\xfe" + (b"\xff" + b"a" * 255) * 8_000 + b"\0"),
    "comments.gif": lambda: gif(b"\x21\xfe\x01a\0" * 50_000),
}


MOST_CALLS = 200_000
SKIPPED_BY_PILLOW_13 = {"a.jpg", "a.png", "a.webp", "a.tif", "within.tif", "strips.tif"}
"""From version 13 on, Pillow reads no more of a file's tags than the file has bytes."""


@pytest.mark.parametrize("name", BOMBS)
def test_what_a_head_repeats_is_refused_or_not_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    is_skipped = name in SKIPPED_BY_PILLOW_13 and int(PIL.__version__.split(".")[0]) >= 13
    for read in (image_size, open_image):
        if is_skipped:
            assert calls(functools.partial(read, path)) < MOST_CALLS, (
                "read again and again, it takes hours"
            )
        else:
            with pytest.raises(RmplError, match="too large or too repetitive"):
                read(path)


def test_long_lists_of_strips_are_not_even_made(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(BOMBS["more.tif"]())
    tracemalloc.start()
    try:
        with pytest.raises(RmplError, match="too repetitive"):
            image_size(tmp_path / "a.tif")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_what_a_jpeg_names_further_in_is_not_followed(tmp_path: Path) -> None:
    head = b"MM\0*" + struct.pack(">I", 8)
    first = directory([(0x0112, SHORT, 1, 6 << 16), (0x8769, LONG, 1, 38)])
    (tmp_path / "a.jpg").write_bytes(
        in_segments(head + first + directory(repeated(1000, 400, 2**20, 8)) + b"\1" * 2**20)
    )
    found = []
    assert calls(lambda: found.append(open_image(tmp_path / "a.jpg").size)) < MOST_CALLS
    assert found == [(32, 64)]


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turns_are_those_of_pillow(tmp_path: Path, kind: str, turn: int) -> None:
    shown = PIL.Image.linear_gradient("L").resize((48, 32)).rotate(30).convert("RGB")
    tags = PIL.Image.Exif()
    tags[0x0112] = turn
    shown.save(tmp_path / "a", kind, exif=tags)
    with PIL.Image.open(tmp_path / "a") as image:
        wanted = PIL.ImageOps.exif_transpose(image).convert("RGB")
    assert open_image(tmp_path / "a").tobytes() == wanted.tobytes()
    assert image_size(tmp_path / "a") == wanted.size


def test_metadata_of_a_usual_size_are_read(tmp_path: Path) -> None:
    tags = PIL.Image.Exif()
    tags[0x0112], tags[0x010E] = 6, "x" * 60_000
    profile = b"p" * 900_000
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        (tmp_path / "a").write_bytes(picture(kind, exif=tags, icc_profile=profile))
        assert open_image(tmp_path / "a").size == (32, 64)
    (tmp_path / "a").write_bytes(gif(b"\x21\xfe" + (b"\xff" + b"a" * 255) * 2_000 + b"\0"))
    assert open_image(tmp_path / "a").size == (64, 64)
