"""Which pictures belong to which article."""

import os
import time

import pytest

from counted import calls
from repeated_texts import MOST_GROWTH
from rmpl.errors import RmplError
from rmpl.inputs.sources import LEFT, OTHER, count_documents, find_sources
from rmpl.io.read_report import ReadReport


@pytest.fixture
def tree(tmp_path):
    def make(*names, **contents):
        for name in [*names, *contents.values()]:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path / "in"

    return make


def found(folder, report=None, told=None):
    troubles = [] if told is None else told
    sources = find_sources([str(folder)], report or ReadReport(), troubles.append)
    assert told is not None or not troubles
    return {
        str(s.path.relative_to(folder)): [str(p.path.relative_to(folder)) for p in s.images]
        for s in sources
    }


def test_pictures_belong_to_the_only_article_of_their_folder_or_of_one_above(tree):
    folder = tree("a/story.txt", "a/1.jpg", "a/photos/2.png", "b/3.jpg", "b/text.md", "4.jpg")
    assert found(folder) == {
        "a/story.txt": ["a/1.jpg", "a/photos/2.png"],
        "b/text.md": ["b/3.jpg"],
        "4.jpg": [],
    }


def test_among_several_articles_the_name_decides(tree):
    folder = tree(
        "storm.txt", "storm.jpg", "storm-2.png", "storm_files/a.jpg", "stormy.jpg",
        "storm-2.txt", "STORM.TXT.bak",
    )  # fmt: skip
    assert found(folder) == {
        "storm.txt": ["storm.jpg", "storm_files/a.jpg"],
        "storm-2.txt": ["storm-2.png"],
        "stormy.jpg": [],
    }


def test_what_an_article_shows_is_its_own_wherever_it_lies(tree):
    folder = tree("one/a.html", "two/b.md", "img/1.jpg", "img/2.jpg", "img/3 x.jpg")
    (folder / "one/a.html").write_text(
        '<p>x</p><IMG alt="x" src="../img/1.jpg"><img src=http://x/y.jpg>'
    )
    (folder / "two/b.md").write_text("x ![](../img/2.jpg) <img src='../img/3%20x.jpg'>")
    report = ReadReport()
    assert found(folder, report) == {
        "one/a.html": ["img/1.jpg"],
        "two/b.md": ["img/3 x.jpg", "img/2.jpg"],
    }
    assert report.warnings.total() == 1


def test_html_within_markdown_shows_pictures(tree, monkeypatch):
    names = ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.png")
    folder = tree("x.md", "y.txt", *(f"img/{name}" for name in names))
    (folder / "x.md").write_text(
        """<img src='img/a.jpg'> <IMG alt="a" data-src=img/b.jpg> <img src="" src="img/c.jpg" >
        <img\n width=1 > src="img/e.png" <images src=img/e.png> <img <img src="img/d.jpg">"""
    )
    # Markdown is read where the library for pages is not installed.
    monkeypatch.setattr("rmpl.inputs.pages.libraries", None)
    assert found(folder)["x.md"] == [f"img/{name}" for name in names[:4]]


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("<!-- <img src=a.jpg> ![](b.jpg)\n\n![](c.jpg) --> x ![](d.jpg)", ["d.jpg"]),
        ("```\n![](a.jpg)\n```\n![](b.jpg)", ["b.jpg"]),
        ("<img alt='src=\"a.jpg\"' src=b.jpg> <img alt='x > y' src=c.jpg>", ["b.jpg", "c.jpg"]),
        (
            "<img srcset='no.jpg 1x, a.jpg 2x'> <img data-original=b.jpg src=no.gif>",
            ["a.jpg", "b.jpg"],
        ),
        (
            "![x][One] ![](<c (1).jpg>) ![](d(2).jpg)\n\n[one]: a.jpg",
            ["a.jpg", "c (1).jpg", "d(2).jpg"],
        ),
    ],
)
def test_markdown_shows_its_images_and_no_others(tree, text, images):
    names = ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "c (1).jpg", "d(2).jpg")
    folder = tree("x.md", "y.txt", *names)
    (folder / "x.md").write_text(text)
    assert found(folder)["x.md"] == images


@pytest.mark.parametrize(
    ("page", "images", "warned"),
    [
        ("<img srcset='https://x.org/a.jpg 1x, a.jpg 2x'>", ["a.jpg"], 0),
        ("<img data-src=https://x.org/a.jpg src=a.jpg>", ["a.jpg"], 0),
        ("<base href=assets/><img src=a.jpg>", ["assets/a.jpg"], 0),
        ("<base href=assets/><img src=b.jpg>", [], 1),
        ("<img srcset='https://x.org/a.jpg 1x'>", [], 1),
    ],
)
def test_a_page_shows_the_file_there_is_of_each_image(tree, page, images, warned):
    folder = tree("x.html", "y.txt", "a.jpg", "b.jpg", "assets/a.jpg")
    (folder / "x.html").write_text(page)
    report = ReadReport()
    assert found(folder, report)["x.html"] == images
    assert sum(report.warnings.values()) == warned


@pytest.mark.parametrize("base", ["../", "/", "../../x/"])
def test_a_base_never_leads_out_of_the_folder(tree, base):
    folder = tree("x.html", "y.txt")
    (folder.parent / "a.jpg").write_bytes(b"x")
    (folder / "x.html").write_text(f"<base href={base}><img src=a.jpg>")
    told = []
    assert found(folder, told=told)["x.html"] == []
    assert "references an image outside its folder" in str(told[0])


def test_looking_for_pictures_takes_no_more_work_for_hostile_text_than_for_prose(tree):
    """A pattern that scans on from every ``<img`` took 20,000 times as much."""

    def work(name, text):
        (folder / name).write_text(text[:100_000])
        began = time.process_time()
        find_sources([str(folder / name)], ReadReport(), print)
        return time.process_time() - began

    folder = tree("a.md", "a.html")
    for name in ("a.md", "a.html"):
        prose = min(work(name, "He fell. " * 12_000) for _ in range(3))
        for kind in ("<img", "<img ", "<img src='", "<img src", '<img "', "![x](", "!["):
            assert work(name, kind * 25_000) < 200 * max(prose, 0.001), (name, kind)


def test_a_name_is_looked_up_among_the_articles_not_held_to_each(tree):
    def work(count):
        names = (f"{kind}{count}-{n}" for kind in "ab" for n in range(count))
        folder = tree(*(f"{count}/{name}.{end}" for name in names for end in ("txt", "jpg")))
        pictures = []
        made = calls(lambda: pictures.append(found(folder / str(count))))
        assert pictures[0][f"a{count}-12.txt"] == [f"a{count}-12.jpg"]
        return made

    assert work(200) <= MOST_GROWTH * work(100)


def test_pictures_beside_a_file_of_documents_are_left_to_it(tree):
    folder = tree("docs.jsonl", "photos/1.jpg")
    (folder / "docs.jsonl").write_text('{"id":"a"}\n{"id":"b"}\n')
    report = ReadReport()
    assert found(folder, report) == {"docs.jsonl": []}
    assert report.left_out == {LEFT: 1}
    assert count_documents(find_sources([str(folder)], ReadReport(), print)) == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..%2f..%2fetc/passwd"])
def test_a_picture_outside_the_folder_is_refused_and_told(tree, name):
    folder = tree("a.html")
    (folder / "a.html").write_text(f"<p>x</p><img src='{name}'>")
    told = []
    assert found(folder, told=told) == {"a.html": []}
    assert [error.what for error in told] == ["references an image outside its folder"]


def test_links_neither_lead_out_nor_in_circles(tree, tmp_path):
    folder = tree("a.txt")
    (tmp_path / "secret.txt").write_text("x")
    (folder / "circle").symlink_to(folder)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "in.txt").symlink_to(folder / "a.txt")
    told = []
    assert list(found(folder, told=told)) == ["a.txt", "in.txt", "self.txt"]
    assert sorted(error.what for error in told) == [
        "a link to a folder, which is not followed",
        "a link to outside the folder",
    ]


def test_files_of_other_kinds_are_counted_and_hidden_ones_not_looked_at(tree):
    folder = tree("a.txt", "b.doc", ".git/c.txt", ".d.txt")
    report = ReadReport()
    assert list(found(folder, report)) == ["a.txt"]
    assert report.left_out == {OTHER: 1}


def test_a_mistake_on_the_command_line_stops(tmp_path):
    (tmp_path / "a.pdf").write_text("x")
    for name in ("nowhere", "a.pdf"):
        with pytest.raises(RmplError):
            find_sources([str(tmp_path / name)], ReadReport(), print)


@pytest.mark.parametrize("address", ["https://example.org/a.html", "www.example.org/a.html"])
def test_an_address_is_not_fetched_and_told_to_be_saved(address):
    with pytest.raises(RmplError, match="an address, which is never fetched; save the page"):
        find_sources([address], ReadReport(), print)


def test_names_that_are_no_characters_become_some(tree):
    folder = tree()
    folder.mkdir(exist_ok=True)
    (folder / os.fsdecode(b"\xff.txt")).write_bytes(b"x")
    [source] = find_sources([str(folder)], ReadReport(), print)
    assert source.name.endswith("/\ufffd.txt")
