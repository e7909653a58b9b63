"""The page in a real browser: a text in, a drawing, a table and JSON out, and nothing runs."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from pathlib import Path

import pytest

from app.conftest import NOTICE, extractor, load, running, service
from fakes import FakeEngine, nothing, wait_until
from rmpl.app.page import read_assets
from rmpl.app.server import build
from rmpl.app.service import Service
from rmpl.viewer.page import palette
from viewer import chromium
from viewer.payloads import HOSTILE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
TEXT = "Police arrested Ana Reyes in Lima on Monday."
MARKUP = (
    "document.querySelectorAll(':is(#json, #problem, #notice, #model, #schema) "
    ":is(script, img, svg, iframe, style)').length"
)


@pytest.fixture(scope="module")
def browser():
    with chromium.launch() as running_browser:
        yield running_browser


def wait(browser, condition: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not browser.run(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)


def opened(browser, address: str, width: int = 1200) -> None:
    browser.problems.clear()
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.call("Emulation.setDeviceMetricsOverride", **metrics)
    browser.call("Page.navigate", url=address)
    wait(browser, "document.documentElement?.dataset.ready === 'yes'")


def write(browser, text: str) -> None:
    browser.run(
        f"""(() => {{
            const area = document.getElementById('text');
            area.value = {json.dumps(text)};
            area.dispatchEvent(new Event('input'));
        }})()"""
    )


def upload(browser, name: str, content: str = "x", kind: str = "text/plain") -> None:
    """Drop a file on the page."""
    browser.run(
        f"""(() => {{
            const data = new DataTransfer();
            const made = new File([{json.dumps(content)}], {json.dumps(name)}, {{type: '{kind}'}});
            data.items.add(made);
            document.getElementById('drop')
              .dispatchEvent(new DragEvent('drop', {{dataTransfer: data, bubbles: true}}));
        }})()"""
    )


def press(browser, name: str) -> None:
    browser.run(f"document.getElementById('{name}').click()")


def folder(tmp_path: Path) -> Path:
    made = Path(os.environ.get("RMPL_SCREENSHOTS", tmp_path))
    made.mkdir(parents=True, exist_ok=True)
    return made


@pytest.mark.parametrize("width", [360, 800, 1200])
def test_a_text_is_drawn_listed_and_written(browser, address, tmp_path, width):
    opened(browser, address, width)
    browser.screenshot(folder(tmp_path) / f"app-{width}-empty.png", whole=True)
    write(browser, TEXT)
    upload(browser, "a-note-with-a-rather-long-name-from-the-desk.txt", "Rebels were arrested.")
    press(browser, "extract")
    wait(browser, "!!document.querySelector('#drawing iframe')")
    wait(browser, "document.getElementById('state').hidden")
    assert "Arrest-Jail" in browser.run("document.querySelector('#drawing iframe').srcdoc")
    sandbox = browser.run("document.querySelector('#drawing iframe').sandbox.value")
    assert sandbox == "allow-scripts allow-downloads"
    assert browser.run("document.documentElement.scrollWidth") <= width
    time.sleep(0.3)  # until the frame is drawn
    browser.screenshot(folder(tmp_path) / f"app-{width}.png")
    press(browser, "tab-json")
    assert "doc_id" in browser.run("document.querySelector('#json').innerText")
    assert browser.run("document.querySelector('#drawing').offsetHeight") == 0
    elsewhere = f"""performance.getEntriesByType('resource').map(one => one.name)
          .filter(name => !name.startsWith('{address}/') && !/^(data|blob):/.test(name))"""
    assert browser.run(elsewhere) == []
    assert browser.problems == []


def test_the_frame_has_the_page_of_extracted_documents(browser, address, tmp_path):
    opened(browser, address)
    write(browser, f"{TEXT} =1+1 were arrested.")
    press(browser, "extract")
    wait(browser, "!!document.querySelector('#drawing iframe')")
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    with browser.in_frame():
        wait(browser, "document.getElementById('shown')?.textContent === '2 of 2 events'")
        browser.run("document.querySelector('[data-view=events]').click()")
        cells = "[...document.querySelector('#events tbody tr').cells].map(one => one.innerText)"
        assert browser.run(cells)[:2] == ["Arrest-Jail", "arrested"]
        browser.run("document.querySelector('#events a').click()")
        assert browser.run("document.getElementById('d1s1').getClientRects().length") == 1
        browser.run("document.querySelector('[name=csv]').click()")
    deadline = time.monotonic() + 30
    while not (tmp_path / "events.csv").is_file():
        assert time.monotonic() < deadline, list(tmp_path.iterdir())
        time.sleep(0.05)
    assert (tmp_path / "events.csv").read_bytes().startswith(b"\xef\xbb\xbfdocument,event,")
    # A blocked script or style would be a problem here.
    assert browser.problems == []


def test_a_warning_about_the_model_is_beside_it_and_on_the_page(browser, address):
    opened(browser, address)
    choose = """(() => { const model = document.getElementById('model'); model.value = '%s';
          model.dispatchEvent(new Event('change')); })()"""
    assert browser.run("document.getElementById('notice').hidden") is True
    browser.run(choose % "second")
    assert browser.run("document.getElementById('notice').innerText") == NOTICE
    write(browser, TEXT)
    press(browser, "extract")
    wait(browser, "!!document.querySelector('#drawing iframe')")
    assert NOTICE in browser.run("document.querySelector('#drawing iframe').srcdoc")
    browser.run(choose % "first")
    assert browser.run("document.getElementById('notice').hidden") is True


def test_progress_is_told(browser):
    go = threading.Event()

    def work(prompts):
        wait_until(go.is_set)

    app = build(
        Service(["m"], load=lambda *_: extractor(FakeEngine(nothing, before=work))), examples=0
    )
    with running(app) as address:
        opened(browser, address)
        write(browser, TEXT)
        press(browser, "extract")
        wait(
            browser,
            "document.getElementById('said').textContent.startsWith('waiting for the model')",
        )
        go.set()
        wait(browser, "document.getElementById('state').hidden")
        assert browser.run("document.getElementById('problem').hidden")


def test_the_api_is_described_on_a_page(browser, address, tmp_path):
    for width in (400, 1400):
        opened(browser, f"{address}/api/docs", width)
        names = browser.run("[...document.querySelectorAll('h2')].map(one => one.textContent)")
        assert "POST /api/batch" in names
        assert browser.run("document.documentElement.scrollWidth") <= width
        browser.screenshot(folder(tmp_path) / f"api-{width}.png", whole=True)
        assert "trigger" in browser.run("document.getElementById('types').textContent")
        elsewhere = f"""performance.getEntriesByType('resource').map(one => one.name)
              .filter(name => !name.startsWith('{address}/'))"""
        assert browser.run(elsewhere) == []
    assert browser.problems == []


def take(browser) -> None:
    browser.run(
        """(() => {
            const choice = document.getElementById('example');
            choice.value = '1';
            choice.dispatchEvent(new Event('change'));
        })()"""
    )
    wait(browser, "document.querySelectorAll('#chosen img').length > 0")
    wait(browser, "[...document.querySelectorAll('#chosen img')].every(one => one.naturalWidth)")


def test_an_example_brings_its_pictures(browser, address, tmp_path):
    opened(browser, address)
    names = browser.run("[...document.getElementById('example').options].map(one => one.text)")
    assert re.fullmatch(r"1\. [A-Z].* \(\d+ sentences?, \d+ images?\)", names[1])
    take(browser)
    browser.screenshot(folder(tmp_path) / "app-example.png", whole=True)
    assert browser.run("document.getElementById('text').value.length") > 100
    browser.run("document.querySelector('#chosen button').click()")
    assert browser.problems == []


def test_errors_are_told(browser, address, tmp_path):
    opened(browser, address)
    press(browser, "extract")
    wait(browser, "!document.getElementById('problem').hidden")
    assert "nothing to read" in browser.run("document.getElementById('problem').innerText")
    write(browser, "x" * 501)
    press(browser, "extract")
    wait(browser, "document.getElementById('problem').innerText.includes('501 characters')")
    write(browser, "")
    upload(browser, "a.jpg", "no picture", "image/jpeg")
    press(browser, "extract")
    wait(browser, "document.getElementById('problem').innerText.includes('not an image (a.jpg)')")
    browser.screenshot(folder(tmp_path) / "app-error.png", whole=True)
    assert browser.run("document.getElementById('state').hidden")


def test_cancelling_stops_the_work(browser, tmp_path):
    begun, stopped = threading.Event(), threading.Event()

    def work(_):
        begun.set()
        wait_until(lambda: False, stopped=stopped.set)

    engine = FakeEngine(nothing, before=work)
    app = build(Service(["m"], load=lambda *_: extractor(engine)), examples=0)
    with running(app) as address:
        opened(browser, address)
        write(browser, TEXT)
        press(browser, "extract")
        wait(browser, "!document.getElementById('cancel').hidden")
        assert begun.wait(30)
        browser.screenshot(folder(tmp_path) / "app-working.png", whole=True)
        press(browser, "cancel")
        wait(browser, "document.getElementById('cancel').hidden")
        assert "Cancelled" in browser.run("document.getElementById('problem').innerText")
        assert stopped.wait(30)


def test_no_hostile_text_runs(browser, tmp_path):
    app = build(Service([*HOSTILE[:3], "m"], HOSTILE[3:6], load=load), examples=0)
    with running(app) as address:
        opened(browser, address)
        for text in HOSTILE:
            shown = "".join(c for c in text if c.isprintable())
            write(browser, f"{TEXT} {shown}")
            upload(browser, f"{shown}.txt", f"{shown} was arrested.")
        browser.screenshot(folder(tmp_path) / "app-hostile.png", whole=True)
        assert browser.run("document.querySelectorAll('#chosen li').length") == len(HOSTILE)
        inside = "document.querySelectorAll('#chosen :is(script, svg, iframe, img)').length"
        assert browser.run(inside) == 0
        browser.run("window.all = chosen")
        for start in range(0, len(HOSTILE), 8):
            browser.run(f"chosen = all.slice({start}, {start + 8}), list()")
            press(browser, "extract")
            wait(browser, "!document.getElementById('state').hidden")
            wait(browser, "document.getElementById('state').hidden")
            told = browser.run("document.getElementById('problem').innerText")
            assert browser.run("document.getElementById('problem').hidden"), told
            for tab in ("tab-drawing", "tab-json"):
                press(browser, tab)
            assert browser.run(MARKUP) == 0
        browser.run("chosen = [], list()")
        upload(browser, "<img src=x onerror=alert(1)>.exe")
        press(browser, "extract")
        wait(browser, "document.getElementById('problem').innerText.includes('unsupported')")
        assert "<img src=x" in browser.run("document.getElementById('where').textContent")
        assert browser.run(MARKUP) == 0
    assert [one for one in browser.problems if "400" not in one] == []


def test_logging_in(browser, tmp_path):
    token = "a-token-of-some-length"  # noqa: S105
    with running(build(service(), examples=0, token=token)) as address:
        browser.call("Page.navigate", url=address)
        wait(browser, "location.pathname === '/login' && !!document.getElementById('token')")
        browser.screenshot(folder(tmp_path) / "app-login.png", whole=True)
        for given in ("wrong", token):
            browser.run(f"document.getElementById('token').value = '{given}'")
            browser.run("document.querySelector('#login button').click()")
            if given == "wrong":
                wait(browser, "!document.getElementById('problem').hidden")
        wait(browser, "location.pathname === '/'")
        wait(browser, "document.documentElement?.dataset.ready === 'yes'")
        assert browser.run("document.cookie") == ""


def test_the_page_has_the_colours_of_reports():
    style = read_assets()["app.css"].content.decode()
    for name in set(re.findall(r"var\((--[a-z-]+)\)", style)):
        assert f"{name}: " in style
    assert style.startswith(palette())


def test_the_page_has_nothing_inline():
    for name, asset in read_assets().items():
        content = asset.content.decode()
        if name.endswith(".html"):
            assert "<style" not in content
            assert " style=" not in content
            assert content.count("<script") == content.count('<script src="/assets/')
            assert not re.search(r"<[^>]*\son\w+=", content)
        if name.endswith(".js"):
            for risky in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("):
                assert risky not in content
