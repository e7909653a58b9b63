"""Tables with an article per row."""

import gzip
import re

import pytest

from article_files import png, write
from rmpl.errors import RmplError
from rmpl.inputs.sources import count_documents, find_sources
from rmpl.inputs.tables import NO_TEXT
from rmpl.io.read_report import ReadReport

TABLE = (
    'ID,Headline,Body,date,images\nn1,Held,"Police\n""arrested"" Ana.",2019,a.png\n,,He fell.,,\n'
)


def test_a_row_is_a_document_with_its_metadata_and_images(tmp_path, read):
    write(tmp_path / "a.png", png())
    path = write(tmp_path / "a.csv", TABLE.encode("utf-8-sig"))
    documents = read(path).documents
    assert list(documents) == ["n1", f"{path}:3"]
    first = documents["n1"]
    assert [sentence.text for sentence in first.sentences] == ['Police "arrested" Ana.']
    assert first.metadata == {"title": "Held", "date": "2019"}
    assert [(image.id, image.width) for image in first.images] == [("a.png", 40)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"sep=;\ntitle;text\nA, b;He fell, and rose.\n"),
        ("a.csv", b"title;text\nA, b;He fell, and rose.\n"),
        ("a.tsv", b"title\ttext\nA, b\tHe fell, and rose.\n"),
        ("a.csv.gz", gzip.compress(b'title,article\n"A, b","He fell, and rose."\n', mtime=0)),
        ("a.csv", "title,content\n\"A, b\",\"He fell, and rose.\"\r\n".encode("utf-16")),
    ],
)  # fmt: skip
def test_separators_and_encodings_of_spreadsheet_programs(tmp_path, read, name, content):
    document = read(write(tmp_path / name, content)).one.document
    assert [sentence.text for sentence in document.sentences] == ["He fell, and rose."]
    assert document.metadata == {"title": "A, b"}


def test_a_row_that_cannot_be_right_is_told_of_and_one_without_text_counted(tmp_path, read):
    path = write(tmp_path / "a.csv", b"id,text\n1,He fell, and rose.\n2,\n,\n3,She ran.\n")
    found = read(path)
    assert list(found.documents) == ["3"]
    [told] = found.told
    assert str(told).startswith(f"{path}:2: a row of 3 cells below a header of 2")
    assert found.report.left_out[NO_TEXT] == 1


@pytest.mark.parametrize("first", ["", "sep=,\n"])
def test_lines_below_a_quote_that_is_never_closed_are_told(tmp_path, read, first):
    rows = 'text\n"He fell,\nand rose."\n5" guns fired.\n"She ran.\nThey met.\n'
    found = read(write(tmp_path / "a.csv", (first + rows).encode()))
    assert len(found.documents) == 2
    [told] = found.told
    line = 5 + bool(first)
    assert f"never closed, in the row that begins in line {line}; close it: lines {line}" in str(
        told
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"id,Story\n1,He fell.\n", "without a text column .its columns: id, Story.; name the col"),
        (b"<html>", "without a text column"),
        (b"text\nCaf\xe9\n", "not UTF-8 text"),
        (b"PK\x03\x04", "a zip archive, .*workbook as .csv"),
        (gzip.compress(b"text\n" + b"x" * 99_999, mtime=0)[:60], "cut short"),
    ],
)
def test_what_is_no_table_of_texts_is_one_line(tmp_path, read, content, what):
    path = write(tmp_path / "a.csv", content)
    try:
        [told] = read(path).told
    except RmplError as error:
        told = error
    assert re.search(what, str(told)), told
    assert str(path) in str(told)


def test_a_cell_may_be_as_long_as_a_document(tmp_path, read):
    path = write(tmp_path / "a.csv", b"text\n" + b"He fell. " * 20_000 + b"\n")
    assert read(path).one.document.sentences[-1].source[-1][1] == 20_000 * len("He fell. ") - 1


def test_rows_are_counted_for_the_progress(tmp_path):
    path = write(tmp_path / "a.csv", TABLE.encode())
    sources = find_sources([str(path)], ReadReport(), pytest.fail)
    assert count_documents(sources) == 2
