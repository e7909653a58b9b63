"""Text from documents, models and file names stays text, wherever it is shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from rmpl.records import Document, Image, Link
from rmpl.viewer.markup import Markup, el, join
from rmpl.viewer.report import write_report
from viewer.payloads import HOSTILE
from viewer.samples import gold_document, make_picture, predicted_document, sentence

ALLOWED = {
    *"html head meta title style body header main nav section article".split(),
    *"h1 h2 h3 h4 p ul ol li".split(),
    *"a abbr b q small strong span div button select option".split(),
    *"input output details summary script".split(),
    *"table caption thead tbody tfoot tr th td figure figcaption".split(),
    *"svg g rect line text circle polyline path image use title".split(),
}


def hostile_documents(folder: Path, text: str) -> tuple[Document, Document]:
    """Return gold and prediction with ``text`` in every place a string can be."""
    picture = make_picture(folder)

    def spoil(document: Document) -> Document:
        rename = msgspec.structs.replace
        spoilt = f"{text} 1"
        sentences = tuple(
            sentence(f"{one.id}{text}", f"{text.replace(' ', '_') or 'x'} {one.text}")
            for one in document.sentences
        )
        return rename(
            document,
            id=f"doc {text}",
            metadata={"title": text, "author": text, text: text},
            sentences=sentences,
            images=(
                Image(f"i0{text}", str(picture), 400, 300, text),
                Image(f"i1{text}", f"/nowhere/{text}".replace("\x00", "")),
            ),
            text_events=tuple(
                rename(
                    event,
                    id=event.id + text,
                    sentence_id=event.sentence_id + text,
                    event_type=spoilt,
                    arguments=tuple(
                        rename(one, role=text, text=one.text and text) for one in event.arguments
                    ),
                )
                for event in document.text_events
            ),
            image_events=tuple(
                rename(
                    event,
                    id=event.id + text,
                    image_id=event.image_id + text,
                    event_type=spoilt,
                    verb=text,
                    caption=text,
                    arguments=tuple(rename(one, role=text, gloss=text) for one in event.arguments),
                )
                for event in document.image_events
            ),
            links=(Link(f"{document.text_events[0].id}{text}", f"{text}?"),),
        )

    return spoil(gold_document()), spoil(predicted_document())


def write_hostile(folder: Path, text: str) -> Path:
    gold, predicted = hostile_documents(folder, text)
    path = folder / "report.html"
    score = {"tp": 1, "n_pred": 1, "n_gold": 1, "p": 1.0, "r": 1.0, "f1": 1.0}
    write_report(
        path,
        title=text,
        summary_scores={text: {text: score, f"text_emi_{text}": score}},
        curves={text: [{"step": 1, "loss": 1.0}]},
        gold=[gold],
        predicted=[predicted],
        notes=[text],
    )
    return path


class _Structure(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.scripts: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._in_script = tag == "script"

    def handle_data(self, data):
        if self._in_script:
            self.scripts.append(data)

    def handle_endtag(self, _tag):
        self._in_script = False


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_attribute_or_script(tmp_path, text):
    page = write_hostile(tmp_path, text).read_text(encoding="utf-8")
    parsed = _Structure()
    parsed.feed(page)
    assert set(parsed.tags) <= ALLOWED
    assert parsed.tags.count("script") == 1
    assert len(parsed.scripts) == 1
    for tag, name, value in parsed.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"style", "srcdoc", "formaction"}, (tag, name)
        if name in {"href", "src"}:
            assert re.match(r"#[\w-]+$|data:image/jpeg;base64,", value or ""), (tag, value)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_or_direction_character_reaches_the_page(tmp_path, text):
    page = write_hostile(tmp_path, text).read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)


def test_markup_is_kept_and_text_is_escaped():
    assert join(Markup("<b>"), "<b>") == "<b>&lt;b&gt;"
    assert el("p", {"title": '"'}, el("b", None, "&")) == '<p title="&quot;"><b>&amp;</b></p>'


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("p", {"style": "color:red"}),
        ("p", {"onclick": "x"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "//example.org/x"}),
        ("a", {"href": "https://example.org"}),
        ("img", {"src": "data:text/html,<script>"}),
        ("p onclick=x", {}),
        ("p", {"x y": "1"}),
    ],
)
def test_what_the_policy_forbids_cannot_be_written(name, attributes):
    with pytest.raises(ValueError, match=r"forbidden|not an|not a URL allowed"):
        el(name, attributes)
