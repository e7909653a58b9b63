"""docs/extending.md as it is written: a package of one's own is made of its blocks and used."""

import json
import sys
import tomllib

import pytest
from typer.testing import CliRunner

from docs.pages import ROOT, blocks
from rmpl import plugins
from rmpl.cli.main import app
from rmpl.corpora.registry import CORPORA, find_corpus, read_corpus
from rmpl.errors import RmplError
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import Recipe
from rmpl.tasks import Context, make_task
from rmpl.tasks.boxes import RelativeBoxes

PAGE = ROOT / "docs" / "extending.md"
HEADLINES = [
    {"id": "h1", "words": ["Troops", "attacked", "Lima"], "attack": 1},
    {"id": "h2", "words": ["Rain", "in", "Lima"], "attack": None},
    {"id": "h3"},
]


def install(folder, name, groups, monkeypatch):
    """Do what pip does to make a package of a folder known, without pip: write its metadata."""
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, entries in groups.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(folder)


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Let the metadata of packages be read anew, before and after."""
    plugins._declared.cache_clear()
    yield
    plugins._declared.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_events"]:
        del sys.modules[name]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package of the page, installed."""
    for block in blocks(PAGE):
        name = block.code.splitlines()[0].removeprefix("# ")
        if name.startswith("my_events/"):
            path = tmp_path / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code)
    (text,) = (one.code for one in blocks(PAGE) if one.code.startswith("[project]"))
    project = tomllib.loads(text)["project"]
    install(tmp_path / "site", project["name"], project["entry-points"], monkeypatch)
    return tmp_path


@pytest.fixture
def headlines(tmp_path):
    folder = tmp_path / "headlines"
    folder.mkdir()
    lines = "\n".join(map(json.dumps, HEADLINES))
    (folder / "train.jsonl").write_text(lines)
    return folder


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_its_corpus_is_checked_and_says_its_terms(package, headlines):
    result = run("check", "headlines", headlines)
    assert "Conflict:Attack" in result.output
    assert "train: left out: 1 x headline without an event" in result.output
    assert "train: left out: 1 x not a headline ('words')" in result.output
    assert find_corpus("headlines").terms == "Headlines: CC BY 4.0"
    with pytest.raises(RmplError, match=r"none of 'test\.jsonl' found"):
        list(read_corpus("headlines", headlines, split="test"))


def test_a_recipe_mixes_its_task_and_its_corpus(package, small_world):
    from rmpl.training.data.training_data import Corpus, TrainingData

    mixture = [{"task": "brief-caption", "corpora": ["swig"]}]
    recipe = Recipe.model_validate(
        {
            "name": "mine",
            "corpora": {"swig": {"reader": "swig", "path": "swig"}},
            "stages": [{"name": "one", "steps": 1, "mixture": mixture}],
        }
    )
    (source,) = recipe.stages[0].mixture
    data = TrainingData({"swig": Corpus("swig", small_world / "swig")})
    context = Context(load_ontology("m2e2"), RelativeBoxes(1000))
    samples = data.samples(source, context)
    assert samples[0].task == "brief-caption"
    assert samples[0].prompt.text.startswith("Say in at most five words")
    shipped = source.model_copy(update={"task": "caption"})
    assert len(samples) == len(data.samples(shipped, context)) > 0


def test_its_family_is_found(package):
    from rmpl.backbones.families import family_of

    assert family_of("my_vl", "here").name == "My-VL"


def test_its_protocol_scores_and_is_listed(package, tmp_path):
    def line(start):
        event = {"id": "e", "sentence_id": "s", "event_type": "Life:Die", "arguments": []}
        return json.dumps(
            {
                "doc_id": "D",
                "text_events": [event | {"trigger": {"start": start, "end": start + 1}}],
            }
        )

    (tmp_path / "gold.jsonl").write_text(line(1))
    (tmp_path / "found.jsonl").write_text(line(2))
    words = ["--protocol", "strict", "--protocol", "types-only"]
    result = run("score", tmp_path / "found.jsonl", "--gold", tmp_path / "gold.jsonl", *words)
    shown = {line.split()[0]: line.split() for line in result.output.splitlines()}
    assert result.exit_code == 0, result.output
    assert shown["text_emi"][3] == "100.0"
    assert (
        "types-only\n    grants: triggers need not match" in run("score", "--list-protocols").output
    )


def test_a_name_nearly_right_is_suggested(package, headlines):
    result = run("check", "headline", headlines)
    assert result.exit_code == 2
    assert "no corpus named 'headline'; did you mean headlines? known: m2e2, " in result.output
    with pytest.raises(RmplError, match="did you mean brief-caption"):
        make_task("brief-captions", None)


def test_a_broken_package_is_one_line_that_names_it_when_it_is_asked_for(tmp_path, monkeypatch):
    broken = {
        "rmpl.protocols": {"gone": "my_nothing:X", "strange": "json:dumps"},
        "rmpl.corpora": {"news": "my_nothing:X"},
    }
    install(tmp_path, "my-broken", broken, monkeypatch)
    assert find_corpus("swig") is CORPORA["swig"]
    with pytest.raises(
        RmplError, match=r"^plug-in my-broken: its corpus news cannot be loaded \(Mod"
    ):
        find_corpus("news")
    listed = run("score", "--list-protocols").output
    assert "strict\n" in listed
    assert "plug-in my-broken: its protocol gone cannot be loaded" in listed
    assert "its protocol strange (json:dumps) is a function, not a rmpl.scoring" in listed


def test_a_shipped_name_stays_ours_and_the_package_is_named(tmp_path, monkeypatch):
    install(tmp_path, "my-swig", {"rmpl.corpora": {"swig": "my_nothing:X"}}, monkeypatch)
    with pytest.warns(
        plugins.PluginWarning,
        match="plug-in my-swig: its corpus swig is ignored",
    ):
        assert find_corpus("swig") is CORPORA["swig"]
    with pytest.raises(RmplError, match="no corpus named"):
        find_corpus("swiig")


def test_two_packages_with_one_name_are_named(tmp_path, monkeypatch):
    for name in ("one", "two"):
        install(tmp_path / name, name, {"rmpl.corpora": {"news": "json:dumps"}}, monkeypatch)
    with pytest.raises(RmplError, match="one, two declare the same corpus news"):
        find_corpus("news")
