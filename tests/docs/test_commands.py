"""Every command that README and docs show exists and parses, and says whether it is run."""

import math
import re
import shlex

import pytest
import typer

from docs.pages import PAGES, ROOT, blocks
from rmpl.cli.main import app

RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
LAUNCHERS = re.compile(r"^(?:torchrun .*--no-python |accelerate launch .*-m )(?=rmpl)")


def shown(path):
    """Yield every `rmpl ...` command of a page or of a recipe's header, continued lines joined."""
    text = path.read_text()
    if path.suffix == ".yaml":
        found = [line.removeprefix("#").strip() for line in text.splitlines() if line[:1] == "#"]
    else:
        code = "\n".join(block.code for block in blocks(path))
        joined = re.sub(r"\\\n\s*|\n\s+(?=--)", " ", code)
        inline = [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", text)]
        found = [line.strip() for line in joined.splitlines()] + inline
    for line in found:
        for part in re.split(r" && | \| ", line):
            command = LAUNCHERS.sub("", part).replace("rmpl.cli.main ", "rmpl ", 1)
            # A command, not a package (rmpl[train]), a module (rmpl.json) or prose.
            if re.match(r"rmpl [a-z-]", command):
                yield command


COMMANDS = sorted({(str(p.relative_to(ROOT)), c) for p in [*PAGES, *RECIPES] for c in shown(p)})


class UnknownError(Exception):
    """A command, an option or an argument that the command line does not have."""


def check(command):
    """See that the command line knows a command with all its options, without running it."""
    words = shlex.split(command, comments=True)[1:]
    words = words[: words.index(">")] if ">" in words else words
    here = typer.main.get_command(app)
    while words and hasattr(here, "commands") and not words[0].startswith("-"):
        if words[0] not in here.commands:
            raise UnknownError(f"no command {words[0]}")
        here = here.commands[words.pop(0)]
    options = {o: p for p in here.params for o in (*p.opts, *p.secondary_opts) if o[:1] == "-"}
    places = [param.nargs for param in here.params if param.param_type_name == "argument"]
    arguments = math.inf if -1 in places else len(places)
    rest = [word for word in words if word not in {"...", "…"}]
    while rest:
        name, has_value, _ = rest.pop(0).partition("=")
        if not name.startswith("--"):
            arguments -= 1
            if arguments < 0:
                raise UnknownError(f"one argument too many: {name}")
        elif name != "--help" and name not in options:
            raise UnknownError(f"no option {name}")
        elif name != "--help" and not options[name].is_flag and not has_value and rest:
            rest.pop(0)


def test_commands_are_found_everywhere():
    pages = {page for page, _ in COMMANDS}
    assert {"README.md", "docs/scoring.md", "docs/backbones.md", "recipes/tiny.yaml"} <= pages
    assert len(COMMANDS) > 60


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_that_is_shown_exists(page, command):
    try:
        check(command)
    except UnknownError as error:
        pytest.fail(f"{page}: {command}: {error}")


@pytest.mark.parametrize("wrong", ["rmpl trian X", "rmpl train X --sett a=1", "rmpl check a b c"])
def test_a_command_that_does_not_exist_would_be_noticed(wrong):
    with pytest.raises(UnknownError):
        check(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_and_targets_that_are_named_exist(page):
    text = page.read_text()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([\w-]+)", text, re.MULTILINE)) <= targets
    named = re.findall(r"\b((?:recipes|benchmarks|tests|src)/[\w/.-]+\.(?:yaml|py|json))\b", text)
    missing = {name for name in named if not (ROOT / name).is_file()}
    assert missing <= {"src/rmpl/backbones/families/newmodel.py"}  # what a reader is told to write


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_commands_says_whether_a_test_runs_it(page):
    for block in blocks(page):
        if block.is_marked_or_must_be:
            assert block.is_run or block.why_not, f"line {block.line}: {block.code}"
        tests = re.findall(r"tests/[\w/.]+\.py", block.why_not)
        assert all((ROOT / name).is_file() for name in tests), block.why_not
