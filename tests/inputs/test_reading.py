"""Files of every kind, and every kind of trouble, one by one."""

import gzip
import io
import json
import os
import sys
from datetime import date

import PIL.Image
import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")
pytest.importorskip("inscriptis")

from rmpl.errors import RmplError
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import count_documents, find_sources
from rmpl.io.documents import write_documents
from rmpl.io.image_folders import OTHER_SIZE
from rmpl.io.read_report import ReadReport
from rmpl.records import Document, Sentence


def jpeg(path, size=(40, 30), **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.new("RGB", size, "red").save(path, **how)


def read(*inputs):
    report, told = ReadReport(), []
    sources = find_sources([str(path) for path in inputs], report, told.append)
    return list(Reader(report, told.append).read(sources)), told


def one(*inputs):
    items, told = read(*inputs)
    assert not told, told
    [item] = items
    return item


def test_an_article_with_the_picture_beside_it(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeffPolice arrested Ana.", "utf-8")
    jpeg(tmp_path / "a.jpg")
    item = one(tmp_path)
    assert item.text is None
    document = item.document
    assert [s.text for s in document.sentences] == ["Police arrested Ana."]
    assert document.sentences[0].source[0] == (0, 6)
    assert [(i.id, i.width, i.height) for i in document.images] == [
        (str(tmp_path / "a.jpg"), 40, 30)
    ]


def test_a_picture_is_upright(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    jpeg(tmp_path / "a.jpg", exif=exif)
    [image] = one(tmp_path / "a.jpg").document.images
    assert (image.width, image.height) == (30, 40)


PAGE = """<html><head><title>T</title><script>var police = 1;</script></head><body><nav>Home</nav>
<h1>Three held</h1><p>Police &amp; army <b>arrested</b> three&nbsp;men.</p><ul><li>One</li></ul>
<footer>Imprint</footer></body></html>"""


def test_a_page_gives_its_visible_text_to_which_offsets_refer(tmp_path):
    (tmp_path / "a.html").write_text(PAGE)
    item = one(tmp_path / "a.html")
    sentences = item.document.sentences
    assert [s.text for s in sentences] == ["Three held", "Police & army arrested three men.", "One"]
    start, end = sentences[1].source[3]
    assert item.text[start:end] == "arrested"


def test_a_page_in_a_declared_charset_and_one_in_none(tmp_path):
    page = "<meta charset='latin1'><p>Café burnt.</p>"
    (tmp_path / "a.html").write_bytes(page.encode("latin1"))
    assert one(tmp_path / "a.html").document.sentences[0].text == "Café burnt."
    (tmp_path / "a.html").write_bytes(page[24:].encode("latin1"))
    items, [told] = read(tmp_path / "a.html")
    assert not items
    assert "no charset is declared" in told.what


def test_own_records_and_texts_as_json(tmp_path):
    jpeg(tmp_path / "p/a.jpg")
    own = {"id": "own", "sentences": [{"id": "s", "text": "He fell."}]}
    written = {"text": "He fell. She ran.", "images": ["p/a.jpg"], "date": "2020"}
    (tmp_path / "a.jsonl").write_text(json.dumps(own) + "\n" + json.dumps(written) + "\n")
    items, told = read(tmp_path / "a.jsonl")
    assert not told
    assert [i.document.id for i in items] == ["own", f"{tmp_path}/a.jsonl:2"]
    assert [len(i.document.sentences) for i in items] == [1, 2]
    assert items[1].document.images[0].width == 40
    (tmp_path / "b.json").write_text(json.dumps([own, {**written, "id": "x"}]))
    items, told = read(tmp_path / "b.json")
    assert [i.document.id for i in items] == ["own", "x"]


@pytest.mark.parametrize("given", [{}, {"width": 40, "height": 30}, {"width": 7}, {"height": 7}])
@pytest.mark.parametrize("absolute", [True, False])
def test_an_image_is_measured_whatever_its_record_says(tmp_path, absolute, given):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # stored as 40 x 30, shown as 30 x 40
    jpeg(tmp_path / "a.jpg", exif=exif)
    image = {"id": "x", "path": str(tmp_path / "a.jpg") if absolute else "a.jpg", **given}
    (tmp_path / "e.jsonl").write_text(
        json.dumps({"id": "d", "text": "He fell.", "images": [image]})
    )
    report = ReadReport()
    (item,) = Reader(report, pytest.fail).read(
        find_sources([str(tmp_path / "e.jsonl")], report, pytest.fail)
    )
    assert [(i.width, i.height) for i in item.document.images] == [(30, 40)]
    assert report.warnings[OTHER_SIZE] == ("height" in given and "width" in given)


def test_rows_of_parquet_are_read_like_lines(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    jpeg(tmp_path / "p/a.jpg")
    rows = [
        {"id": "a", "text": "He fell. She ran.", "images": ["p/a.jpg"], "day": date(2020, 1, 2)},
        {"id": None, "text": "He fell.", "images": None, "day": None},
        {"id": "c", "text": None, "images": [], "day": None},
        {"id": "d", "text": "x", "images": ["p/gone.jpg"], "day": None},
    ]
    parquet.write_table(arrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    lines = [json.dumps({k: v for k, v in r.items() if v and k != "day"}) for r in rows]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))
    found, told = read(tmp_path / "a.parquet")
    assert [item.document.id for item in found] == ["a", f"{tmp_path}/a.parquet:2", "c", "d"]
    assert found[0].document.images[0].width == 40
    assert [one.what for one in told] == ["no such image"]
    expected, _ = read(tmp_path / "b.jsonl")
    assert found[0].document == expected[0].document
    assert count_documents(find_sources([str(tmp_path)], ReadReport(), print)) == 4 + 3


def test_parquet_as_it_is_converted_and_a_broken_one(tmp_path):
    pytest.importorskip("pyarrow")
    document = Document("own", (Sentence("s", "He fell.", ((0, 2), (3, 7), (7, 8))),))
    write_documents([document], tmp_path / "a.parquet")
    assert one(tmp_path / "a.parquet").document == document
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:200])
    items, [told] = read(tmp_path)
    assert [item.document.id for item in items] == ["own"]
    assert "not a Parquet file" in str(told)


def test_parquet_without_its_library_says_so(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RmplError, match=r"pip install 'rmpl\[parquet\]'"):
        read(tmp_path)


def test_standard_input_as_text_and_as_lines(monkeypatch):
    def given(data):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
        return [item.document for item in read("-")[0]]

    [document] = given(b"He fell. She ran.")
    assert (document.id, len(document.sentences)) == ("stdin", 2)
    assert [d.id for d in given(b'{"id":"a","text":"x"}\n{"id":"b","text":"y"}\n')] == ["a", "b"]


STORY = {"id": "a", "text": "Police came. Rebels ran."}
LINES = [STORY, {"id": "b", "text": "She ran."}]


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        ("\n".join(map(json.dumps, LINES)).encode(), {"a": 2, "b": 1}),
        (b"\xef\xbb\xbf" + json.dumps(STORY).encode(), {"a": 2}),
        (json.dumps(LINES, indent=2).encode(), {"a": 2, "b": 1}),
        (json.dumps(STORY, indent=2).encode(), {"a": 2}),
        (gzip.compress("\n".join(map(json.dumps, LINES)).encode(), mtime=0), {"a": 2, "b": 1}),
        (b"<!DOCTYPE html><p>Police came.<p>Rebels ran.", {"stdin": 2}),
        (b"<?xml version='1.0'?>\n<html><p>Police came.<p>Rebels ran.", {"stdin": 2}),
        (b"[Reuters] Police came.", {"stdin": 1}),
    ],
    ids=["lines", "bom", "list", "object", "gzip", "page", "xhtml", "text"],
)
def test_standard_input_is_what_it_holds(monkeypatch, tmp_path, data, documents):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))
    items, told = read("-")
    assert not told
    assert {one.document.id: len(one.document.sentences) for one in items} == documents
    if not data.startswith((b"<", b"[R")):
        (tmp_path / "x.json").write_bytes(data)
        items, told = read(tmp_path / "x.json")
        assert {one.document.id: len(one.document.sentences) for one in items} == documents


def test_keys_of_own_records_are_understood_or_named(tmp_path):
    jpeg(tmp_path / "a.jpg")
    lines = [
        {"doc_id": "mine", "text": "He fell.", "title": "T"},
        {"id": 7, "text": "He fell.", "image": "a.jpg"},
        {"id": "paths", "text": "He fell.", "image_paths": ["a.jpg"]},
        {"id": "twice", "text": "He fell.", "images": ["a.jpg", "a.jpg"], "image": "a.jpg"},
        {"id": "typo", "text": "He fell.", "imgaes": ["a.jpg"]},
        {"id": "in", "sentences": [{"id": "s", "text": "He fell.", "token": []}]},
    ]
    path = tmp_path / "k.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    report, told = ReadReport(), []
    items = list(Reader(report, told.append).read(find_sources([str(path)], report, told.append)))
    assert not told
    assert {one.document.id: len(one.document.images) for one in items} == {
        "mine": 0, "7": 1, "paths": 1, "twice": 1, "typo": 0, "in": 0,
    }  # fmt: skip
    assert dict(report.warnings) == {
        "image listed twice, read once": 2,
        "unknown key 'imgaes' (did you mean 'images'?), not read": 1,
        "unknown key 'token' in sentences (did you mean 'tokens'?), not read": 1,
    }
    path.write_text('{"id": "a", "text": "Police ran.", "id": "b", "text": "He fell."}')
    report = ReadReport()
    (item,) = Reader(report, pytest.fail).read(find_sources([str(path)], report, pytest.fail))
    assert item.document.id == "b"
    assert dict(report.warnings) == {
        "repeated key 'id', only the last one is read": 1,
        "repeated key 'text', only the last one is read": 1,
    }
    path.write_text(json.dumps({"id": "none", "title": "T", "txt": "He fell."}))
    _, [told] = read(path)
    assert "k.jsonl:1: " in str(told)
    assert "'txt'" in str(told)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_offsets_count_the_characters_of_the_file(tmp_path, start, end):
    """CRLF is two of them, a byte-order mark none."""
    text = f"Caf\u00e9 workers{end}marched.{end}{end}Rebels ran.{end}"
    (tmp_path / "a.txt").write_bytes((start + text).encode())
    document = one(tmp_path / "a.txt").document
    words = [
        (word, text[slice(*place)])
        for sentence in document.sentences
        for word, place in zip(sentence.words(), sentence.source, strict=True)
    ]
    assert [word for word, _ in words] == "Caf\u00e9 workers marched . Rebels ran .".split()
    assert all(word == stood for word, stood in words)


def broken_jpeg(path):
    jpeg(path)
    path.write_bytes(path.read_bytes()[:300])


HOSTILE = {
    "binary.txt": (b"\x7fELF\0\0\1", "a binary file, not text"),
    "broken.txt": (b"caf\xe9 x", "not UTF-8 text (byte 3)"),
    "empty.txt": (b" \n", "an empty file"),
    "empty.jpg": (b"", "an empty image file"),
    "fake.jpg": (b"%!PS-Adobe /etc", "not an image"),
    "no.json": (b"{", "not a valid record"),
    "comment.html": (b"<!-- x -->", "no text found"),
    "deep.html": (b"<div>" * 50_000 + b"x", "an element nested more than 256 deep"),
    "half.jsonl": (b'{"id":"a","text":"\\ud800"}', "not a valid record"),
    "long.jsonl": (
        b'{"id":"a","sentences":[{"id":"s","text":"' + b"a" * 9000 + b'"}]}',
        "a sentence of 9,000 characters",
    ),
    "etc.jsonl": (
        b'{"id":"a","text":"x","images":["../../etc/passwd"]}',
        "an image name that points outside the image folder",
    ),
    "gone.jsonl": (b'{"id":"a","text":"x","images":["gone.jpg"]}', "no such image"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_each_hostile_file_is_told_of_in_one_line_and_the_rest_is_read(tmp_path, name):
    data, what = HOSTILE[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good").mkdir()
    (tmp_path / "good/z.txt").write_text("He fell.")
    items, [told] = read(tmp_path)
    assert what in str(told)
    assert name in str(told)
    assert f"{tmp_path}/good/z.txt" in [item.document.id for item in items]


def test_a_broken_picture_does_not_take_its_article_along(tmp_path):
    (tmp_path / "a.txt").write_text("He fell.")
    broken_jpeg(tmp_path / "a.jpg")
    [item], [told] = read(tmp_path)
    assert not item.document.images
    assert told.what == "a broken image"


def test_a_name_that_is_not_utf_8_costs_an_image_and_nothing_else(tmp_path):
    folder = tmp_path / os.fsdecode(b"odd\xff")
    folder.mkdir()
    (folder / os.fsdecode(b"a\xfe.txt")).write_text("He fell.")
    jpeg(tmp_path / "whole.jpg")
    (tmp_path / "whole.jpg").rename(folder / os.fsdecode(b"a\xfe.jpg"))
    items, [told] = read(tmp_path)
    assert [len(item.document.sentences) for item in items] == [1]
    assert told.what == "an image whose name, or its folder's, is not UTF-8"
    assert all(str(item.document).encode() for item in items)


def test_an_oversized_picture_and_text_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rmpl.inputs.files.MAX_BYTES", 100)
    (tmp_path / "a.txt").write_text("He fell. " * 20)
    PIL.Image.new("1", (10_000, 8_001)).save(tmp_path / "b.png")
    items, told = read(tmp_path / "a.txt", tmp_path / "b.png")
    assert not items
    assert ["a text of" in told[0].what, told[1].what] == [True, "an image that is too large"]


def test_a_picture_that_is_a_line_is_refused(tmp_path):
    PIL.Image.new("1", (2_000, 2)).save(tmp_path / "b.png")
    items, [told] = read(tmp_path / "b.png")
    assert not items
    assert told.what == "an image too narrow for any model"


def test_pipes_and_broken_links_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "b.txt")
    items, told = read(tmp_path)
    assert not items
    assert [error.what for error in told] == ["not a readable file"] * 2


@pytest.mark.parametrize(
    "name", ["a.json", "a.jsonl", "a.jsonl.gz", "a.parquet", "a.html", "a.png"]
)
def test_a_pipe_or_a_device_among_the_files_is_told_of_and_the_rest_is_read(tmp_path, name):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "b.txt").write_text("Police arrested Ana.")
    os.mkfifo(tmp_path / "news" / name)
    [item], told = read(tmp_path / "news")
    assert item.document.sentences
    assert len(told) == 1, told
    device = tmp_path / name
    device.symlink_to("/dev/zero")
    items, told = read(device)
    assert not items
    assert len(told) == 1, told


@pytest.mark.parametrize("name", ["bomb.txt", "bomb.html", "bomb.json", "bomb.jsonl", "b.jsonl.gz"])
def test_what_grows_when_it_is_unpacked_is_one_line(tmp_path, monkeypatch, name):
    monkeypatch.setattr("rmpl.inputs.files.MAX_BYTES", 2**20)
    monkeypatch.setattr("rmpl.io.files.lines_of.__defaults__", (2**20,))
    (tmp_path / name).write_bytes(gzip.compress(b"a" * 2**21))
    items, told = read(tmp_path / name)
    assert not items
    assert len(told) == 1, told
    assert "more than 1 MB when unpacked" in told[0].what


def test_the_same_document_twice_is_read_once(tmp_path):
    (tmp_path / "a.txt").write_text("He fell.")
    [_], [told] = read(tmp_path / "a.txt", tmp_path / "a.txt")
    assert "repeated document id" in told.what
    assert told.remedy == "name it once"


def test_an_id_that_two_files_use_is_told_with_both_files(tmp_path):
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("id,text\n1,He fell.\n")
    two.write_text("id,text\n1,She ran.\n2,They met.\n")
    items, [told] = read(one, two)
    assert [item.document.id for item in items] == ["1", "2"]
    assert str(told).startswith(f"{two}: repeated document id '1', which {one} has, too; read the")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "1. " * 7_000),
        ("a.md", "He *fell*. " * 2_000),
        ("a.html", "<p>He fell.</p>" * 2_000),
        ("a.jsonl", json.dumps({"text": "He fell. " * 2_000})),
        ("b.jsonl", '{"id":"b","sentences":[{"id":"s","text":"' + "a" * 15_001 + '"}]}'),
    ],
)
def test_a_text_that_is_too_long_is_told_of_before_it_is_split(
    tmp_path, monkeypatch, name, content
):
    monkeypatch.setattr("rmpl.inputs.sentences.sentence_spans", None)
    (tmp_path / name).write_text(content)
    report, told = ReadReport(), []
    sources = find_sources([str(tmp_path)], report, told.append)
    assert not list(Reader(report, told.append, max_characters=15_000).read(sources))
    [error] = told
    assert error.what.endswith("characters")
    assert 15_000 < int(error.what.split()[0].replace(",", "")) < 24_000
    assert error.remedy == "the limit is 15,000"


def test_signs_and_layout_are_no_characters_of_a_text(tmp_path):
    (tmp_path / "a.md").write_text("# He    [fell](http://a.b/c).\n\n")
    report, told = ReadReport(), []
    sources = find_sources([str(tmp_path)], report, told.append)
    assert list(Reader(report, told.append, max_characters=len("He fell.")).read(sources))
    assert not list(Reader(report, told.append, max_characters=7).read(sources))
    assert [error.what for error in told] == ["8 characters"]
