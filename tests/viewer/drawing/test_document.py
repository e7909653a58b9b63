"""Sentences keep their words, spans their labels, boxes their pictures."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import msgspec
import PIL.Image
import pytest

from rmpl.records import Alignment, Box, Document, Image, ImageArgument, ImageEvent, Link, Span
from rmpl.records import TextArgument as Argument
from rmpl.records import TextEvent as Event
from rmpl.viewer.charts import draw_curve, nice_ticks
from rmpl.viewer.compare import compare
from rmpl.viewer.drawing.document import draw_document
from rmpl.viewer.drawing.links import LinkBadges, letter, list_links
from rmpl.viewer.drawing.palette import COLOURS, Palette
from rmpl.viewer.drawing.text import DrawnEvent, Mark, assign_lanes, draw_sentence
from rmpl.viewer.drawing.thumbnails import load_image
from rmpl.viewer.report import write_report
from rmpl.viewer.score_tables import draw_scores
from rmpl.viewer.selection import by_document, choose
from viewer.samples import TEXT, gold_document, make_picture, predicted_document, sentence


class _Words(HTMLParser):
    """Collects the text that is not in a lane of labels."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._lanes = 0

    def handle_starttag(self, _tag, attrs):
        if self._lanes or "lane" in (dict(attrs).get("class") or "").split():
            self._lanes += 1

    def handle_endtag(self, _tag):
        self._lanes = max(0, self._lanes - 1)

    def handle_data(self, data):
        if not self._lanes:
            self.words.append(data)


def words_of(drawing: str) -> str:
    parser = _Words()
    parser.feed(drawing)
    return "".join(parser.words)


def draw(events: list[Event], text: str = TEXT, *, gold: bool = True) -> str:
    document = Document("d", (sentence("s1", text),), text_events=tuple(events))
    pairs = compare(document, None).text
    drawn = [DrawnEvent(pair, f"e{i}", "gold") for i, pair in enumerate(pairs)]
    return draw_sentence(document.sentences[0], drawn, gold=gold, palette=Palette())


def attack(trigger: Span, *arguments: Argument) -> Event:
    return Event("e", "s1", "Conflict:Attack", trigger, arguments)


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 1)],
        [(0, 12), (2, 5), (3, 4)],
        [(0, 6), (4, 9)],
        [(2, 4), (2, 4), (2, 4)],
        [(0, 1), (1, 2), (11, 12)],
    ],
)
def test_the_sentence_reads_as_before_whatever_is_marked(spans):
    arguments = [Argument("Target", Span(*span)) for span in spans]
    drawing = draw([attack(Span(1, 2), *arguments)])
    assert words_of(drawing) == TEXT
    assert drawing.count(">Target<") == len(spans)


def test_marks_of_one_lane_never_overlap():
    spans = [(0, 9), (0, 3), (2, 5), (4, 6), (5, 9), (8, 9)]
    marks = [Mark(Span(*span), "", "", "", "", None) for span in spans]
    laid = assign_lanes(marks)
    assert len(laid) == len(spans)
    for i, (lane, mark) in enumerate(laid):
        for other_lane, other in laid[:i]:
            crossing = mark.span.start < other.span.end and other.span.start < mark.span.end
            assert lane != other_lane or not crossing


def test_events_of_one_type_are_told_apart_by_a_number():
    drawing = draw([attack(Span(1, 2)), attack(Span(8, 9))])
    assert ">Attack 1<" in drawing
    assert ">Attack 2<" in drawing


def test_a_string_that_does_not_occur_is_listed_not_dropped():
    picture = draw_document(
        compare(gold_document(), predicted_document()), prefix="d1", palette=Palette()
    )
    assert "Not in the sentence" in picture
    assert "<q>Lviv</q>" in picture


def test_a_span_outside_its_sentence_is_listed():
    assert "<q>tokens 40-42</q>" in draw([attack(Span(40, 42))])


def test_confidence_is_shown_where_there_is_one():
    drawing = draw_document(
        compare(gold_document(), predicted_document()), prefix="d1", palette=Palette()
    )
    assert "Person .61" in drawing
    assert "confidence 0.61" in drawing


def test_events_in_unknown_sentences_and_pictures_are_named():
    stray = Document(
        "d",
        text_events=(Event("e", "s9", "Life:Die", Span(0, 1)),),
        image_events=(ImageEvent("e", "i9", "Life:Die"),),
    )
    drawing = draw_document(compare(Document("d"), stray), prefix="d1", palette=Palette())
    assert "Life:Die in sentence s9" in drawing
    assert "Life:Die in image i9" in drawing


def test_a_missing_picture_has_a_placeholder_with_its_boxes():
    gold = Document(
        "d",
        images=(Image("i0"),),
        image_events=(
            ImageEvent("e", "i0", "Life:Die", (ImageArgument("Victim", Box(10, 20, 500, 400)),)),
        ),
    )
    drawing = draw_document(compare(gold, None), prefix="d1", palette=Palette(), sides=(True,))
    assert "image not available: i0" in drawing
    assert 'viewBox="0 0 525 420"' in drawing
    assert drawing.count('class="line"') == 1


def test_a_broken_picture_has_a_placeholder_that_says_so(tmp_path):
    path = tmp_path / "one.jpg"
    path.write_bytes(b"no picture")
    picture = load_image(Image("i0", str(path), 40, 30), "p")
    assert picture.data_uri is None
    assert "not an image" in (picture.problem or "")


def test_an_embedded_picture_is_small_and_upright_and_keeps_no_metadata(tmp_path):
    path = tmp_path / "one.jpg"
    source = PIL.Image.effect_noise((2000, 1000), 90).convert("RGB")
    exif = source.getexif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "<script>alert(1)</script>"
    source.save(path, "JPEG", exif=exif)
    picture = load_image(Image("i0", str(path)), "p", max_bytes=40_000)
    assert (picture.width, picture.height) == (1000, 2000)
    assert picture.data_uri is not None
    content = base64.b64decode(picture.data_uri.split(",")[1])
    assert len(content) <= 40_000
    assert b"alert" not in content
    shown = PIL.Image.open(io.BytesIO(content))
    assert shown.height == 2 * shown.width


def test_a_type_keeps_its_colour_whatever_else_is_there():
    few, many = Palette(["Life:Die"]), Palette(["Life:Die", "A:New", "Z:New"])
    assert few.css("Life:Die") == many.css("Life:Die")
    assert len({many.css(name) for name in ("Life:Die", "Conflict:Attack", "Contact:Meet")}) == 3
    assert COLOURS == 8


def test_letters_go_on_after_z():
    assert [letter(i) for i in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_linked_documents_come_first_and_the_rule_says_so():
    plain, linked = Document("a"), gold_document(key="z")
    both = by_document([linked, plain, Document("b")], [])
    chosen, rule = choose(both, 2)
    assert chosen == ["z", "a"]
    assert "2 of 3 documents" in rule
    assert "links" in rule


def test_scores_show_intervals_and_never_a_zero_for_what_was_not_run():
    score = {"tp": 1, "n_pred": 2, "n_gold": 2, "p": 50.0, "r": 50.0, "f1": 50.0}
    table = draw_scores({"strict": {"text_emi": score}})
    assert "50.0" in table
    assert "0.0</td>" not in table.replace("50.0</td>", "")
    assert table.count("not run") == 2


@pytest.mark.parametrize(("low", "high"), [(0, 1), (3, 3), (0, 1234), (-2, 0.01), (1e-9, 2e-9)])
def test_ticks_are_few_and_cover_their_range(low, high):
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high * (1 - 1e-6)
    assert 2 <= len(ticks) <= 8


def test_a_curve_says_what_it_could_not_draw():
    points = [{"step": 1, "loss": 2.0}, {"step": 2, "loss": float("nan")}, {"step": 3}]
    assert "2 of 3 records" in draw_curve("stage1", points)
    assert "no values" in draw_curve("stage1", [])


def test_many_documents_are_paged_and_within_the_size(tmp_path):
    picture = make_picture(tmp_path, size=(1200, 900))
    names = [f"doc{number:03}" for number in range(150)]
    gold = [gold_document(picture, name) for name in names]
    written = write_report(
        tmp_path / "my report.html",
        title="Many",
        summary_scores={},
        curves={},
        gold=gold,
        predicted=[predicted_document(picture, name) for name in names],
        limit=150,
    )
    assert [path.name for path in written] == ["my report.html", "my report-2.html"]
    first, second = (path.read_text(encoding="utf-8") for path in written)
    assert 'href="my%20report-2.html"' in first
    assert first.count("<article") == 100
    assert second.count("<article") == 50
    assert 'id="doc-101"' in second
    assert all(path.stat().st_size <= 15_000_000 for path in written)


def test_ids_on_a_page_are_unique():
    comparisons = [compare(gold_document(), predicted_document())] * 2
    page = "".join(
        draw_document(one, prefix=f"d{i}", palette=Palette()) for i, one in enumerate(comparisons)
    )
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 0


def test_a_score_that_was_given_gold_is_marked_in_its_row():
    score = {"tp": 1, "n_pred": 2, "n_gold": 3, "p": 50.0, "r": 33.3, "f1": 40.0}
    marked = str(draw_scores({"legacy": {"mm_emi_restricted": score}}))
    assert "GOLD GIVEN" in marked
    assert "GOLD GIVEN" not in str(draw_scores({"legacy": {"mm_emi": score}}))


def test_a_link_says_which_participants_are_told_and_shown():
    gold = gold_document()
    known = Alignment("Person", Span(2, 4), Box(220, 50, 340, 280), 0.9)
    lost = Alignment("Place", Span(90, 91), Box(0, 0, 1, 1))
    for alignments, said in (((known, lost), True), ((lost,), False), ((), False)):
        found = msgspec.structs.replace(gold, links=(Link("t1", "i1", 0.8, alignments),))
        comparison = compare(None, found)
        drawn = str(list_links(comparison, LinkBadges(comparison, "d1")))
        assert ("in text and image: Person \u201cthree protesters\u201d .90" in drawn) == said
        assert ("in text and image" in drawn) == said
