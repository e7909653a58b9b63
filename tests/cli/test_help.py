"""The help: every command in a group, with an example that parses, in 80 columns."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from rmpl.cli.help import PANELS
from rmpl.cli.main import app

ROOT = typer.main.get_command(app)


def leaves(words, command):
    """Yield every command that can be run, with its words."""
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from leaves([*words, name], inner)
    if not hasattr(command, "commands"):
        yield words, command


COMMANDS = {" ".join(words): command for words, command in leaves([], ROOT)}


def help_of(*words):
    return CliRunner().invoke(app, [*words, "--help"], terminal_width=80).output


def test_all_commands_are_listed_under_what_one_wants():
    shown = help_of()
    places = [shown.index(f"\n{panel}:\n") for panel in PANELS]
    assert places == sorted(places)
    assert "\nCommands:\n" not in shown
    listed = {
        line.split()[0] for line in shown.splitlines() if line[:2] == "  " and line[2:3].strip()
    }
    assert {name.split()[0] for name in COMMANDS} <= listed


@pytest.mark.parametrize("name", [*COMMANDS, "", "baseline", "models"])
def test_help_fits_into_80_columns_and_nothing_is_cut_off(name):
    lines = help_of(*name.split()).splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if line.endswith("...") and "Usage:" not in line]


@pytest.mark.parametrize(("name", "command"), COMMANDS.items())
def test_help_begins_with_a_sentence_and_an_example_that_parses(name, command):
    _, sentence, example = help_of(*name.split()).split("\n\n")[:3]
    assert sentence.strip().endswith(".")
    assert sentence.count(".") == 1
    for line in example.splitlines():
        assert line.startswith(f"      rmpl {name}")
        words = shlex.split(line)[1 + len(name.split()) :]
        with command.make_context(name, words) as context:  # raises what parsing raises
            assert context.params is not None


def test_an_example_with_an_option_that_does_not_exist_would_be_noticed():
    with pytest.raises(Exception, match="--outt"):
        COMMANDS["train"].make_context("train", ["tiny.yaml", "--outt", "here"])


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("corpora", "m2e2 "),
        ("tasks", "text-emi "),
        ("schemas", "m2e2 "),
        ("protocols", "strict "),
        ("families", "qwen2_5_vl "),
        ("recipes", "recipes/tiny.yaml "),
    ],
)
def test_what_can_be_named_is_listed_with_a_line_about_it(kind, shown):
    lines = CliRunner().invoke(app, ["list", kind]).output.splitlines()
    assert any(line.startswith(shown) for line in lines)
    assert all(len(line.split("  ", 1)[1].split()) > 0 for line in lines)


def test_recipes_are_listed_alike_by_both_commands():
    listed, former = (
        CliRunner().invoke(app, words) for words in (["list", "recipes"], ["recipes"])
    )
    assert listed.output == former.output


def test_listed_families_are_those_that_are_known():
    from rmpl.backbones.families import REGISTRY, described_families

    assert list(described_families()) == REGISTRY.names()


def test_schemas_are_the_files_that_can_be_loaded():
    from rmpl.errors import RmplError
    from rmpl.ontology import load_ontology, packaged, schema_names

    for name in set(packaged()) - set(schema_names()):
        with pytest.raises(RmplError):
            load_ontology(name)
    assert [load_ontology(name).name for name in schema_names()] == schema_names()


def test_the_reference_says_what_the_commands_say():
    script = Path(__file__).parents[2] / "scripts" / "cli_page.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_listing_needs_no_torch():
    script = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from rmpl.cli.listings import LISTINGS\n"
        "print(sum(len(list(one())) for one in LISTINGS.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 60
