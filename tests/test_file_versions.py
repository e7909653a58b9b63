"""Files of other versions: those of 0.1 are read, today's name their format, newer are refused.

``data/version_0_1`` was written by version 0.1 (commit 76a47cb): a run of a model of 27,720 random
weights (stored in bf16 afterwards, to keep it small), and files of three documents of a synthetic
corpus.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from rmpl.backbones.settings import read_settings
from rmpl.calibration.measure import save
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.experiments.lock import deviations, read_lock, write_lock
from rmpl.experiments.plot_inputs import read_inputs
from rmpl.extraction.calibration import Calibration, read_calibration
from rmpl.inputs.reading import Item
from rmpl.io.documents import read_documents, write_documents
from rmpl.predictions.file import read_predictions, write_predictions
from rmpl.predictions.results import ResultsFile, linked_line, read_results, result_line
from rmpl.records import Document
from rmpl.runs.card import card_of
from rmpl.runs.curve import read_curve, read_curves
from rmpl.runs.provenance import read_run, record_stage, record_start
from rmpl.runs.trained import load_trained, ontology_of, read_trained
from rmpl.scoring import score
from rmpl.synthetic.build import is_built, read_marker
from rmpl.training.loop.evaluation import CheckpointSelection

OLD = Path(__file__).parent / "data" / "version_0_1"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the files, to be written to."""
    return Path(shutil.copytree(OLD, tmp_path / "old"))


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(read_documents(OLD / "documents.jsonl"))


def test_a_run_of_version_0_1_loads() -> None:
    backbone = load_trained(OLD / "run")
    assert backbone.settings == read_trained(OLD / "run" / "one").settings
    assert backbone.settings == read_settings(OLD / "run" / "one" / "model")
    assert backbone.settings.box_step == 20
    weights = list(backbone.model.parameters())
    assert sum(one.numel() for one in weights) == 27_720
    assert all(torch.isfinite(one).all() for one in weights)
    assert ontology_of(OLD / "run").name == "m2e2"


def test_a_run_of_version_0_1_shows_what_it_was(old: Path) -> None:
    assert [point["step"] for point in read_curve(OLD / "run" / "one" / "curve.jsonl")] == [1, 2]
    assert {name: len(points) for name, points in read_curves(OLD / "run").items()} == {
        "one": 2,
        "one, held out": 2,
    }
    selection = CheckpointSelection(OLD / "run" / "one" / "held_out.jsonl", by="loss", patience=0)
    assert selection.best == 2
    assert "2 steps" in card_of(OLD / "run")
    before = read_run(old / "run")
    record_start(old / "run", {"recipe": "test"})
    record_stage(old / "run", "one", {"steps": 3})
    after = read_run(old / "run")
    assert after["starts"][:-1] == before["starts"]
    assert (after["data"], after["stages"]["one"]["steps"]) == (before["data"], 3)


def test_its_calibration_is_read() -> None:
    found = read_calibration(OLD / "run")
    assert found is not None
    assert found.link_threshold == 0.375
    assert found.scale("text-emi").slope == 0.75
    assert found.scale("text-emi").measured is not None


def test_its_predictions_score_as_they_did(documents: list[Document]) -> None:
    expected = json.loads((OLD / "scores.json").read_text())
    for name in ("predictions", "extracted", "linked"):
        for protocol, tasks in expected.items():
            found = score(documents, read_predictions(OLD / f"{name}.jsonl"), protocol)
            assert {task: counts.to_dict() for task, counts in found.items()} == tasks


def test_its_documents_are_read_from_lines_and_tables(documents: list[Document]) -> None:
    assert [len(one.sentences) for one in documents] == [13, 11, 9]
    assert list(read_documents(OLD / "documents.parquet")) == documents


def test_its_extracted_lines_are_read_and_gone_on_with(old: Path) -> None:
    found = list(read_results(OLD / "extracted.jsonl"))
    results = ResultsFile(old / "extracted.jsonl", {"model": "run", "schema": "m2e2"}, resume=True)
    assert results.done == {one.id for one in found}
    results.close()


def test_what_was_written_is_written_again_with_nothing_but_its_name(old: Path) -> None:
    found = list(read_results(OLD / "extracted.jsonl"))
    texts = [json.loads(line)["text"] for line in _lines(OLD / "extracted.jsonl")]
    write_predictions(found, old / "again.jsonl")
    write_documents(read_documents(OLD / "documents.jsonl"), old / "documents_again.jsonl")
    again = {
        "predictions": (old / "again.jsonl").read_bytes(),
        "documents": (old / "documents_again.jsonl").read_bytes(),
        "linked": b"".join(map(linked_line, found)),
        "extracted": b"".join(
            result_line(one, Item(one, f"{one.id}.txt", text))
            for one, text in zip(found, texts, strict=True)
        ),
    }
    for name, content in again.items():
        kind = "documents" if name == "documents" else "predictions"
        named = f'"format":"rmpl-{kind}/1",'.encode()
        assert content.count(named) == 3
        assert content.replace(named, b"") == (OLD / f"{name}.jsonl").read_bytes()


def test_its_lock_is_compared_with_one_of_today(old: Path) -> None:
    lock = read_lock(OLD / "rmpl.lock.json")
    assert lock.world == read_marker(OLD)
    write_lock(lock, old / "again.json")
    assert deviations(lock, read_lock(old / "again.json")) == []


def test_its_synthetic_corpus_is_not_built_again() -> None:
    assert is_built(OLD, seed=5, scale=0.02)
    assert not is_built(OLD, seed=6, scale=0.02)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _selection(path: Path) -> CheckpointSelection:
    return CheckpointSelection(path, by="loss", patience=0)


READERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "predictions.jsonl": (lambda path: list(read_predictions(path)), "predictions"),
    "extracted.jsonl": (lambda path: list(read_results(path)), "predictions"),
    "documents.jsonl": (lambda path: list(read_documents(path)), "documents"),
    "run/one/curve.jsonl": (read_curve, "curve"),
    "run/one/held_out.jsonl": (_selection, "held-out"),
    "run/run.json": (lambda path: read_run(path.parent), "run"),
    "run/one/trained.json": (lambda path: read_trained(path.parent), "trained"),
    "run/one/model/rmpl.json": (lambda path: read_settings(path.parent), "settings"),
    "run/calibration.json": (lambda path: read_calibration(path.parent), "calibration"),
    "rmpl.lock.json": (read_lock, "lock"),
    "extracted.jsonl.about.json": (
        lambda path: ResultsFile(path.with_name("extracted.jsonl"), {}, resume=True),
        "about",
    ),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("other", [{}, {"later": 1, "doc_id": 3, "settings": [], "step": "x"}])
def test_a_newer_version_is_refused_in_one_line(name: str, other: dict, old: Path) -> None:
    path, (read, kind) = old / name, READERS[name]
    named = {"format": f"rmpl-{kind}/2"} | other
    if name.endswith(".jsonl"):
        *rest, last = _lines(path)
        lines = [*rest, json.dumps(json.loads(last) | named)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        where = f"{path}:{len(lines)}"
    else:
        path.write_text(json.dumps(json.loads(path.read_text()) | named), encoding="utf-8")
        where = str(path)
    with pytest.raises(RmplError, match=f"newer rmpl .rmpl-{kind}/2,.*install") as caught:
        read(path)
    assert str(caught.value).startswith(f"{where}: ")
    assert "\n" not in str(caught.value)


def test_a_table_of_a_newer_version_is_refused(old: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_documents(read_documents(OLD / "documents.jsonl"), old / "again.parquet")
    table = parquet.read_table(old / "again.parquet")
    assert table.schema.metadata[b"format"] == b"rmpl-documents/1"
    parquet.write_table(
        table.replace_schema_metadata({"format": "rmpl-documents/2"}), old / "newer.parquet"
    )
    with pytest.raises(RmplError, match=r"newer.parquet: written by a newer rmpl"):
        list(read_documents(old / "newer.parquet"))


def test_errors_to_be_plotted_may_not_be_newer(old: Path) -> None:
    command = ["score", str(OLD / "predictions.jsonl"), "--gold", str(OLD / "linked.jsonl")]
    done = CliRunner().invoke(app, [*command, "--errors-json", str(old / "e.json")])
    assert done.exit_code == 0, done.output
    errors = json.loads((old / "e.json").read_text())
    assert errors["format"] == "rmpl-errors/1"
    assert read_inputs([old / "e.json"]).types["e"]
    (old / "e.json").write_text(json.dumps(errors | {"format": "rmpl-errors/2"}))
    with pytest.raises(RmplError, match="newer rmpl"):
        read_inputs([old / "e.json"])


def test_today_s_files_name_their_format(old: Path) -> None:
    record_start(old / "run", {})
    run = json.loads((old / "run" / "run.json").read_text())
    assert next(iter(run.items())) == ("format", "rmpl-run/1")
    path = save(Calibration(), old / "run")
    assert json.loads(path.read_text())["format"] == "rmpl-calibration/1"
    ResultsFile(old / "new.jsonl", {"model": "m"}).close()
    about = json.loads((old / "new.jsonl.about.json").read_text())
    assert about == {"format": "rmpl-about/1", "model": "m"}
