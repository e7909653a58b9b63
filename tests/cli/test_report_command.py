"""``rmpl report`` writes a page from a run's folder and a corpus."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rmpl.cli.commands.report import command
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
    assert "1 of 1 images are missing" in page
    assert "1 / 1 / 1" in page
    assert "not run</td>" in page
    assert 'id="errors-text_emi"' in page
    assert 'id="errors-image_emi"' not in page
    assert "stage1" in page


def test_a_page_about_the_synthetic_corpus_says_so(run, gold, small_world):
    command(run, data=small_world / "m2e2", documents=0)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<title>RMPL: run on the synthetic corpus, in the format of m2e2</title>" in page
    assert "generated sentences and drawn images, not news" in page


def test_curves_are_drawn_whole_by_source_and_as_held_out(run, gold):
    stage = run / "stage1"
    points = [
        {"step": n, "loss": 3 / n, "loss/text-emi": 2 / n, "share/text-emi": 1.0} for n in (1, 2)
    ]
    lines = [json.dumps(point) for point in points]
    (stage / "curve.jsonl").write_text("\n".join(lines) + '\n{"step": 3, "lo')
    measured = {"step": 2, "loss": 1.5, "score": 40.0, "by_source": {"score/text-emi": 40.0}}
    (stage / "held_out.jsonl").write_text(json.dumps(measured) + "\n")
    command(run, data=Path("corpus"), documents=12)
    page = (run / "report.html").read_text(encoding="utf-8")
    titles = re.findall(r"<figcaption>(stage1.*?)</figcaption>", page)
    assert titles == [
        "stage1: loss",
        "stage1, held out: loss",
        "stage1, held out: score",
        "stage1: loss of text-emi",
        "stage1, held out: score of text-emi",
    ]
    (stage / "curve.jsonl").write_text('{"step": 1, "loss": 2}\n[]\n')
    with pytest.raises(RmplError, match=r"curve\.jsonl:2"):
        command(run, data=Path("corpus"), documents=12)


def test_the_types_are_those_of_the_run_s_recipe(run, gold, tmp_path):
    line = json.loads((run / "predictions.jsonl").read_text())
    line["text_events"][0]["event_type"] = "Sport:Match"
    (run / "predictions.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(RmplError, match="Sport:Match"):
        command(run, data=Path("corpus"), documents=12)
    own = tmp_path / "own.yaml"
    own.write_text(
        'name: own\nevents:\n  "Sport:Match":\n    description: a game\n'
        "    text: [Winner]\n    image: []\n"
    )
    (run / "recipe.yaml").write_text(
        f"name: own\nontology: {own}\ncorpora: {{a: {{reader: jmee, path: a}}}}\n"
        "stages: [{name: one, steps: 1, mixture: [{task: text-emi, corpora: [a]}]}]\n"
    )
    command(run, data=Path("corpus"), documents=12)
    assert "Sport:Match" in (run / "report.html").read_text(encoding="utf-8")


def test_a_run_without_predictions_is_one_clear_line(run, gold):
    (run / "predictions.jsonl").unlink()
    with pytest.raises(RmplError, match=r"predictions\.jsonl"):
        command(run, data=Path("corpus"), documents=12)
