"""Pages that were made to take for ever, memory without end, or a crash; and what they show."""

import time

import pytest

pytest.importorskip("inscriptis")

import inscriptis
import lxml.html
from inscriptis.css_profiles import STRICT_CSS_PROFILE
from inscriptis.model.config import ParserConfig

from repeated_texts import MOST_GROWTH
from rmpl.errors import RmplError
from rmpl.inputs import layout
from rmpl.inputs.article import Figure
from rmpl.inputs.pages import page_images, page_text, page_text_and_metadata
from rmpl.inputs.paragraphs import line_paragraphs

ORDINARY = """<html><head><title>T</title><style>p {}</style></head><body style="margin-top: 2em">
<h1>Three <b>held</b> in&nbsp;Kyiv</h1><p style="margin-bottom:3em;padding-left: 20px">Police
&amp;amp; army <b>arrested</b><i> three</i>
 men.<br>He <span style="display:none">hid</span> said.</p><ul><li>One<ul><li>in
<a href=x>a</a></li></ul><li>Two</ul><ol><li value=5>a<li>b</ol><td>out</td>
<table border=1><tr><th>Name</th><td align=right>Long text<br>of two lines</td></tr><tr>
<td><table><tr><td>in</td><td>ner</td></table></td><td>x</td></tr>loose<tr>
<td rowspan=2>r</table><pre>a <b>b  c</b>
  d</pre><q>quote</q><blockquote>He <em>went</em> .</blockquote><div>a<div>b</div>c</div> tail
<!-- x --> after <p>&nbsp;</p><p> </p><li>stray</li><table><tr><td style="padding-left:4em">
<p>para</p><p>two</p></td><td valign=bottom>v</td></tr></table></body></html>"""


def test_an_ordinary_page_has_the_text_that_inscriptis_gives_it():
    config = ParserConfig(css=STRICT_CSS_PROFILE.copy())
    # But for breaks within a block, which are marked, and text before a table, which ends there.
    ordinary = ORDINARY.replace("<td align=right>Long text<br>of two lines", "<td>Long text")
    ordinary = ordinary.replace("<td>out</td>", "<div>out</div>")
    expected = inscriptis.Inscriptis(lxml.html.document_fromstring(ordinary), config).get_text()
    found = page_text(ordinary.encode(), "a.html").replace(layout.LINE_BREAK, "\n")
    assert found == expected


def paragraphs(page):
    text = page_text(page.encode(), "a.html")
    parts = [[text[a:b] for a, b in one] for one in line_paragraphs(text)]
    return [" ".join(" ".join(part).split()) for part in parts]


@pytest.mark.parametrize(
    "page",
    [
        "<section>Police came.</section><section>Rebels ran.</section>",
        "<dl><dt>Police came.<dd>Rebels ran.</dl>",
        "<center>Police came.</center>Rebels ran.",
        "Police came.<hr>Rebels ran.",
        "Police came.<table><tr><td>Rebels ran.</table>",
        "Police came.<table><caption>Rebels ran.</caption></table>",
        "<details><summary>Police came.</summary>Rebels ran.</details>",
        "<fieldset><legend>Police came.</legend>Rebels ran.</fieldset>",
        "<menu>Police came.</menu>Rebels ran.",
        "<amp-text>Police came.</amp-text><amp-text>Rebels ran.</amp-text>",
        "<story-head>Police came.</story-head>Rebels ran.",
        "Police came.<story-text>Rebels ran.</story-text>",
        "<headline>Police came.</headline><story>Rebels ran.</story>",
        "Police came.<br><br>Rebels ran.",
        "<pre>Police came.\n\nRebels ran.</pre>",
        "<table><tr><td>Police came.<tr><td>Rebels ran.</table>",
        "<p>Police came.<story-text><u>Rebels</u> ran.</story-text>",
        "<p>Police <b>came.</b><story-text>Rebels ran.</story-text> ",
        "<x-a>Police came.<x-b><i>Rebels</i> ran.</x-b></x-a>",
    ],
)
def test_words_of_two_blocks_stay_apart(page):
    assert paragraphs(page) == ["Police came.", "Rebels ran."]


@pytest.mark.parametrize(
    "page",
    [
        "<p>Police arrested<br>Ana Reyes in Lima<br/>\non Monday.</p>",
        "<pre>Police arrested\nAna Reyes in Lima\non Monday.</pre>",
        "<p>Police <x-tip>arrested</x-tip> Ana <b>Reyes</b> in <x-map>Lima</x-map>\non Monday.</p>",
        "<table><tr><td>Police arrested<br>Ana Reyes in Lima<br>on Monday.</table>",
        "<ul><li>Police arrested<br>Ana Reyes in Lima<br>on Monday.</ul>",
        "<p>Police arrested Ana Reyes<o:p></o:p> in Lima on Monday.",
    ],
)
def test_a_line_break_or_an_unknown_element_in_running_text_ends_no_paragraph(page):
    assert paragraphs(page) == ["Police arrested Ana Reyes in Lima on Monday."]


@pytest.mark.parametrize(
    "head",
    ["<meta charset=utf-8>", "<title>T</title>", "<html><head><title>T</title>", "<link rel=x>"],
)
@pytest.mark.parametrize("name", ["article", "main", "section", "summary", "x-story"])
def test_a_page_without_a_body_is_shown(head, name):
    assert paragraphs(f"{head}<{name}>Police came.<p>Rebels ran.</p></{name}>") == [
        "Police came.",
        "Rebels ran.",
    ]


def test_a_page_that_is_one_form_is_shown_and_a_form_in_a_page_is_not():
    story, fields = "<p>Police came to Lima.</p>", "<p>Your mail</p><select><option>Red</select>"
    assert paragraphs(f"<form id=aspnet>{story}<button>Go</button></form>") == [
        "Police came to Lima."
    ]
    assert paragraphs(f"{story}<form>{fields}</form>") == ["Police came to Lima."]


def test_what_a_browser_does_not_show_is_no_text():
    hidden = "<p hidden>x</p><div hidden=until-found><b>x</b></div><dialog>x</dialog>"
    hidden += "<video>x</video><iframe>x</iframe><p hidden style='display:block'>x</p>"
    hidden += (
        "<p style='display:none'>x<!-- c -->x</p><nav>x<?php y ?>x</nav><div hidden>a<!-- b -->x"
    )
    assert paragraphs(f"<dialog open>Yes.</dialog>{hidden}") == ["Yes."]
    assert paragraphs("<p>Police<!-- c -->men<?x y?> came.") == ["Policemen came."]


def wide_table(rows):
    return "<table><tr><td>" + "a" * 100_000 + "</td></tr>" + "<tr><td>b" * rows + "</table>"


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("<p>He fell.</p>" + "<div>" * 200_000 + "x", "nested more than 256 deep"),
        ("<p>" * 1_000_001 + "He fell.", "a page of 1,000,001 elements"),
        ("<p>He fell.</p>" + "<p>" + "a " * 5_500_000, "of more than 10 MB"),
        ("<p>x<a " + " ".join(f"b{n}=1" for n in range(6_000)) + ">", "more than 5,000 attributes"),
        (
            "<p>x<a" + "".join(f' b{n}=">"' for n in range(6_000)) + ">",
            "more than 5,000 attributes",
        ),
        ("<p>x<a " + "=" * 50_000, "more than 5,000 attributes"),
        (wide_table(2_000), "takes more than 64,000,000 characters"),
        (
            "<table><tr>" + "<td>" * 3_000 + "x" + "<tr><td>y" * 3_000 + "</table>",
            "a table of 3,001 rows and 3,000 columns",
        ),
        (
            '<div style="padding-left:99em">' * 200 + "<p>x" * 4_000,
            "takes more than 64,000,000 characters",
        ),
    ],
    ids=[
        "deep",
        "elements",
        "long",
        "attributes",
        "quoted attributes",
        "signs",
        "wide",
        "columns",
        "margins",
    ],
)
def test_a_page_that_takes_too_much_is_refused_in_one_line(page, what):
    with pytest.raises(RmplError) as told:
        page_text(page.encode(), "a.html")
    assert what in str(told.value)
    assert "\n" not in str(told.value)


def test_a_page_of_far_too_much_is_not_laid_out_first():
    with pytest.raises(RmplError, match="more than 2,000 characters"):
        page_text(b"<p>He fell." * 1_000, "a.html", 1_000)
    with pytest.raises(RmplError, match="a page of 60,000 elements"):
        page_text(b"<br>" * 60_000, "a.html", 1_000)
    nested = b"<table><tr><td>" * 50 + b"He fell." * 120
    assert "He fell." in page_text(nested, "a.html", 1_000)


@pytest.mark.parametrize(
    "page",
    [
        '<p style="margin-top:1.2.3px">He fell.',
        '<p style="margin-top:' + "." * 200_000 + '">He fell.',
        '<p style="style: style: style: margin-top: x">He fell.',
        '<form style="\x01"><p>He fell.</form>',
        "<ol><li value=\u00b2>He fell.</ol>",
        "<ol><li value=" + "1" * 5_000 + ">He fell.</ol>",
        "<p>He fell. &amp;#" + "1" * 5_000 + ";",
    ],
)
def test_numbers_that_are_none_do_no_harm(page):
    assert "He fell." in page_text(page.encode(), "a.html")


def test_a_margin_is_no_wider_than_a_screen():
    page = '<p style="margin-top:100000em;padding-left:100000em">He fell.<p>She ran.'
    assert len(page_text(page.encode(), "a.html")) < 300


def test_a_paragraph_of_many_pieces_takes_no_square_of_work():
    def work(pieces):
        block = layout._block_class()(0, layout.libraries().inscriptis.model.canvas.Prefix(), room)
        began = time.process_time()
        for _ in range(pieces):
            block.merge("some text ", inscriptis.html_properties.WhiteSpace.normal)
        assert len(block.content) == 10 * pieces - 1
        return time.process_time() - began

    room = layout._Budget("a.html")
    growth = [work(2 * pieces) / work(pieces) for pieces in (20_000, 30_000, 40_000)]
    assert min(growth) <= MOST_GROWTH


def test_what_shows_a_picture_is_an_element_of_the_page():
    page = """<p>x</p><!-- <img src=comment.png> --><img alt='src="alt.png"' src=a.jpg>
    <img alt="x > y" src="b.jpg"><IMG SRC='c&amp;d.jpg'><img src="" data-src="late.jpg">
    <img data-src=first.jpg src=blank.gif><img><noscript><img src=e.jpg></noscript>
    <script>"<img src=script.png>"</script>"""
    assert [one.addresses[0] for one in page_images(page.encode(), "a.html")] == [
        "a.jpg", "b.jpg", "c&d.jpg", "late.jpg", "first.jpg", "e.jpg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "images"),
    [
        ('<img srcset="a.png 640w, b.png 1280w">', [["a.png", "b.png"]]),
        ('<img src=c.png srcset="a.png, b.png 2x">', [["c.png", "a.png", "b.png"]]),
        (
            '<picture><source srcset="b.png"><img src="data:x"></picture><img src=c.png>',
            [["data:x", "b.png"], ["c.png"]],
        ),
        ('<picture><source srcset="b.png 1x"></picture>', [["b.png"]]),
        ('<img data-original=c.png src="data:x">', [["c.png", "data:x"]]),
        ("<img src=blank.gif data-lazy-src=c.png>", [["c.png", "blank.gif"]]),
        ("<amp-img src=a.png></amp-img>", [["a.png"]]),
        ("<base href=assets/><img src=a.png>", [["assets/a.png"]]),
        ("<base href=../assets/x.html><img src=a.png>", [["../assets/a.png"]]),
        ("<base href=https://x.org/y/><img src=a.png>", [["a.png"]]),
    ],
)
def test_an_image_has_every_address_that_it_may_be_loaded_from(page, images):
    assert [one.addresses for one in page_images(page.encode(), "a.html")] == images


@pytest.mark.parametrize("mark", ["utf-16", "utf-16-be"])
def test_a_page_in_utf_16(mark):
    page = "<p>Café</p><img src=a.jpg>"
    data = page.encode(mark) if mark == "utf-16" else b"\xfe\xff" + page.encode(mark)
    assert page_text(data, "a.html").strip() == "Café"
    assert page_images(data, "a.html") == [Figure(["a.jpg"])]


BLOCKS = (
    "p div section article h1 h2 blockquote center address figure fieldset legend li dl dt dd ul "
    "ol menu dir pre listing search table"
).split()


@pytest.mark.parametrize("outer", BLOCKS)
def test_blocks_within_blocks_keep_their_words_apart_wherever_the_parser_ends_them(outer):
    """libxml2 ends other elements than a browser, and ignores the end tags that come after."""
    for inner in BLOCKS:
        start, cell = (f"<{one}>" + "<tr><td>" * (one == "table") for one in (outer, inner))
        page = f"<div>Ana {start}Bo{cell}Cy</{inner}>Di</{outer}>Ed</div>Fo"
        words = [one for one in page_text(page.encode(), "a.html").split() if one.isalpha()]
        assert words == ["Ana", "Bo", "Cy", "Di", "Ed", "Fo"], page


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("Ana</p>Bo</P\n>Cy", "Ana Bo Cy"),
        ("Ana</br>Bo", "Ana Bo"),
        ("<h2>Ana</h3>Bo", "Ana Bo"),
        ("<p>An</div>a</span>", "Ana"),
        ('<p title="</p>">An<b>a</b></p>', "Ana"),
        ("<p>An<!-- </p> --><script>'</p>'</script>a<style></p></style>", "Ana"),
        ("<p>Ana<nav>Menu</nav>Bo<aside>More</aside>Cy<footer>x</footer>Di", "Ana Bo Cy Di"),
        ("<p>Ana</p><p>Bo and Cy and Di</p>Ed<form>Send</form>Fo", "Ana Bo and Cy and Di Ed Fo"),
        ("An<nav hidden>Menu</nav>a", "Ana"),
    ],
)
def test_end_tags_of_nothing_and_what_stands_beside_are_as_in_a_browser(page, words):
    assert page_text(page.encode(), "a.html").split() == words.split()


def test_marks_of_end_tags_are_in_no_metadata_and_no_caption():
    page = """<title>A </p> b</title><figure><img src=a.jpg alt="x </p> y">
    <figcaption>One<p>two</p>three</p></figcaption></figure>He fell.</p>"""
    text, metadata = page_text_and_metadata(page.encode(), "a.html")
    (figure,) = page_images(page.encode(), "a.html")
    assert metadata["title"] == "A </p> b"
    assert not any("rmpl" in one or "basefont" in one for one in (text, str(figure)))
