"""The page of extracted documents in a real browser: what it hides, lists and saves."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from builders import sentence
from rmpl.cli.main import app
from rmpl.inputs.reading import Item
from rmpl.predictions.results import result_line
from rmpl.records import Document, ImageEvent, Link, Span, TextArgument, TextEvent
from rmpl.viewer.extraction import extraction_page, write_extraction
from viewer import chromium
from viewer.payloads import HOSTILE
from viewer.samples import make_picture, predicted_document
from viewer.test_hostile_text import hostile_documents

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SEEN = "(row => row.getClientRects().length > 0)"
FORMULAS = ("=1+1", "+49 30", "-5", "@SUM(A1)", "\tx", 'a "b", c')


def _documents(folder: Path) -> list[Document]:
    """Return one with events of both media, and one whose words look like formulas."""
    first = predicted_document(make_picture(folder), "doc1")
    captioned = (msgspec.structs.replace(first.images[0], caption="Police at work"),)
    first = msgspec.structs.replace(
        first,
        images=(*captioned, *first.images[1:]),
        metadata={"title": "A march", "author": "Ana Reyes", "date": "2026-11-30"},
        links=(Link("p1", "p1", 0.88),),
    )
    words = sentence("s", "Rebels fled from Kyiv .")
    events = [
        TextEvent(f"e{n}", "s", "Movement:Transport", Span(1, 2), (_said(text),), 0.9)
        for n, text in enumerate(FORMULAS)
    ]
    unscored = TextEvent("u", "s", "Life:Die", Span(1, 2))
    return [first, Document("doc2", (words,), text_events=(*events, unscored))]


def _said(text: str) -> TextArgument:
    return TextArgument("Artifact", Span(-1, 0), 0.5, text)


@pytest.fixture(scope="module")
def documents(tmp_path_factory) -> list[Document]:
    return _documents(tmp_path_factory.mktemp("extracted"))


@pytest.fixture(scope="module")
def page(tmp_path_factory, documents) -> Path:
    path = tmp_path_factory.mktemp("page") / "events.html"
    return write_extraction(path, title="Events", documents=documents, rule="All.", warnings=["!"])


@pytest.fixture(scope="module")
def browser():
    with chromium.launch() as running:
        yield running


@pytest.fixture
def opened(browser, page):
    browser.problems.clear()
    browser.open(page)
    yield browser
    assert browser.problems == []


def choose(browser, name: str, value: str) -> str:
    """Set a control; return what the page says is shown."""
    return browser.run(
        f"""(() => {{
            const field = document.querySelector('#toolbar [name="{name}"]');
            field.value = {json.dumps(value)};
            field.dispatchEvent(new Event('input', {{bubbles: true}}));
            return document.getElementById('shown').textContent;
        }})()"""
    )


def press(browser, selector: str) -> None:
    browser.run(f"document.querySelector({json.dumps(selector)}).click()")


def listed(browser) -> list[str]:
    """Return the triggers of the rows of the table that are in sight."""
    return browser.run(
        f"""[...document.querySelectorAll('#events tbody tr')].filter({SEEN})
              .map(row => row.querySelector('[data-name=Trigger]')?.textContent ?? 'image')"""
    )


@pytest.mark.parametrize("width", [400, 800, 1400])
def test_it_fits_its_window_as_text_and_as_a_table(browser, page, width):
    browser.problems.clear()
    browser.open(page, width=width)
    for view in ("documents", "events"):
        press(browser, f"[data-view={view}]")
        assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.problems == []


def test_a_minimum_confidence_hides_events_in_text_images_and_table(opened):
    assert choose(opened, "score", "0") == "11 of 11 events, 2 of 2 documents"
    assert choose(opened, "score", "0.95") == "2 of 11 events, 2 of 2 documents"
    marks = f"[...document.querySelectorAll('#doc-1 .mark')].filter({SEEN})"
    seen = opened.run(
        f"{marks}.filter(one => getComputedStyle(one).visibility === 'visible')"
        ".map(one => one.textContent)"
    )
    assert any("Arrest-Jail .99" in one for one in seen)
    assert not any("Meet" in one or "Attack" in one or ".93" in one for one in seen)
    assert opened.run(f"[...document.querySelectorAll('#doc-1 .box')].filter({SEEN}).length") == 0
    # The link's image is hidden, so nothing leads there any more.
    assert opened.run(f"[...document.querySelectorAll('#doc-1 ul.links li')].some({SEEN})") is False
    press(opened, "[data-view=events]")
    assert listed(opened) == ["arrested", "fled"]  # the second has no confidence
    press(opened, "[name=reset]")
    assert len(listed(opened)) == 11


def test_the_whole_article_is_there_when_it_is_asked_for(opened):
    texts = f"[...document.querySelectorAll('#doc-1 .row')].filter({SEEN}).map(row => row.id)"
    assert opened.run(texts) == ["d1s1", "d1s2", "d1f1"]
    said = "document.querySelector('#doc-1 .more').textContent"
    assert opened.run(said) == "Show 1 image without events"
    press(opened, "#doc-1 .more")
    assert opened.run(texts) == ["d1s1", "d1s2", "d1f1", "d1f2"]
    press(opened, "#doc-1 .more")
    choose(opened, "score", "0.95")
    assert opened.run(texts) == ["d1s2"]
    press(opened, "[name=whole]")
    assert opened.run(texts) == ["d1s1", "d1s2", "d1f1", "d1f2"]
    assert "Police at work" in opened.run("document.querySelector('#doc-1').innerText")
    assert "Ana Reyes · 2026-11-30" in opened.run("document.querySelector('#doc-1').innerText")


def test_every_filter_filters(opened):
    choices = opened.run(
        """[...document.querySelectorAll('#toolbar select')]
             .map(one => [one.name, [...one.options].map(option => option.value)])"""
    )
    assert [name for name, _ in choices] == ["setting", "type", "role"]
    everything = choose(opened, "document", "")
    for name, values in choices:
        for value in values[1:]:
            assert choose(opened, name, value) != everything, (name, value)
        choose(opened, name, "")
    assert choose(opened, "document", "rebels") == "7 of 11 events, 1 of 2 documents"


def test_the_table_leads_back_to_the_text(opened):
    press(opened, "[data-view=events]")
    rows = opened.run("document.querySelectorAll('#events tbody tr').length")
    assert rows == 11
    cells = opened.run(
        "[...document.querySelector('#events tbody tr').cells].map(one => one.innerText)"
    )
    assert cells[:3] == ["doc1", "Arrest-Jail", "arrested"]
    assert "Agent Police" in cells[3]
    assert cells[-1] == "Image 1"
    press(opened, '#events a[href="#d1f1"]')
    assert opened.run("document.getElementById('events').hidden") is True
    assert opened.run("document.getElementById('d1f1').getClientRects().length") == 1


def _saved(browser, button: str, folder: Path) -> Path:
    """Press a button that saves, and return the file."""
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    press(browser, f"[name={button}]")
    path = folder / f"events.{button}"
    deadline = time.monotonic() + 30
    while not path.is_file():
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.02)
    return path


def test_the_csv_is_that_of_the_command_line(opened, documents, tmp_path):
    saved = _saved(opened, "csv", tmp_path)
    lines, table = tmp_path / "lines.jsonl", tmp_path / "table.csv"
    lines.write_bytes(b"".join(result_line(one, Item(one, one.id)) for one in documents))
    told = CliRunner().invoke(app, ["table", str(lines), "--out", str(table)])
    assert told.exit_code == 0, told.output
    assert saved.read_bytes() == table.read_bytes()
    assert "'=1+1" in saved.read_text(encoding="utf-8-sig")


def test_the_json_holds_what_is_shown(opened, tmp_path):
    choose(opened, "score", "0.92")
    events = json.loads(_saved(opened, "json", tmp_path).read_text(encoding="utf-8"))
    assert [(one["document"], one["event"]) for one in events] == [
        ("doc1", "p1"),
        ("doc1", "p1"),
        ("doc2", "u"),
    ]
    assert events[0]["trigger"] == "arrested"
    assert events[0]["arguments"][0] == {
        "role": "Agent", "text": "Police", "start": 0, "end": 6, "score": 0.97
    }  # fmt: skip
    assert events[1]["arguments"][0]["x2"] == 140


def test_no_hostile_text_runs(browser, tmp_path):
    browser.problems.clear()
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        folder.mkdir()
        _, hostile = hostile_documents(folder, text)
        path = folder / "page.html"
        write_extraction(
            path, title=text, documents=[hostile], rule=text, notes=[text], warnings=[text]
        )
        browser.open(path)
        for selector in ("[name=whole]", "[data-view=events]", "[data-view=documents]"):
            press(browser, selector)
        assert browser.run("document.querySelectorAll('script').length") == 1
        assert browser.run("JSON.parse(document.getElementById('data').textContent).rows.length")
    assert browser.problems == []


def test_a_page_without_events_or_documents_offers_no_slider():
    calm = Document("d", (sentence("s", "Calm ."),))
    empty = extraction_page(title="x", documents=[calm], rule="")
    assert 'name="score"' not in empty
    assert "↓ CSV" not in empty
    assert "1 sentence without events" in empty
    assert "No documents." in extraction_page(title="x", documents=[], rule="")


def test_an_image_alone_is_a_page(tmp_path):
    alone = Document("d", images=(), image_events=(ImageEvent("i", "elsewhere", "Life:Die"),))
    assert "Life:Die in image elsewhere" in extraction_page(title="x", documents=[alone], rule="")
