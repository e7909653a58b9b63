"""The error section shows what the error analysis counts, and where its examples are."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rmpl.records import Document, Span, TextEvent
from rmpl.scoring.analysis import Analysis, analyse
from rmpl.viewer.report import write_report
from viewer.samples import gold_document, predicted_document, sentence

NAMES = ("doc1", "doc2", "doc3")
GOLD = [gold_document(key=name) for name in NAMES]
PREDICTED = [predicted_document(key="doc1"), gold_document(key="doc2")]  # none for doc3


def write(path: Path, gold: list[Document], predicted: list[Document], **options) -> str:
    write_report(path, title="", summary_scores={}, curves={}, gold=gold, predicted=predicted,
                 **options)  # fmt: skip
    return path.read_text(encoding="utf-8")


@pytest.fixture
def page(tmp_path: Path) -> str:
    return write(tmp_path / "report.html", GOLD, PREDICTED)


class _Rows(HTMLParser):
    """Collects the rows of every table with an id: its cells' texts, and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self._rows: list[list[str]] | None = None
        self._in_cell = False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "table":
            self._rows = self.tables.setdefault(attributes.get("id") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in {"td", "th"} and self._rows:
            self._rows[-1].append("")
            self._in_cell = True
        elif tag == "a" and self._in_cell:
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data):
        if self._in_cell and self._rows:
            self._rows[-1][-1] += data


def read(page: str) -> _Rows:
    rows = _Rows()
    rows.feed(page)
    return rows


def counted(rows: list[list[str]]) -> dict[str, tuple[int, int]]:
    """Return wrong and missed by category, as a table of the page says them."""
    return {
        re.sub(r"^\W+", "", row[0]).strip(): (int(row[1]), int(row[2]))
        for row in rows[1:]
        if len(row) == 3
    }


def expected(analysis: Analysis, task: str) -> dict[str, tuple[int, int]]:
    errors = analysis.errors[task]
    categories = {str(v): (c.predicted, c.gold) for v, c in errors.categories.items()}
    return categories | {"sum": (errors.n_pred - errors.tp, errors.n_gold - errors.tp)}


def test_the_section_has_the_categories_of_the_analysis_and_they_sum_to_the_errors(page):
    tables = read(page).tables
    analysis = analyse(GOLD, PREDICTED)
    assert len(analysis.errors) == 6
    for task in analysis.errors:
        found = counted(tables[f"errors-{task}"])
        assert found == expected(analysis, task)
        wrong, missed = found.pop("sum")
        assert sum(w for w, _ in found.values()) == wrong
        assert sum(m for _, m in found.values()) == missed
    assert expected(analysis, "text_are")["argument of a missed mention"] == (0, 5)


def test_every_example_links_to_a_row_of_a_document(page):
    links = read(page).links
    assert len(links) > 20
    for link in links:
        assert f'id="{link[1:]}"' in page
    assert {"#d1s2", "#d1f1", "#d1k1"} <= set(links)


def test_a_document_that_holds_the_only_example_of_a_category_is_drawn_too(tmp_path):
    rare = Document("zz", (sentence("z0", "They fled ."),))
    found = Document("zz", text_events=(TextEvent("e", "z0", "Life:Die", Span(1, 2)),))
    gold = [gold_document(key="a"), gold_document(key="b"), rare]
    predicted = [gold_document(key="a"), gold_document(key="b"), found]
    page = write(tmp_path / "one.html", gold, predicted, limit=1)
    assert page.count("<article") == 2
    assert "After them, 1 more document, for examples of rarer errors" in page
    assert read(page).links == ["#d2s1"]


def test_without_drawn_documents_examples_are_named(tmp_path):
    page = write(tmp_path / "none.html", GOLD, PREDICTED, limit=0)
    assert "<article" not in page
    assert "data-filter" not in page.partition("<script")[0]  # there is nothing to filter
    assert read(page).links == []
    assert "Contact:Meet &#x27;march&#x27; [8:9] for Conflict:Demonstrate" in page


def test_examples_on_another_page_name_it(tmp_path):
    names = [f"d{number:03}" for number in range(101)]
    gold = [gold_document(key=name) for name in names]
    predicted = [*gold[:100], predicted_document(key=names[100])]
    page = write(tmp_path / "my report.html", gold, predicted, limit=101)
    links = read(page).links
    assert {link.partition("#")[0] for link in links} == {"my%20report-2.html"}
    second = (tmp_path / "my report-2.html").read_text(encoding="utf-8")
    for link in links:
        assert f'id="{link.partition("#")[2]}"' in second


def test_settings_that_were_not_predicted_have_no_errors(tmp_path):
    page = write(tmp_path / "text.html", GOLD, PREDICTED, settings=("text",))
    assert {key for key in read(page).tables if key} == {"errors-text_emi", "errors-text_are"}
    assert "Image events by type" not in page
    assert "Image events: gold type" not in page
    assert "Overlap (IoU)" not in page


def test_types_roles_confusions_and_overlaps_are_there(page):
    for part in ("Text events by type", "Image arguments by role", "Multimedia events by type",
                 "Text events: gold type (rows)", "Overlap (IoU)"):  # fmt: skip
        assert part in page
    text = page.partition("Text events by type")[2].partition("</table>")[0]
    numbers = [re.sub(r"<[^>]+>", " ", row).split() for row in text.split("<tr>")[2:]]
    assert numbers == [
        ["Attack", "0.0", "0/1/0", "none", "0/0/0"],
        ["Demonstrate", "50.0", "1/1/3", "50.0", "1/1/3"],
        ["Meet", "0.0", "0/1/0", "none", "0/0/0"],
        ["Arrest-Jail", "80.0", "2/2/3", "50.0", "4/7/9"],
    ]
