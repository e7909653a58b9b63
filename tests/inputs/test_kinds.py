"""A file that is not what its name says is one line: refused if named, skipped in a folder."""

import gzip

import pytest

from article_files import archive, pdf, png, write
from rmpl.errors import RmplError


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.txt", pdf([["x"]]), "a PDF, not a text; name it .pdf"),
        ("a.txt.gz", gzip.compress(pdf([["x"]]), mtime=0), "a PDF, not a text; name it .pdf"),
        ("a.md", archive({"word/document.xml": "x"}), "a zip archive, as Word documents"),
        ("a.html", png(), "a PNG image, not a page; name it .png"),
        ("a.docx", b"{\\rtf1 x}", "rich text, not a Word document; save it as .docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1", "a document of an old Office format, not a Word"),
        ("a.csv", archive({"xl/workbook.xml": "x"}), "save a workbook as .csv"),
        ("a.zip", pdf([["x"]]), "a PDF, not a zip archive"),
        ("a.eml", b"<html>Hello</html>", "not mail"),
    ],
)
def test_another_kind_than_the_name_says(tmp_path, read, name, content, what):
    path = write(tmp_path / name, content)
    with pytest.raises(RmplError) as caught:
        read(path)
    assert what in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    write(tmp_path / "b.txt", b"He fell.")
    found = read(tmp_path)
    assert list(found.documents) == [f"{tmp_path}/b.txt"]
    assert [what in str(error) for error in found.told] == [True]
