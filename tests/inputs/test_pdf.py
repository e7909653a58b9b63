"""PDF files: the text layer, what they are not, and files that were made to take for ever."""

import io

import pytest

from article_files import pdf, pdf_of, write

pytest.importorskip("pypdf")
import pypdf

from rmpl.errors import RmplError
from rmpl.inputs import pdf as reading
from rmpl.inputs.pdf import IMAGES, NO_TEXT

INFO = "/Title (Three held) /Author (M. Soto) /CreationDate (D:20190305101112Z)"
PAGES = [
    ["Three held in Lima", "Police arrested Ana Reyes and two other demon-",
     "strators in the centre of the city on Tuesday, in", "the morning and after a long and loud"],
    ["protest at the port."],
]  # fmt: skip


def test_the_text_layer_goes_on_over_lines_and_pages(tmp_path, read):
    found = read(write(tmp_path / "a.pdf", pdf(PAGES, INFO)))
    document = found.one.document
    assert [sentence.text for sentence in document.sentences] == [
        "Three held in Lima",
        "Police arrested Ana Reyes and two other demonstrators in the centre of the city on "
        "Tuesday, in the morning and after a long and loud protest at the port.",
    ]
    assert document.metadata == {
        "title": "Three held",
        "author": "M. Soto",
        "created": "2019-03-05",
    }
    start, end = document.sentences[1].source[-2]
    assert found.one.text[start:end] == "port"
    assert not found.report.warnings


def test_a_page_without_text_is_counted_and_a_scan_is_refused(tmp_path, read):
    found = read(write(tmp_path / "a.pdf", pdf([["He fell."], []])))
    assert found.report.warnings[NO_TEXT] == 1
    assert found.report.cases[NO_TEXT] == [f"{tmp_path}/a.pdf, page 2"]
    with pytest.raises(RmplError, match=r"b\.pdf: a PDF without text \(2 pages\).*ocrmypdf"):
        read(write(tmp_path / "b.pdf", pdf([[], []])))
    with pytest.raises(RmplError, match=r"\(1 page\)"):
        read(write(tmp_path / "c.pdf", pdf([[]])))
    # In a folder the others are read.
    found = read(tmp_path)
    assert list(found.documents) == [f"{tmp_path}/a.pdf"]
    assert len(found.told) == 2


@pytest.mark.parametrize(("password", "is_read"), [("secret", False), ("", True)])
def test_an_encrypted_file_is_read_only_if_anybody_may(tmp_path, read, password, is_read):
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(pdf([["He fell."]]))))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    writer.write(tmp_path / "a.pdf")
    if is_read:
        assert read(tmp_path / "a.pdf").documents
    else:
        with pytest.raises(RmplError, match=r"a\.pdf: an encrypted PDF; .*qpdf"):
            read(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4 rubbish", pdf([["x"]])[:300], b"<html>", b"He fell."]
)
def test_a_broken_file_or_another_one_is_one_line(tmp_path, read, content):
    with pytest.raises(RmplError, match=r"a\.pdf: (a broken PDF|not a PDF)"):
        read(write(tmp_path / "a.pdf", content))


def test_forms_that_draw_forms_are_not_drawn_for_ever(tmp_path, read, monkeypatch):
    monkeypatch.setattr(reading, "MAX_OPERATIONS", 500)
    draws = "/X Do " * 10
    kind = "/Type /XObject /Subtype /Form /BBox [0 0 1 1]"
    objects = [
        "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Count 1 /Kids [5 0 R]>>", "<<>>",
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 6 0 R "
        "/Resources <</XObject <</X 7 0 R>>>>>>",
        f"<</Length {len(draws)}>>\nstream\n{draws}\nendstream",
    ]  # fmt: skip
    for number in range(8, 12):
        inner = f"/Resources <</XObject <</X {number} 0 R>>>>"
        objects.append(f"<<{kind} /Length {len(draws)} {inner}>>\nstream\n{draws}\nendstream")
    objects.append(f"<<{kind} /Length 5 /Resources <<>>>>\nstream\nBT ET\nendstream")
    with pytest.raises(RmplError, match="more than 500 drawing operations"):
        read(write(tmp_path / "a.pdf", pdf_of(objects)))


def test_images_in_it_are_counted(tmp_path, read):
    content = pdf([["He fell."]]).replace(b"/XObject <<>>", b"/XObject <</I <</Subtype /Image>>>>")
    assert read(write(tmp_path / "a.pdf", content)).report.warnings[IMAGES] == 1
