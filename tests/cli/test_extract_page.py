"""The page beside the results: what it says of the model, the article, and its images."""

from __future__ import annotations

import json

import msgspec
import pytest

from rmpl.cli.commands.extract import _draw
from rmpl.inputs.reading import Item
from rmpl.inputs.records import text_document
from rmpl.predictions.results import result_line
from rmpl.records import Image, Span, TextEvent
from rmpl.runs.notices import ONLY_SYNTHETIC

pytest.importorskip("nupunkt")


@pytest.mark.parametrize(("model", "is_warned"), [("embedded", True), ("real-text", False)])
def test_the_page_of_the_embedded_model_warns_of_it(tmp_path, model, is_warned):
    bare = text_document("Police arrested Ana Reyes.", "lima.md")
    found = msgspec.structs.replace(
        bare,
        images=(Image("lima.jpg", None, 40, 30, "Police in Lima"),),
        text_events=(
            TextEvent("e", bare.sentences[0].id, "Justice:Arrest-Jail", Span(1, 2), (), 0.8),
        ),
        metadata={"title": "Arrest in Lima", "author": "A. Reyes", "date": "2026-11-30"},
    )
    results = tmp_path / "events.jsonl"
    results.write_bytes(result_line(found, Item(found, "lima.md")))
    (tmp_path / "events.jsonl.about.json").write_text(json.dumps({"model": model}))
    page = _draw(tmp_path / "page.html", results, 5).read_text(encoding="utf-8")
    assert (ONLY_SYNTHETIC in page) is is_warned
    for said in ("Arrest in Lima", "A. Reyes \u00b7 2026-11-30", "Police in Lima"):
        assert said in page
