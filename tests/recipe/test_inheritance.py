import pytest

from rmpl.errors import RmplError
from rmpl.recipe.inheritance import read_tree

BASE = """
name: base
seed: 1
backbone: {model: embedded, style: brief}
stages:
  - name: one
    mixture:
      - {task: text-events, corpora: [ace], weight: 3}
      - {task: relations, corpora: [mnre]}
    steps: 5
  - {name: two, start: one, mixture: [{task: text-emi, corpora: [ace]}], steps: 7}
"""


@pytest.fixture
def recipes(tmp_path):
    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return tmp_path

    write(base=BASE)
    return write


def test_a_recipe_says_only_what_differs(recipes):
    folder = recipes(
        child="""
extends: base.yaml
name: child
backbone: {style: full}
stages:
  one: {steps: 9, mixture: {text-events: {weight: 1}, relations: null}}
"""
    )
    base, child = (read_tree(folder / f"{name}.yaml") for name in ("base", "child"))
    assert child["backbone"] == {"model": "embedded", "style": "full"}
    first, second = child["stages"]
    assert first["mixture"] == [{"task": "text-events", "corpora": ["ace"], "weight": 1}]
    assert (first["steps"], child["name"], child["seed"]) == (9, "child", 1)
    assert second == base["stages"][1]
    assert "extends" not in child


def test_extending_goes_on_and_a_list_replaces_a_list(recipes):
    folder = recipes(
        child="extends: base.yaml\nstages:\n  one: null\n  two: {start: base}\n",
        grandchild="extends: child.yaml\nseed: 3\n",
        other="extends: base.yaml\nstages: [{name: three}]\n",
    )
    (stage,) = read_tree(folder / "grandchild.yaml")["stages"]
    assert (stage["name"], stage["start"]) == ("two", "base")
    assert read_tree(folder / "other.yaml")["stages"] == [{"name": "three"}]


def test_a_recipe_of_another_folder_is_found_from_where_it_is_named(recipes, monkeypatch):
    folder = recipes()
    (folder / "sub").mkdir()
    (folder / "sub" / "child.yaml").write_text("extends: ../base.yaml\n")
    monkeypatch.chdir("/")
    assert read_tree(folder / "sub" / "child.yaml")["name"] == "base"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: nowhere.yaml", r"nowhere\.yaml: no such recipe; it is named by .*child\.yaml"),
        ("extends: child.yaml", "extends itself"),
        ("extends: [base.yaml]", "extends is no file name"),
        ("extends: base.yaml\nstages: {three: {steps: 1}}", r"stages\.three: 0 items.*one, two"),
        ("extends: base.yaml\nstages: {one: {mixture: {sleep: null}}}", r"stages\.one\.mixture"),
        ("extends: base.yaml\nheld_out: null", "held_out: nothing of that name"),
    ],
)
def test_a_change_that_does_not_fit_is_named(recipes, text, said):
    with pytest.raises(RmplError, match=said):
        read_tree(recipes(child=text) / "child.yaml")
