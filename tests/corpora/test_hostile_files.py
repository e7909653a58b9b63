"""Files that were made to do harm do none when a corpus or a document is read."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import PIL.Image
import pytest

from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.images import image_size, open_image


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize(
    "kind", [b"zTXt\0a\0\0", b"iTXta\0\1\0\0\0", b"iCCPa\0\0"], ids=lambda kind: kind[:4].decode()
)
def test_a_bomb_in_a_chunk_of_a_png_is_not_unpacked(tmp_path: Path, kind: bytes) -> None:
    whole = tmp_path / "whole.png"
    PIL.Image.new("RGB", (8, 8), "red").save(whole)
    data = whole.read_bytes()
    packed = zlib.compress(b"\0" * 2**27, 9)
    name = kind[4:].lstrip(b"\0")
    (tmp_path / "bomb.png").write_bytes(data[:33] + chunk(kind[:4], name + packed) + data[33:])
    tracemalloc.start()
    try:
        for read in (image_size, open_image):
            try:
                read(tmp_path / "bomb.png")
            except RmplError as error:
                assert "\n" not in str(error)
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\nshowpage\n",
        b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n",
    ],
    ids=["svg", "eps", "pdf"],
)
def test_a_picture_that_is_a_program_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for read in (image_size, open_image):
        with pytest.raises(RmplError, match="not an image"):
            read(path)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a0 "lol">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
        + '<!ENTITY it "&a9;">',
        '<!ENTITY it SYSTEM "file:///etc/passwd">',
        '<!ENTITY % all SYSTEM "http://127.0.0.1:9/x.dtd"> %all; <!ENTITY it "x">',
    ],
    ids=["bomb", "file", "address"],
)
def test_entities_of_xml_bring_nothing_in(tmp_path: Path, declared: str) -> None:
    (tmp_path / "a.sgm").write_text("<DOC><BODY><TEXT>\nPolice fired.\n</TEXT></BODY></DOC>")
    (tmp_path / "a.apf.xml").write_text(
        f"<?xml version='1.0'?><!DOCTYPE source_file [{declared}]><source_file>"
        "<document DOCID='&it;'>&it;</document></source_file>"
    )
    with pytest.raises(RmplError, match=r"a\.apf\.xml: not XML") as refused:
        list(read_corpus("ace", tmp_path))
    assert "root:" not in str(refused.value)
