"""Documents and events as programs and notebooks see them."""

import html
import json
import pickle
import sys
from html.parser import HTMLParser

import msgspec
import pytest

import rmpl
from rmpl.errors import RmplError
from rmpl.inputs.reading import Item
from rmpl.predictions.results import result_line
from rmpl.records import (
    NOWHERE,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)
from viewer.payloads import HOSTILE

TOKENS = ((0, 6), (7, 15), (16, 19), (20, 25), (25, 26))
SENTENCE = Sentence(
    "s", "Police arrested two women.", TOKENS, source=tuple((a + 9, b + 9) for a, b in TOKENS)
)
ARREST = TextEvent(
    "t",
    "s",
    "Justice:Arrest-Jail",
    Span(1, 2),
    (
        TextArgument("Agent", Span(0, 1), 0.5),
        TextArgument("Person", Span(2, 4)),
        TextArgument("Place", NOWHERE, text="Lima"),
    ),
    0.75,
)
SHOWN = ImageEvent(
    "i", "a.jpg", "Justice:Arrest-Jail", (ImageArgument("Agent", Box(1, 2, 30, 40), 1.0),)
)
DOCUMENT = Document(
    "d", (SENTENCE,), (Image("a.jpg", width=40, height=50),), (ARREST,), (SHOWN,), (Link("t", "i"),)
)


@pytest.fixture
def found():
    return rmpl.view(DOCUMENT)


def test_events_know_their_texts_and_their_document(found):
    arrest, shown = found.events
    assert (arrest.event_type, arrest.text, arrest.sentence) == (
        "Justice:Arrest-Jail",
        "arrested",
        "Police arrested two women.",
    )
    assert (arrest.start, arrest.end) == (16, 24)  # of the text that the sentence is from
    assert [(one.role, one.text, one.score) for one in arrest.arguments] == [
        ("Agent", "Police", 0.5),
        ("Person", "two women", None),
        ("Place", "Lima", None),
    ]
    assert (arrest.medium, shown.medium) == ("text", "image")
    assert shown.image is DOCUMENT.images[0]
    assert shown.sentence is None
    assert shown.arguments[0].box == Box(1, 2, 30, 40)
    assert arrest.linked == (shown,)
    assert shown.linked == (arrest,)
    assert arrest.document is found
    assert [one.event_type for one in found.multimedia_events] == ["Justice:Arrest-Jail"]


def test_it_is_the_document_and_stays_plain_where_records_are_used(found):
    assert isinstance(found, Document)
    assert found == DOCUMENT
    assert DOCUMENT == found  # noqa: SIM300 - the other way round
    assert hash(found) == hash(DOCUMENT)
    assert found != msgspec.structs.replace(DOCUMENT, links=())
    assert msgspec.json.encode(found) == msgspec.json.encode(DOCUMENT)
    assert pickle.loads(pickle.dumps(found)) == DOCUMENT  # noqa: S301 - our own
    assert msgspec.structs.replace(found, links=()).events[0].linked == ()
    assert rmpl.view(found) is found
    with pytest.raises(RmplError, match="a str is no document"):
        rmpl.view("Police")


def test_what_is_printed_is_short(found):
    assert repr(found) == "<Document 'd': 1 sentence, 1 image, 2 events, 1 link>"
    assert repr(found.events) == (
        "(<Justice:Arrest-Jail 'arrested' (Agent: Police; Person: two women; Place: Lima) 0.75>, "
        "<Justice:Arrest-Jail in a.jpg (Agent: 1 2 30 40)>)"
    )
    assert repr(found.events[0].arguments[0]) == "<Agent 'Police' 0.50>"
    long = Sentence("s", "x\x1b[31m" * 900, ((0, 5400),))
    event = rmpl.view(
        Document("d", (long,), text_events=(TextEvent("t", "s", "A\x1b", Span(0, 1)),))
    ).events[0]
    assert len(repr(event)) < 200
    assert "\x1b" not in repr(event)


def test_dictionaries_and_json_are_a_line_of_extract(found):
    line = json.loads(result_line(DOCUMENT, Item(DOCUMENT, "")))
    assert line.pop("file") == ""
    assert json.loads(found.to_json()) == line
    assert json.loads(found.to_json(indent=1)) == line
    assert msgspec.to_builtins(found.to_dict()) == found.to_dict()
    event = json.loads(found.events[0].to_json())
    assert event.pop("sentence") == "Police arrested two women."
    assert event == line["text_events"][0]
    assert found.events[0].arguments[0].to_dict()["text"] == "Police"
    # A model that reads no images was not asked about them.
    assert rmpl.view(DOCUMENT, media=["text"]).to_dict()["media"] == ["text"]


def test_a_data_frame_has_a_column_for_every_role_and_whole_numbers(found):
    pytest.importorskip("pandas")
    frame = found.to_pandas()
    assert list(frame["trigger"]) == ["arrested", ""]
    assert list(frame["Person"]) == ["two women", ""]
    assert str(frame["start"].dtype) == "Int64"
    assert frame["start"][0] == 16
    assert frame["score"].isna().tolist() == [False, True]
    arguments = found.to_pandas("arguments")
    assert len(arguments) == 4
    assert str(arguments["x1"].dtype) == "Float64"
    assert rmpl.view(Document("empty")).to_pandas().empty
    roles = msgspec.structs.replace(ARREST, arguments=(TextArgument("start", Span(0, 1)),))
    twice = rmpl.view(msgspec.structs.replace(DOCUMENT, text_events=(roles,))).to_pandas()
    assert next(iter(twice["start (role)"])) == "Police"
    assert next(iter(twice["start"])) == 16
    with pytest.raises(RmplError, match="no table 'links'"):
        found.to_pandas("links")


def test_without_pandas_one_line_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RmplError, match="needs pandas; pip install pandas"):
        found.to_pandas()


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_notebook_shows_the_drawing_in_a_frame_of_its_own(found):
    ((tag, attributes),) = Tags(found._repr_html_()).found
    assert (tag, attributes["sandbox"]) == ("iframe", "allow-scripts")
    page = attributes["srcdoc"]
    assert "Content-Security-Policy" in page
    for words in ("arrested", "Person", "Image 1"):
        assert words in page
    alone = html.unescape(found.events[1]._repr_html_())
    assert "Image 1" in alone
    assert "arrested" not in alone


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts_in_a_notebook(text):
    sentence = Sentence(f"s{text}", f"{text} x", ((0, len(text)), (len(text) + 1, len(text) + 2)))
    event = TextEvent("t", sentence.id, text, Span(0, 1), (TextArgument(text, Span(1, 2)),))
    shown = ImageEvent("i", text, text, (ImageArgument(text, Box(1, 2, 3, 4), gloss=text),))
    document = Document(text, (sentence,), (Image(text),), (event,), (shown,))
    found = rmpl.view(document)
    for drawn in (found, *found.events):
        ((_, attributes),) = Tags(drawn._repr_html_()).found
        inner = Tags(attributes["srcdoc"]).found
        assert sum(tag == "script" for tag, _ in inner) == 1  # the viewer's own
        assert not {tag for tag, _ in inner} & {"iframe", "img", "form", "object", "embed", "math"}
        assert not [name for _, given in inner for name in given if name.startswith("on")]
