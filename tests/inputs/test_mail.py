"""Mail: its subject, its text, its images with their captions, and what else is attached."""

import pytest

from article_files import mail, png, write
from rmpl.errors import RmplError
from rmpl.inputs.mail import ATTACHED

PAGE = (
    "<p>Police arrested a <b>man</b>.</p><figure><img src='cid:held' alt='x'>"
    "<figcaption>The man in Lima.</figcaption></figure>"
)


def texts(document):
    return [sentence.text for sentence in document.sentences]


def test_the_html_is_read_with_its_images_and_captions(tmp_path, read):
    path = write(tmp_path / "a.eml", mail("plain", PAGE, other=png((20, 20)), held=png()))
    item = read(path).one
    document = item.document
    assert texts(document) == ["Café burnt in Lima", "Police arrested a man.", "The man in Lima."]
    assert [(one.id, one.caption) for one in document.images] == [
        (f"{path}/held.png", "The man in Lima."),
        (f"{path}/other.png", ""),
    ]
    assert document.metadata == {
        "title": "Café burnt in Lima",
        "author": "Ana Reyes <ana@example.org>",
        "date": "2019-03-05T10:00:00+00:00",
    }
    start, end = document.sentences[1].source[-2]
    assert item.text[start:end] == "man"
    assert [one.name for one in tmp_path.iterdir()] == ["a.eml"]


def test_without_html_the_plain_text_is_read(tmp_path, read):
    item = read(write(tmp_path / "a.eml", mail("Police arrested\na man.\n"))).one
    assert texts(item.document) == ["Café burnt in Lima", "Police arrested a man."]


def test_what_else_is_attached_is_counted(tmp_path, read):
    content = mail("He fell.", a=png()).replace(b"Content-Type: image/png", b"Content-Type: a/pdf")
    found = read(write(tmp_path / "a.eml", content))
    assert found.report.left_out[ATTACHED] == 1
    assert found.report.cases[ATTACHED] == [f"{tmp_path}/a.eml, a.png"]


@pytest.mark.parametrize("name", ["../../etc/x.png", "C:\\x.png", "", "a\0b.png", "x" * 200])
def test_the_name_of_an_attachment_leads_nowhere(tmp_path, read, name):
    content = mail("He fell.", a=png()).replace(b'filename="a.png"', f'filename="{name}"'.encode())
    path = write(tmp_path / "a.eml", content)
    [image] = read(path).one.document.images
    inside = image.id.removeprefix(f"{path}/")
    assert "/" not in inside
    assert ".." not in inside


@pytest.mark.parametrize(
    "content",
    [
        b"He fell.", b"%PDF-1.4", b"Subject: x\n" + b"boundary=\n" * 300,
        b"Subject: x\nContent-Type: multipart/mixed; " + b"a=b;\n " * 9_000 + b"\n\nx",
        b"Subject: x\n" + b"X: y\n" * 300_000 + b"\nx",
    ],
)  # fmt: skip
def test_what_is_no_mail_is_refused(tmp_path, read, content):
    with pytest.raises(
        RmplError, match=r"a\.eml: (not mail|mail of more|a PDF, |mail with headers)"
    ):
        read(write(tmp_path / "a.eml", content))


@pytest.mark.parametrize("charset", ["latin1", "no-such", "utf-8"])
def test_a_text_in_another_charset_than_it_says_is_read(tmp_path, read, charset):
    head = f"Subject: x\nContent-Type: text/plain; charset={charset}\n\nHe fell in Caf".encode()
    [_, sentence] = read(write(tmp_path / "a.eml", head + b"\xe9.")).one.document.sentences
    assert sentence.text.startswith("He fell in Caf")


def test_a_subject_in_a_charset_that_nobody_knows_stays_as_it_is(tmp_path, read):
    path = write(tmp_path / "a.eml", b"Subject: =?utf\xff8?q?x?=\n\nHe fell.")
    assert "He fell." in texts(read(path).one.document)


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("1 Dec 26 09:05 +0530 (IST)", "2026-12-01T09:05:00+05:30"),
        ("Tue, 1 Dec 2026 09:05:00 -0000", "2026-12-01T09:05:00"),
        ("last Tuesday", "last Tuesday"),
        ("Tue, 31 Feb 2026 09:05:00 +0100", "Tue, 31 Feb 2026 09:05:00 +0100"),
        ("1 Dec 2026 09:05:00 +99999999999999999999", "1 Dec 2026 09:05:00 +99999999999999999999"),
    ],
)
def test_a_date_is_iso_8601_or_as_it_is_written(tmp_path, read, written, date):
    content = f"Subject: Fall\nDate: {written}\n\nHe fell.\n".encode()
    assert read(write(tmp_path / "a.eml", content)).one.document.metadata["date"] == date
