"""The page in a real browser: a text in, a drawing, a table and JSON out, and nothing runs."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from app.conftest import service
from rmpl.app.page import frame, table
from rmpl.records import NOWHERE, Document, TextArgument
from viewer import chromium
from viewer.payloads import HOSTILE
from viewer.samples import gold_document, predicted_document

pytestmark = [
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
TEXT = "Police arrested Ana Reyes in Lima on Monday."


@pytest.fixture(scope="module")
def browser():
    with chromium.launch() as running:
        yield running


def wait(browser, condition: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not browser.run(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.1)


def extract(browser, address: str, text: str, width: int = 1200) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.call("Emulation.setDeviceMetricsOverride", **metrics)
    browser.call("Page.navigate", url=address)
    wait(
        browser,
        "!!document.querySelector('textarea') && !!document.querySelector('button.primary')",
    )
    browser.run(
        f"""(() => {{
            const area = document.querySelector('textarea');
            area.value = {json.dumps(text)};
            area.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    time.sleep(0.3)
    browser.run("document.querySelector('button.primary').click()")
    wait(browser, "!!document.querySelector('#drawing iframe')")


def open_tab(browser, name: str) -> None:
    browser.run(
        f"""[...document.querySelectorAll('button[role=tab]')]
              .find(one => one.textContent.trim() === '{name}').click()"""
    )
    time.sleep(0.5)


@pytest.mark.parametrize("width", [360, 800, 1200])
def test_a_text_is_drawn_listed_and_written(browser, address, tmp_path, width):
    browser.problems.clear()
    extract(browser, address, TEXT, width)
    page = browser.run("document.querySelector('#drawing iframe').srcdoc")
    assert "Arrest-Jail" in page
    assert browser.run("document.querySelector('#drawing iframe').sandbox.value") == "allow-scripts"
    assert browser.run("document.documentElement.scrollWidth") <= width
    folder = Path(os.environ.get("RMPL_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    time.sleep(1)
    browser.screenshot(folder / f"app-{width}.png")
    open_tab(browser, "Table")
    wait(browser, "document.querySelector('#table').textContent.includes('Ana Reyes')")
    open_tab(browser, "JSON")
    wait(browser, "document.querySelector('#json').textContent.includes('doc_id')")
    elsewhere = f"""performance.getEntriesByType('resource').map(one => one.name)
                      .filter(name => !name.startsWith('{address}') && !name.startsWith('data:'))"""
    assert browser.run(elsewhere) == []
    assert browser.problems == []


def test_no_hostile_text_runs(browser, address):
    browser.problems.clear()
    # One document holds them all: the page is Gradio's, and takes seconds to load.
    text = f"{TEXT} {' '.join(one for one in HOSTILE if one.isprintable())}"
    extract(browser, address, text[:500])
    open_tab(browser, "Table")
    open_tab(browser, "JSON")
    time.sleep(0.5)
    assert browser.problems == []
    assert browser.run("document.querySelectorAll('#table img, #json img').length") == 0


def test_the_frame_holds_the_page_as_one_attribute():
    framed = frame('"><script>alert(1)</script>')
    assert framed.count("<") == 2
    assert 'sandbox="allow-scripts"' in framed


def test_the_table_has_every_event_argument_and_link():
    document = gold_document()
    rows = table(document)
    assert ["t1", "sentence 2", "Justice:Arrest-Jail", "arrested", ""] in rows
    assert ["i1", "picture 1", "Agent", "box 40, 60, 140, 260", ""] in rows
    assert rows[-1] == ["t1 and i1", "text and picture", "one event", "", ""]
    lost = [row for row in table(predicted_document()) if row[2:4] == ["Place", "Lviv"]]
    assert lost[0][4] == "0.20"
    assert TextArgument("Place", NOWHERE).text is None
    assert table(Document("empty")) == []


def test_the_page_tells_the_limits():
    from rmpl.app.page import build_page

    async def told() -> str:
        page = build_page(service(characters=77, files=5), [])
        return json.dumps(page.get_config_file(), default=str)

    assert "77 characters" in asyncio.run(told())
