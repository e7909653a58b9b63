"""``rmpl baseline lexicon``: training corpora of a recipe, predictions, scores."""

import json

from typer.testing import CliRunner

from rmpl.cli.main import app
from rmpl.predictions.file import read_predictions
from rmpl.predictions.lexicon import read_lexicon

RECIPE = """
name: words
backbone: {model: none}
corpora:
  ace: {reader: jmee, path: ace, split: train}
  posts: {reader: mnre, path: mnre, split: train}
  every: {reader: jmee, path: nowhere, types: all}
stages:
  - {name: stage2, steps: 1, mixture: [{task: text-emi, corpora: [ace]}]}
"""


def test_a_lexicon_is_learnt_and_scored(small_world, tmp_path):
    (tmp_path / "words.yaml").write_text(RECIPE)
    line = ["baseline", "lexicon", "--examples", tmp_path / "words.yaml", "--examples-data"]
    line += [small_world, "--data", small_world / "m2e2", "--out", tmp_path / "out"]
    done = CliRunner().invoke(app, [str(word) for word in line], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    about = json.loads((tmp_path / "out" / "baseline.json").read_text())
    lexicon = read_lexicon(tmp_path / "out" / "lexicon.json")
    assert about["words"] == len(lexicon.words) > 0
    assert about["scores"]["text_emi"]["tp"] > 0
    # Neither posts, which have no events, nor corpora with other types.
    sentences = json.loads((small_world / "ace" / "train.json").read_text())
    assert about["documents"] + about["left_out"] == len(sentences)
    assert set(about["scores"]) == {"text_emi", "text_are"}
    found = list(read_predictions(tmp_path / "out" / "predictions.jsonl"))
    count = sum(len(one.text_events) for one in found)
    assert count == about["scores"]["text_emi"]["n_pred"]
    assert "text_emi" in done.output
    # What it never asked about is not run, which is no score of 0.
    gold = ["--gold", str(small_world / "m2e2")]
    scored = CliRunner().invoke(app, ["score", str(tmp_path / "out" / "predictions.jsonl"), *gold])
    assert "image_emi  not run" in scored.output


def test_a_recipe_without_text_events_is_refused(small_world, tmp_path):
    recipe = RECIPE.replace("  ace: {reader: jmee, path: ace, split: train}\n", "")
    (tmp_path / "words.yaml").write_text(recipe.replace("[ace]", "[posts]"))
    line = ["baseline", "lexicon", "--examples", tmp_path / "words.yaml", "--examples-data"]
    line += [small_world, "--data", small_world / "m2e2", "--out", tmp_path / "out"]
    done = CliRunner().invoke(app, [str(word) for word in line])
    assert done.exit_code == 2
    assert "no corpus with text events of its schema's types; name a recipe" in done.output


def test_types_that_a_corpus_may_keep(tmp_path):
    done = CliRunner().invoke(app, ["check", "rams", str(tmp_path), "--types", "some"])
    assert done.exit_code == 2
    assert "rmpl: --types some is unknown; use mapped or all" in done.output
