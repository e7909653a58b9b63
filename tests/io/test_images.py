from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from rmpl.errors import RmplError
from rmpl.io import images
from rmpl.io.images import image_size, open_image, resolve_inside

ROTATE_90 = 6


def save(path: Path, image: PIL.Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def halves() -> PIL.Image.Image:
    """Red on the left, blue on the right, 40 x 20."""
    image = PIL.Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 20))
    return image


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 200 and pixel[1] < 60 and pixel[2] < 60


def test_exif_orientation_is_applied_to_size_and_pixels(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = ROTATE_90
    path = save(tmp_path / "a.jpg", halves(), exif=exif, quality=95)
    assert image_size(path) == (20, 40)
    image = open_image(path)
    assert image.size == (20, 40)
    assert is_red(image.getpixel((10, 5)))
    assert not is_red(image.getpixel((10, 35)))


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK", "RGBA", "LA", "I;16", "F"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = PIL.Image.fromarray(np.full((20, 40), 40_000, dtype=np.uint16))
    else:
        image = halves().convert(mode)
    suffix = "tif" if mode in {"CMYK", "F"} else "png"
    path = save(tmp_path / f"a.{suffix}", image)
    opened = open_image(path)
    assert (opened.mode, opened.size, image_size(path)) == ("RGB", (40, 20), (40, 20))
    if mode in {"RGB", "P", "CMYK", "RGBA"}:
        assert is_red(opened.getpixel((5, 10)))
    if mode == "I;16":
        assert opened.getpixel((0, 0)) == (156, 156, 156)


def at_once(image: PIL.Image.Image) -> PIL.Image.Image:
    """Convert as a whole, with every copy that this takes."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if image.mode == "F":
            values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
            span = float(values.max() - values.min()) or 1.0
            return PIL.Image.fromarray(
                ((values - values.min()) * (255 / span)).astype(np.uint8)
            ).convert("RGB")
        wide = values.astype(np.int64)
        wide = wide >> 8 if wide.max() > 255 else wide
        return PIL.Image.fromarray(np.clip(wide, 0, 255).astype(np.uint8)).convert("RGB")
    rgba = image.convert("RGBA")
    return PIL.Image.alpha_composite(PIL.Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def unusual(kind: str) -> PIL.Image.Image:
    """Noise of 61 x 47 pixels."""
    values = np.random.default_rng(5).integers(0, 256, (47, 61, 4), dtype=np.uint8)
    rgba = PIL.Image.fromarray(values, "RGBA")
    wide = values[..., 0].astype(np.uint16) * 257
    if kind == "P":
        image = rgba.convert("RGB").quantize(32)
        image.info["transparency"] = bytes(range(0, 256, 8))
        return image
    kinds = {
        "RGBA": rgba,
        "LA": rgba.convert("LA"),
        "I;16": PIL.Image.fromarray(wide),
        "I;16 dark": PIL.Image.fromarray(wide // 300),
        "F": PIL.Image.fromarray(wide.astype(np.float32) - 9_000),
        "I": PIL.Image.fromarray(wide.astype(np.int32) * 3 - 70_000),
    }
    return kinds[kind]


@pytest.mark.parametrize("kind", ["P", "RGBA", "LA", "I;16", "I;16 dark", "F", "I"])
@pytest.mark.parametrize("pixels", [1, 61 * 7, 2**20])
def test_strips_change_no_pixel(tmp_path: Path, monkeypatch, kind: str, pixels: int) -> None:
    monkeypatch.setattr(images, "STRIP_PIXELS", pixels)
    image = unusual(kind)
    path = save(tmp_path / ("a.tif" if kind in {"F", "I"} else "a.png"), image)
    with PIL.Image.open(path) as written:
        assert open_image(path).tobytes() == at_once(written).tobytes()


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", PIL.Image.new("RGBA", (4, 4), (0, 0, 0, 0)))
    assert open_image(path).getpixel((1, 1)) == (255, 255, 255)


def test_transparent_palette(tmp_path: Path) -> None:
    image = PIL.Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    path = save(tmp_path / "a.png", image, transparency=0)
    assert open_image(path).getpixel((1, 1)) == (255, 255, 255)


def test_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert is_red(open_image(path).getpixel((1, 1)))


def test_a_wrong_extension_and_a_single_pixel(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", PIL.Image.new("RGB", (1, 1), "red"), format="PNG")
    assert open_image(path).size == image_size(path) == (1, 1)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 60_000, 2_000_000])
def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    for read in (image_size, open_image):
        with pytest.raises(RmplError, match="too large"):
            read(path)


def test_the_pixel_limit_is_the_callers(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", halves())
    assert open_image(path, max_pixels=800).size == (40, 20)
    with pytest.raises(RmplError, match="limit is 799 pixels"):
        open_image(path, max_pixels=799)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "empty"), (b"<html>404</html>", "not an image"), (None, "no such image")],
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    for read in (image_size, open_image):
        with pytest.raises(RmplError, match=message):
            read(path)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_truncated_image_is_refused(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / f"a.{suffix}", PIL.Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(RmplError, match=r"truncated.*a broken image; download it again"):
        open_image(path)


@pytest.mark.parametrize(
    "name",
    ["../a.jpg", "a/../../b.jpg", "/etc/passwd", "..\\a.jpg", "C:\\a.jpg", "link/a.jpg"],
)
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(RmplError, match="points outside"):
        resolve_inside(tmp_path, name)


@pytest.mark.parametrize("name", ["", ".", "a\0b", "x" * 300])
def test_what_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RmplError, match="invalid image file name"):
        resolve_inside(tmp_path, name)


def test_a_link_in_a_circle_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("a.jpg")
    assert not resolve_inside(tmp_path, "a.jpg").is_file()


def test_names_inside_the_folder_are_resolved(tmp_path: Path) -> None:
    assert resolve_inside(tmp_path, "train/a b.jpg") == tmp_path / "train" / "a b.jpg"
