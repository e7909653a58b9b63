"""Word documents: every text that is shown, wherever it stands; captions; hostile files."""

import pytest

from article_files import archive, paragraph, png, word, write
from rmpl.errors import RmplError

IMAGE = (
    '<w:p><w:r><w:drawing><wp:docPr descr="Smoke rises."/><a:blip r:embed="rId5"/>'
    "</w:drawing></w:r></w:p>"
)


def texts(document):
    return [sentence.text for sentence in document.sentences]


def test_paragraphs_tables_and_notes_are_read_as_they_are_shown(tmp_path, read):
    body = (
        paragraph("Three held", "Heading1")
        + "<w:p><w:r><w:t>Police</w:t></w:r><w:ins><w:r><w:t xml:space='preserve'> arrested</w:t>"
        "</w:r></w:ins><w:del><w:r><w:delText> shot</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
        "<w:sdt><w:sdtContent><w:r><w:t> Ana</w:t></w:r></w:sdtContent></w:sdt>"
        "<w:r><w:br/><w:t>in Lima.</w:t></w:r></w:p>"
        f"<w:tbl><w:tr><w:tc>{paragraph('Cell.')}</w:tc></w:tr></w:tbl>"
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>"
        f"{paragraph('In a box.')}</w:txbxContent></mc:Choice><mc:Fallback>"
        f"{paragraph('In a box.')}</mc:Fallback></mc:AlternateContent>"
        "<w:t>Beside it.</w:t></w:r></w:p>"
    )
    item = read(write(tmp_path / "a.docx", word(body, footnotes=paragraph("A note.")))).one
    assert texts(item.document) == [
        "Three held", "Police arrested Ana in Lima.", "Cell.", "In a box.", "Beside it.", "A note.",
    ]  # fmt: skip
    start, end = item.document.sentences[1].source[2]
    assert item.text[start:end] == "Ana"


@pytest.mark.parametrize(
    ("after", "caption", "more"),
    [
        (paragraph("Police lead her away.", "Beschriftung"), "Police lead her away.", []),
        (paragraph("He fell."), "Smoke rises.", ["Smoke rises."]),
    ],
)
def test_an_image_has_the_caption_below_it_or_its_alternative_text(
    tmp_path, read, after, caption, more
):
    core = "<c xmlns:dc='d'><dc:title>Held</dc:title><dc:creator>M. Soto</dc:creator></c>"
    path = write(tmp_path / "a.docx", word(IMAGE + after, media=png(), core=core))
    document = read(path).one.document
    [image] = document.images
    assert (image.width, image.height, image.caption) == (40, 30, caption)
    assert image.path == f"{path}/word/media/image1.png"
    assert document.metadata == {"title": "Held", "author": "M. Soto"}
    # A caption that the text does not hold is read, too: an event in it is found.
    assert texts(document)[1:] == more
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.docx"]


def test_a_broken_image_costs_the_image(tmp_path, read):
    path = write(tmp_path / "a.docx", word(paragraph("He fell.") + IMAGE, media=b"GIF8?"))
    found = read(path)
    assert [len(document.images) for document in found.documents.values()] == [0]
    assert [error.what for error in found.told] == ["not an image"]


ENTITIES = b'<!DOCTYPE a [<!ENTITY a "aaaa">]><w:document>&a;</w:document>'


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"a.txt": "x"}, "a zip archive, not a Word document"),
        ({"word/document.xml": ENTITIES}, "declarations"),
        ({"word/document.xml": "<w:document>"}, "not XML"),
        ({"word/document.xml": b"<a>" + b" " * 40_000_000 + b"</a>"}, "a text of 38 MB"),
        ({"word/document.xml": "<w:document xmlns:w='w'/>"}, "no text found"),
    ],
)
def test_what_is_no_word_document_is_one_line(tmp_path, read, members, what):
    found = read(write(tmp_path / "a.docx", archive(members)))
    [told] = found.told
    assert what in told.what
    assert not found.items


def test_a_file_that_is_named_is_refused_before_anything_is_read(tmp_path, read):
    for content in (b"\xd0\xcf\x11\xe0 an old one", b"just a text", b"PK\x03\x04 cut"):
        with pytest.raises(RmplError, match=r"a\.docx: "):
            read(write(tmp_path / "a.docx", content))
