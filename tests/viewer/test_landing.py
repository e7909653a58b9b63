"""Links within a report land on what they name, however far away it is."""

from __future__ import annotations

import time

import msgspec
import pytest

from builders import sentence
from rmpl.records import Document, Span, TextEvent
from rmpl.scoring import TASKS
from rmpl.viewer.report import write_report
from viewer import chromium
from viewer.samples import TEXT, gold_document, make_picture, predicted_document

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SCORE = {"tp": 1, "n_pred": 2, "n_gold": 2, "p": 50.0, "r": 50.0, "f1": 50.0}

# One click a line: what it named, and where that and its mark are between header and lower edge.
CLICK_EACH = """(async () => {
  const frames = (count) => new Promise((done) => {
    const next = (left) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
    next(count);
  });
  const edge = document.querySelector("nav").getBoundingClientRect().bottom;
  const seen = (one) => {
    const { top, height } = one.getBoundingClientRect();
    return height > 0 && top >= edge - 1 && top + Math.min(height, 20) <= innerHeight;
  };
  const lost = [];
  const links = [...document.querySelectorAll("%s")];
  for (const link of links) {
    document.documentElement.scrollTo({ top: 0, behavior: "instant" });
    link.click();
    await frames(2);
    const target = document.getElementById(link.hash.slice(1));
    const mark = link.dataset.mark;
    const item = (mark && target.querySelector(`[data-e="${mark}"], [data-l="${mark}"]`)) || target;
    for (let left = 20; left && !(seen(target) && seen(item)); left -= 1) await frames(1);
    await frames(2);
    if (!seen(target) || !seen(item)) {
      lost.push(`${link.hash} ${mark} at ${Math.round(target.getBoundingClientRect().top)}`);
    }
  }
  return [links.length, lost];
})()"""


def _long(document: Document, sign: str, number: int) -> Document:
    """Return the document with a dozen further sentences, each with an event."""
    more = range(6 + number % 7)
    return msgspec.structs.replace(
        document,
        sentences=(*document.sentences, *(sentence(f"x{n}", TEXT) for n in more)),
        text_events=(
            *document.text_events,
            *(TextEvent(f"{sign}x{n}", f"x{n}", "Conflict:Attack", Span(1, 2)) for n in more),
        ),
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landing")
    picture = make_picture(folder)
    gold = [_long(gold_document(picture, f"doc{n:02}"), "g", n) for n in range(10)]
    predicted = [
        _long(predicted_document(picture, one.id), "p", n) if n in {2, 5, 9} else one
        for n, one in enumerate(gold)
    ]
    path = folder / "report.html"
    scores = {"strict": dict.fromkeys(TASKS, SCORE)}
    write_report(
        path,
        title="A long report",
        summary_scores=scores,
        curves={},
        gold=gold,
        predicted=predicted,
        limit=10,
    )
    return path


@pytest.fixture(scope="module")
def browser():
    with chromium.launch() as running:
        yield running


def test_every_example_of_an_error_is_in_view_after_its_click(browser, report):
    browser.open(report, width=400)
    number, lost = browser.run(CLICK_EACH % ".examples a")
    assert number >= 15
    assert lost == []


def test_an_example_is_in_view_though_a_filter_hid_it(browser, report):
    browser.open(report, width=800)
    browser.run(
        """(() => { const field = document.querySelector('#toolbar [name="document"]');
             field.value = 'no such words';
             field.dispatchEvent(new Event('input', {bubbles: true})); })()"""
    )
    assert browser.run("document.getElementById('shown').textContent") == "0 of 10 documents"
    _, lost = browser.run(CLICK_EACH % "#errors-image_are .examples a")
    assert lost == []


def test_an_address_with_a_place_opens_there(browser, report):
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=f"{report.as_uri()}#d8s5")
    deadline = time.monotonic() + 20
    top = None
    while not (top and 0 < top < 300) and time.monotonic() < deadline:
        time.sleep(0.05)
        top = browser.run("document.getElementById('d8s5')?.getBoundingClientRect().top")
    assert top and 0 < top < 300
