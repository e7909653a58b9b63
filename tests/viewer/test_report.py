"""A report is one file that needs nothing else, and nothing in it runs but its own script."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.viewer.report import write_report
from viewer.samples import gold_document, make_picture, predicted_document

SCORES = {
    "strict": {
        "text_emi": {"tp": 1, "n_pred": 3, "n_gold": 2, "p": 100 / 3, "r": 50.0, "f1": 40.0},
    }
}
CURVES = {"unified": [{"step": 1, "loss": 3.0}, {"step": 2, "loss": 1.5}]}


@pytest.fixture
def page(tmp_path: Path) -> str:
    picture = make_picture(tmp_path)
    path = tmp_path / "report.html"
    write_report(
        path,
        title="A run",
        summary_scores=SCORES,
        curves=CURVES,
        gold=[gold_document(picture)],
        predicted=[predicted_document(picture)],
        notes=["image: not run"],
    )
    return path.read_text(encoding="utf-8")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(page)
    return parser.seen


def test_the_page_names_no_address_outside_itself(page):
    for tag, attributes in elements(page):
        for key in ("src", "href", "srcset", "action", "data"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:image/jpeg;base64,")), (tag, value)


def test_the_policy_allows_exactly_the_style_and_script_of_the_page(page):
    policy = next(a["content"] for t, a in elements(page) if a.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name, directive in (("style", "style-src"), ("script", "script-src")):
        bodies = re.findall(rf"<{name}>(.*?)</{name}>", page, flags=re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_a_picture_is_embedded_once_and_drawn_on_both_sides(page):
    found = elements(page)
    pictures = [attributes["id"] for tag, attributes in found if tag == "image"]
    uses = [attributes["href"] for tag, attributes in found if tag == "use"]
    assert uses == [f"#{pictures[0]}"]
    assert len(pictures) == 1


def test_scores_have_their_protocol_and_counts_and_what_was_not_run_is_no_zero(page):
    assert "Protocol: strict" in page
    assert "1 / 3 / 2" in page
    assert page.count("not run</td>") == 2


def test_the_rule_of_choice_is_stated(page):
    assert "All 1 documents" in page


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(RmplError, match="cannot be written"):
        write_report(
            tmp_path / "no" / "report.html",
            title="",
            summary_scores={},
            curves={},
            gold=[],
            predicted=[],
        )
