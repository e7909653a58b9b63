"""Title, author, date: of pages, of front matter, of JSON; captions of images."""

import json

import pytest

from article_files import png, write

LD = {
    "@context": "x",
    "@graph": [
        {"@type": "WebSite", "name": "no"},
        {
            "@type": ["NewsArticle"], "headline": "Three  held", "datePublished": "2019-03-05",
            "author": [{"@type": "Person", "name": "A"}, {"name": "B"}],
        },
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title>Three\n held</title>", {"title": "Three held"}),
        (
            "<title>no</title><meta property=og:title content='Three held'>"
            "<meta property='article:published_time' content='2019-03-05T10:00Z'>"
            "<meta property='article:author' content='https://x.org/a'><meta name=AUTHOR content=A>"
            "<meta property=og:site_name content=News>",
            {"title": "Three held", "author": "A", "date": "2019-03-05T10:00Z", "source": "News"},
        ),
        (
            f"<title>no</title><script type='application/ld+json'>{json.dumps(LD)}</script>",
            {"title": "Three held", "author": "A, B", "date": "2019-03-05"},
        ),
        (
            "<script type='application/ld+json'>{broken</script><meta name=date content=2019>",
            {"date": "2019"},
        ),
    ],
)
def test_metadata_of_a_page(tmp_path, read, head, expected):
    page = f"<html><head>{head}</head><body><p>He fell.</p></body></html>"
    assert read(write(tmp_path / "a.html", page.encode())).one.document.metadata == expected


def test_a_time_in_a_page_is_its_date_and_its_language_is_kept(tmp_path, read):
    page = (
        b"<html lang=es><body><time datetime=2019-03-05>Tuesday</time><p>He fell.</p></body></html>"
    )
    document = read(write(tmp_path / "a.html", page)).one.document
    assert document.metadata == {"date": "2019-03-05", "language": "es"}
    assert document.sentences[0].text == "Tuesday"


FRONT = """---
title: "Three held: a 'report'"
authors:
  - A
  - B
date: 2019-03-05 # the day
tags: [x, "y"]
description: >
  It goes
  on.
---
He fell.
"""


def test_front_matter_is_metadata_and_no_text(tmp_path, read):
    document = read(write(tmp_path / "a.md", FRONT.encode())).one.document
    assert document.metadata == {
        "title": "Three held: a 'report'", "author": "A, B", "date": "2019-03-05", "tags": "x, y",
        "description": "It goes on.",
    }  # fmt: skip
    assert [sentence.text for sentence in document.sentences] == ["He fell."]
    document = read(write(tmp_path / "b.md", b"---\nHe: fell.\nno end")).one.document
    assert document.metadata == {}


@pytest.mark.parametrize(
    "given",
    [
        {"title": "T", "author": ["A", {"name": "B"}], "date": 2019},
        {"metadata": {"headline": "T", "author": "A,\n B", "date": "2019", "empty": None}},
    ],
)
def test_metadata_of_json(tmp_path, read, given):
    path = write(tmp_path / "a.json", json.dumps({"text": "He fell.", **given}).encode())
    found = read(path)
    assert found.one.document.metadata == {"title": "T", "author": "A, B", "date": "2019"}
    assert not found.report.warnings


PAGE = """<p>He fell.</p><figure><img src=a.png alt=x><img src=b.png>
<figcaption>Police <b>arrest</b> Ana.</figcaption></figure>
<figure><figure><img src=c.png></figure><figcaption>Two.</figcaption></figure>
<img src=d.png alt="A man  fell."><img src=e.png alt="e.png"><img src=f.png alt="He fell.">"""


def test_captions_of_a_page(tmp_path, read):
    for name in "abcdef":
        write(tmp_path / f"{name}.png", png())
    document = read(write(tmp_path / "a.html", PAGE.encode())).one.document
    assert {image.id[-5]: image.caption for image in document.images} == {
        "a": "Police arrest Ana.", "b": "Police arrest Ana.", "c": "Two.", "d": "A man fell.",
        "e": "", "f": "He fell.",
    }  # fmt: skip
    # Each once: what the page shows, then what stands in the place of an image alone.
    assert [sentence.text for sentence in document.sentences] == [
        "He fell.", "Police arrest Ana.", "Two.", "A man fell.",
    ]  # fmt: skip
    assert document.sentences[-1].id.endswith("_caption_0")
    assert document.sentences[-1].source == ()


def test_captions_of_markdown_and_of_json(tmp_path, read):
    for name in "ab":
        write(tmp_path / f"{name}.png", png())
    text = b"He fell. ![Smoke rises.](a.png)\n\n<img alt='A van' src=b.png>\n"
    document = read(write(tmp_path / "a.md", text)).one.document
    assert {image.id[-5]: image.caption for image in document.images} == {
        "a": "Smoke rises.", "b": "A van",
    }  # fmt: skip
    image = {"id": "x", "path": "a.png", "caption": "Ana ran. He fell."}
    path = write(
        tmp_path / "a.json", json.dumps({"id": "d", "text": "He fell.", "images": [image]}).encode()
    )
    document = read(path).one.document
    assert [(one.id, one.width, one.caption) for one in document.images] == [
        ("x", 40, "Ana ran. He fell.")
    ]
    assert [one.text for one in document.sentences] == ["He fell.", "Ana ran."]
    own = {"id": "d", "sentences": [{"id": "s", "text": "He fell."}], "images": [image]}
    path.write_text(json.dumps(own))
    assert [one.id for one in read(path).one.document.sentences] == ["s"]
