"""``rmpl score`` and ``rmpl compare`` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rmpl.cli.commands import compare, score
from rmpl.errors import RmplError

app = typer.Typer(rich_markup_mode=None)
app.command("score")(score.command)
app.command("compare")(compare.command)


def event(name: str, start: int, role: str = "Victim") -> dict:
    return {
        "id": name,
        "sentence_id": "D_0",
        "event_type": "Life:Die",
        "trigger": {"start": start, "end": start + 1},
        "arguments": [{"role": role, "start": 0, "end": 1}],
    }


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    gold, predicted = tmp_path / "gold.jsonl", tmp_path / "predicted.jsonl"
    gold.write_text(json.dumps({"doc_id": "D", "text_events": [event("a", 1), event("b", 3)]}))
    found = [event("a", 1), event("c", 5), event("d", 5, "Vehicle")]
    predicted.write_text(json.dumps({"doc_id": "D", "text_events": found}))
    return str(predicted), str(gold)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_scores_are_printed_with_protocol_and_counts(files: tuple[str, str]) -> None:
    output = run("score", files[0], "--gold", files[1])
    head, first = output.splitlines()[-7:-5]
    assert head.split() == ["strict", "P", "R", "F1", "tp", "predicted", "gold"]
    assert first.split() == ["text_emi", "33.3", "50.0", "40.0", "1", "3", "2"]


def test_json_has_the_documented_shape(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    run("score", files[0], "--gold", files[1], "--protocol", "strict", "--protocol", "legacy",
        "--json", str(out))  # fmt: skip
    scores = json.loads(out.read_text())
    assert list(scores) == ["strict", "legacy"]
    assert list(scores["strict"]) == [
        "text_emi", "text_are", "image_emi", "image_are", "mm_emi", "mm_are",
    ]  # fmt: skip
    assert set(scores["legacy"]) - set(scores["strict"]) == {
        "mm_emi_restricted",
        "mm_are_restricted",
    }
    found = scores["strict"]["text_emi"]
    assert set(found) == {"tp", "n_pred", "n_gold", "p", "r", "f1"}
    assert (found["tp"], found["n_pred"], found["n_gold"]) == (1, 3, 2)
    assert found["p"] == pytest.approx(100 / 3, abs=1e-4)


def test_settings_that_were_not_predicted_are_absent(
    files: tuple[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "scores.json"
    run("score", files[0], "--gold", files[1], "--settings", "text", "--json", str(out))
    assert list(json.loads(out.read_text())["strict"]) == ["text_emi", "text_are"]


@pytest.mark.parametrize("given", [["text,image"], ["image", "text"], ["text, image", "text"]])
def test_settings_may_be_given_together_or_one_by_one(
    files: tuple[str, str], given: list[str]
) -> None:
    options = [part for name in given for part in ("--settings", name)]
    for output in (run("score", files[0], "--gold", files[1], *options),
                   run("compare", *files, "--gold", files[1], *options)):  # fmt: skip
        assert "text_emi" in output
        assert "image_are" in output
        assert "mm_emi" not in output


def test_the_page_has_the_errors_of_what_was_predicted(
    files: tuple[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "scores.html"
    options = ("--settings", "text", "--html", str(page))
    run("score", files[0], "--gold", files[1], *options)
    content = page.read_text(encoding="utf-8")
    assert 'id="errors-text_are"' in content
    assert 'id="errors-image_emi"' not in content
    assert 'id="errors-mm_emi"' not in content


def test_a_file_without_documents_is_a_mistake_and_no_score(
    files: tuple[str, str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n")
    for arguments in (
        ("score", str(empty), "--gold", files[1]),
        ("compare", files[0], str(empty), "--gold", files[1]),
        ("score", files[0], "--gold", str(empty)),
    ):
        with pytest.raises(RmplError, match=r"empty\.jsonl: no (gold )?document"):
            run(*arguments)


def test_warnings_are_listed_once_on_standard_error(files: tuple[str, str]) -> None:
    result = CliRunner().invoke(app, ["score", files[0], "--gold", files[1]])
    role = "text role not in the schema of its event type (first: D, event d: Vehicle of Life"
    assert f"warning: 1 x {role}:Die)" in result.stderr
    assert "warning: 1 x repeated text mention" in result.stderr
    assert "warning" not in result.stdout


def test_gold_documents_that_nobody_answered_are_named(
    files: tuple[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"doc_id": "E"}\n')
    result = CliRunner().invoke(app, ["score", str(other), "--gold", files[1]])
    assert "warning: 1 x gold document without a prediction line" in result.stderr
    assert "(first: D)" in result.stderr
    result = CliRunner().invoke(app, ["compare", files[0], str(other), "--gold", files[1]])
    assert result.stderr.count("gold document without a prediction line") == 1


def test_what_uses_the_gold_is_marked_everywhere(files: tuple[str, str], tmp_path: Path) -> None:
    out, page = tmp_path / "scores.json", tmp_path / "scores.html"
    output = run("score", files[0], "--gold", files[1], "--protocol", "gold-triggers",
                 "--json", str(out), "--html", str(page))  # fmt: skip
    assert "!! GOLD GIVEN" in output
    assert json.loads(out.read_text())["gold-triggers"]["text_emi"]["gold_given"] is True
    assert "GOLD GIVEN" in page.read_text(encoding="utf-8")


def test_intervals_and_errors_are_there_when_asked_for(
    files: tuple[str, str], tmp_path: Path
) -> None:
    scores, errors = tmp_path / "scores.json", tmp_path / "errors.json"
    output = run("score", files[0], "--gold", files[1], "--intervals", "--errors",
                 "--json", str(scores), "--errors-json", str(errors))  # fmt: skip
    assert "F1 95%" in output
    assert "errors, text_emi" in output
    assert json.loads(scores.read_text())["strict"]["text_emi"]["f1_ci"] == [40.0, 40.0]
    categories = json.loads(errors.read_text())["errors"]["text_emi"]["categories"]
    assert categories == {
        "spurious": {"predicted": 2, "gold": 0},
        "missed": {"predicted": 0, "gold": 1},
    }


def test_protocols_are_listed_without_files() -> None:
    output = run("score", "--list-protocols")
    assert "pairs-given-either  !! GOLD GIVEN" in output
    assert "grants: nothing" in output


def test_files_are_asked_for() -> None:
    with pytest.raises(RmplError, match="prediction file and --gold are needed"):
        run("score")


@pytest.fixture
def runs(files: tuple[str, str], tmp_path: Path) -> list[Path]:
    found = []
    for name in ("first/run", "second/run", "small"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "predictions.jsonl").write_bytes(Path(files[0]).read_bytes())
        found.append(folder)
    return found


def test_a_run_folder_stands_for_its_predictions(files: tuple[str, str], runs: list[Path]) -> None:
    of_file, of_run = (run("score", str(one), "--gold", files[1]) for one in (files[0], runs[0]))
    assert of_run == of_file


def test_a_folder_without_predictions_is_named(files: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=f"{tmp_path}: no predictions.jsonl in this folder"):
        run("score", str(tmp_path), "--gold", files[1])


@pytest.mark.parametrize(
    ("first", "second", "columns"),
    [
        (0, 2, ["run", "small"]),
        (0, 1, ["first/run", "second/run"]),
        (2, "small/predictions.jsonl", ["1: small", "2: small"]),
        ("predicted.jsonl", 2, ["predicted.jsonl", "small"]),
    ],
)
def test_a_comparison_names_its_columns_by_run(
    files: tuple[str, str],
    runs: list[Path],
    tmp_path: Path,
    first: int | str,
    second: int | str,
    columns: list[str],
) -> None:
    given = [str(runs[one] if isinstance(one, int) else tmp_path / one) for one in (first, second)]
    head = run("compare", *given, "--gold", files[1], "--resamples", "5").splitlines()
    title = next(line for line in head if line.startswith("strict, F1"))
    assert title.split("difference")[0].split()[2:] == " ".join(columns).split()


def test_runs_of_different_schemas_are_not_compared_by_one_of_them(
    files: tuple[str, str], runs: list[Path]
) -> None:
    for folder, name in zip(runs, ("one", "other"), strict=False):
        event = "{description: a death, text: [Victim], image: []}"
        (folder / "schema.yaml").write_text(f"name: {name}\nevents:\n  'Life:Die': {event}\n")
        tiny = Path(__file__).parents[2] / "recipes" / "tiny.yaml"
        (folder / "recipe.yaml").write_bytes(tiny.read_bytes())
    with pytest.raises(RmplError, match="runs of different schemas"):
        run("compare", str(runs[0]), str(runs[1]), "--gold", files[1])
    output = run("compare", *map(str, runs[:2]), "--gold", files[1], "--schema", "m2e2")
    assert "first/run" in output


def test_a_comparison_names_both_and_corrects(files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "difference.json"
    output = run("compare", files[0], files[1], "--gold", files[1], "--json", str(out))
    assert "predicted.jsonl" in output
    assert "p (Holm)" in output
    found = json.loads(out.read_text())["strict"]["text_emi"]
    assert found["difference"] == pytest.approx(-60.0)
    assert found["p_holm"] >= found["p_value"]
