"""Recipes and inventories are data: no tag makes an object, no alias a flood."""

from __future__ import annotations

import pytest

from rmpl.errors import RmplError
from rmpl.ontology import load_ontology
from rmpl.recipe.recipe import load_recipe

TAGS = (
    "!!python/object/apply:os.mkdir [{}]",
    "!!python/object/new:os.mkdir [{}]",
    "!!python/name:os.system",
    "!!python/module:antigravity",
    "name: !!python/object/apply:os.mkdir [{}]",
)
# Every line has the one before ten times: a billion in the end.
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)
HEAD = "name: x\nbackbone: {model: embedded}\n"
OTHERS = (
    BOMB,
    BOMB + HEAD + "corpora: *a9\n",
    BOMB + HEAD + "stages: *a9\n",
    "a: &a [*a]\n",
    "[" * 3000,
    "a: " * 3000,
)


@pytest.mark.parametrize("load", [load_recipe, load_ontology])
@pytest.mark.parametrize("text", [*TAGS, *OTHERS], ids=lambda text: text[:24].strip())
def test_a_tag_makes_nothing_and_a_bomb_is_one_line(tmp_path, load, text):
    path = tmp_path / "file.yaml"
    path.write_text(text.replace("{}", str(tmp_path / "made")))
    with pytest.raises(RmplError) as refused:
        load(path if load is load_recipe else str(path))
    assert len(str(refused.value)) < 5000
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("load", [load_recipe, load_ontology])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nseed: 1\nname: y\n", "'name' is given twice"),
        ("name: x\nstages:\n- {steps: 1, batch: 2, steps: 3}\n", "'steps' is given twice"),
        ('name: "\\ud800"\n', "(?i)invalid (unicode )?character"),
    ],
)
def test_what_a_parser_would_drop_or_no_file_can_hold_is_one_line(tmp_path, load, text, said):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(RmplError, match=said) as refused:
        load(path)
    assert "file.yaml" in str(refused.value)
    assert "line" in str(refused.value)


@pytest.mark.parametrize("load", [load_recipe, load_ontology])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: " + "[" * 101 + "]" * 101, "nested more than 100 deep"),
        ("name: &a {b: [*a]}", "nested more than 100 deep"),
        (BOMB, "more than 1,000,000 values, as anchors repeat each other"),
    ],
)
def test_depth_and_size_are_bounded(tmp_path, load, text, said):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(RmplError, match=said):
        load(path)


def test_a_merged_key_may_be_given_again(tmp_path):
    path = tmp_path / "file.yaml"
    path.write_text("a: &a {text: [Agent], image: [], description: x}\nb: {<<: *a, text: []}\n")
    with pytest.raises(RmplError, match=r"not a schema .*unknown field"):
        load_ontology(path)


@pytest.mark.parametrize("text", TAGS)
def test_a_change_on_the_command_line_makes_nothing_either(tmp_path, text):
    made = tmp_path / "made"
    base = tmp_path / "file.yaml"
    base.write_text("name: x\n")
    with pytest.raises(RmplError):
        load_recipe(base, [f"name={text.replace('{}', str(made))}"])
    assert not made.exists()
