"""The report in a real browser: boxes to the pixel, links, filters, keys, and hostile text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rmpl.scoring import TASKS
from rmpl.viewer.report import write_report
from viewer import chromium
from viewer.payloads import HOSTILE
from viewer.samples import gold_document, make_picture, predicted_document
from viewer.test_hostile_text import write_hostile

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


_CLICK_WRONG_TYPE = """[...document.querySelectorAll('.category')]
  .find(one => one.dataset.filter.includes('wrong type')).click()"""

SCORE = {"tp": 1617, "n_pred": 1686, "n_gold": 1966, "p": 95.9, "r": 82.2, "f1": 88.5}
RESTRICTED = [*TASKS, "mm_emi_restricted", "mm_are_restricted"]


@pytest.fixture(scope="module")
def browser():
    with chromium.launch() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    picture = make_picture(folder)
    path = folder / "report.html"
    names = ("doc1", "doc2", "doc3")
    gold = [gold_document(picture, name) for name in names]
    write_report(
        path,
        title="A run",
        summary_scores={
            "strict": dict.fromkeys(TASKS, SCORE),
            "legacy": dict.fromkeys(RESTRICTED, SCORE),
        },
        curves={"stage1": [{"step": i, "loss": 3 / i} for i in range(1, 50)]},
        gold=gold,
        predicted=[predicted_document(picture, "doc1"), *gold[1:]],
        notes=["a note"],
    )
    return path


def keep(browser: chromium.Browser, tmp_path: Path, name: str) -> None:
    """Keep a screenshot where one looks for it (RMPL_SCREENSHOTS), or with the test's files."""
    folder = Path(os.environ.get("RMPL_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    browser.screenshot(folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 5_000


@pytest.mark.parametrize("width", [360, 800, 1200])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_loads_without_errors_and_does_not_scroll_sideways(
    browser, report, tmp_path, width, dark
):
    browser.problems.clear()
    browser.open(report, width=width, dark=dark)
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    keep(browser, tmp_path, f"report-{width}-{'dark' if dark else 'light'}")


def test_no_table_of_the_errors_is_cut_off_on_a_narrow_screen(browser, report):
    browser.open(report, width=360)
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    cut = browser.run(
        """[...document.querySelectorAll('table')].filter(table => {
             const frame = table.closest('.scroll') || document.documentElement;
             return table.getBoundingClientRect().right > frame.getBoundingClientRect().right + 1;
           }).map(table => table.className + ': ' + table.caption.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize("width", [360, 800, 1200])
def test_boxes_sit_where_they_should_to_the_pixel(browser, report, width):
    browser.open(report, width=width)
    drawn = browser.run(
        """[...document.querySelectorAll('#doc-1 .pane.gold .drawn-image')].map(picture => {
             const photo = picture.querySelector('.photo').getBoundingClientRect();
             return [photo.width, photo.height,
               ...[...picture.querySelectorAll('rect.line')].map(line => {
                 const box = line.getBoundingClientRect();
                 return [box.left - photo.left, box.top - photo.top, box.width, box.height];
               })];
           })[0]"""
    )
    shown_width, shown_height, *boxes = drawn
    assert shown_height == pytest.approx(shown_width * 300 / 400, abs=1)
    scale = shown_width / 400
    expected = [[220, 50, 120, 230], [40, 60, 100, 200]]  # larger box first
    assert len(boxes) == len(expected)
    for box, wanted in zip(boxes, expected, strict=True):
        assert box == pytest.approx([scale * value for value in wanted], abs=1)


def test_the_second_drawing_of_a_picture_shows_it_too(browser, report):
    browser.open(report)
    sizes = browser.run(
        """[...document.querySelectorAll('#doc-1 .photo')].map(photo => {
             const box = photo.firstElementChild.getBoundingClientRect();
             return [box.width, box.height];
           })"""
    )
    assert len(sizes) == 2
    assert sizes[0] == pytest.approx(sizes[1], abs=1)
    assert min(sizes[0]) > 100


def test_a_link_lights_both_ends_and_draws_a_line_between_them(browser, report):
    browser.open(report)
    browser.run(
        """document.querySelector('#doc-1 .sentence .link')
             .dispatchEvent(new MouseEvent('click', {bubbles: true}))"""
    )
    assert browser.run("document.querySelectorAll('.wires path.over').length") == 2
    assert browser.run("document.querySelectorAll('.figure .link.hot').length") == 2
    assert browser.run("document.querySelectorAll('.box.hot').length") > 0
    assert "right" in browser.run("document.getElementById('tip').textContent")
    browser.press("Escape")
    assert browser.run("document.querySelectorAll('.hot, .wires').length") == 0


def test_filters_show_the_rows_that_agree_with_all_of_them(browser, report):
    browser.open(report)
    choose = """(name, value) => {
        const field = document.querySelector(`#toolbar [name="${name}"]`);
        field.value = value;
        field.dispatchEvent(new Event('input', {bubbles: true}));
        return document.getElementById('shown').textContent;
    }"""
    assert browser.run(f"({choose})('verdict', 'spurious')") == "1 of 3 documents"
    assert browser.run(f"({choose})('role', 'Instrument')") == "1 of 3 documents"
    shown = browser.run(
        """[...document.querySelectorAll('#doc-1 [data-items]')]
             .filter(row => row.getClientRects().length).map(row => row.id)"""
    )
    assert shown == ["d1f1"]
    assert browser.run(f"({choose})('setting', 'text')") == "0 of 3 documents"
    browser.run("document.querySelector('#toolbar [name=reset]').click()")
    assert browser.run("document.getElementById('shown').textContent") == "3 of 3 documents"
    assert browser.run(f"({choose})('document', 'doc2')") == "1 of 3 documents"


def test_a_category_opens_its_examples(browser, report):
    browser.open(report)
    browser.run(_CLICK_WRONG_TYPE)
    assert browser.run("document.getElementById('shown').textContent") == "1 of 3 documents"
    assert browser.run("document.querySelector('#d1s2').hidden") is False
    assert browser.run("document.querySelector('#d1s1').hidden") is True


def test_an_example_of_an_error_leads_to_its_item_and_lights_it_up(browser, report):
    browser.open(report)
    browser.run(_CLICK_WRONG_TYPE)
    browser.run(
        """new Promise(done => {
             document.querySelector('#errors-image_are .examples a[href="#d1f1"]').click();
             setTimeout(done, 100);
           })"""
    )
    assert browser.run("document.querySelector('#d1f1').getClientRects().length") == 1
    assert browser.run("document.querySelectorAll('#d1f1 .hot').length") > 0
    assert browser.run("document.querySelectorAll('#d1s2 .hot').length") == 0


def test_every_example_leads_somewhere(browser, report):
    browser.open(report)
    lost = browser.run(
        """[...document.querySelectorAll('.examples a')].filter(one => {
             const row = document.getElementById(one.hash.slice(1));
             const mark = one.dataset.mark;
             return !row || (mark
               && !row.querySelector(`[data-e="${mark}"], [data-l="${mark}"]`));
           }).map(one => one.hash + ' ' + one.dataset.mark)"""
    )
    assert lost == []
    assert browser.run("document.querySelectorAll('.examples a[data-mark]').length") > 10


def test_an_address_shows_what_the_filters_hide(browser, report):
    browser.open(report)
    browser.run(_CLICK_WRONG_TYPE)
    browser.run("new Promise(done => { location.hash = '#d2s2'; setTimeout(done, 100); })")
    assert browser.run("document.querySelector('#d2s2').getClientRects().length") == 1


def test_keys_walk_through_the_documents(browser, report):
    browser.open(report)
    for key, expected in (("j", "doc-1"), ("j", "doc-2"), ("k", "doc-1")):
        browser.press(key, ord(key.upper()))
        assert browser.run("document.activeElement.id") == expected
    browser.press("/", 191)
    assert browser.run("document.activeElement.name") == "document"


def test_the_theme_button_turns_light_to_dark(browser, report):
    browser.open(report)
    colour = "getComputedStyle(document.body).backgroundColor"
    before = browser.run(colour)
    browser.run("document.getElementById('theme').click()")
    assert browser.run(colour) != before


def test_a_script_that_runs_would_be_noticed(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<script>alert(1)</script><script>throw Error('x')</script>")
    browser.problems.clear()
    browser.open(page)
    assert [problem.split(":")[0] for problem in browser.problems][:1] == ["dialog"]
    assert len(browser.problems) > 1


def test_no_hostile_text_runs(browser, tmp_path):
    browser.problems.clear()
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        folder.mkdir()
        browser.open(write_hostile(folder, text))
        browser.run(
            """document.querySelectorAll('*').forEach(one => {
                 for (const kind of ['mouseover', 'focusin', 'click'])
                   if (!one.closest('a, button'))
                     one.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
               })"""
        )
        assert browser.run("document.querySelectorAll('script').length") == 1
    assert browser.problems == []
