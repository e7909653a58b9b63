"""``rmpl report`` writes a page from a run's folder and a corpus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.cli.report import command
from rmpl.errors import RmplError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with one prediction and one curve."""
    folder = tmp_path / "run"
    (folder / "stage1").mkdir(parents=True)
    event = {
        "id": "t1",
        "sentence_id": "VOA_EN_NW_2031.01.01.1_0",
        "event_type": "Justice:Arrest-Jail",
        "trigger": {"start": 1, "end": 2},
        "arguments": [],
    }
    line = {"doc_id": "doc1", "text_events": [event]}
    (folder / "predictions.jsonl").write_text(json.dumps(line) + "\n")
    (folder / "stage1" / "curve.jsonl").write_text('{"step": 1, "loss": 2.5, "grad_norm": NaN}\n')
    return folder


@pytest.fixture
def gold(monkeypatch):
    """A corpus of one document whose picture is missing."""
    from rmpl.corpora import registry
    from rmpl.records import Document, Image, Sentence, Span, TextEvent

    key = "VOA_EN_NW_2031.01.01.1_0"
    text = "Police arrested a man ."
    tokens = ((0, 6), (7, 15), (16, 17), (18, 21), (22, 23))
    document = Document(
        "doc1",
        (Sentence(key, text, tokens),),
        (Image("i0"),),
        (TextEvent("t1", key, "Justice:Arrest-Jail", Span(1, 2)),),
    )
    monkeypatch.setattr(registry, "read_corpus", lambda *_, **__: iter([document]))


def test_a_run_becomes_a_page(run, gold, capsys):
    command(run, data=Path("corpus"), documents=12)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "report:" in capsys.readouterr().out
    assert "1 of 1 pictures are not at hand" in page
    assert "1 / 1 / 1" in page
    assert "not run</td>" in page
    assert 'id="errors-text_emi"' in page
    assert 'id="errors-image_emi"' not in page
    assert "stage1" in page


def test_a_run_without_predictions_is_one_clear_line(run, gold):
    (run / "predictions.jsonl").unlink()
    with pytest.raises(RmplError, match=r"predictions\.jsonl"):
        command(run, data=Path("corpus"), documents=12)
