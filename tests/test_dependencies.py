"""What src imports is declared where it is needed, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

# Which extras bring what a place imports: one of them is enough, as either is a way to use it.
# The longest path that fits counts; a place that is not here has the base install alone.
PLACES = {
    "app": ["serve"],
    "backbones": ["train"],
    "cli/commands/stats.py": ["train"],
    "embedded": ["train"],
    "experiments": ["train"],
    "experiments/plots.py": ["plot"],
    "extraction": ["train"],
    "extraction/engines/server": ["server"],
    "extraction/ray": ["ray"],
    "inputs/layout.py": ["extract"],
    "inputs/pdf.py": ["pdf"],
    "io/parquet.py": ["parquet"],
    "io/segmentation.py": ["ace", "extract"],
    "predictions/workbooks.py": ["excel"],
    "runs": ["train"],
    "training": ["train"],
}

# Declared, but imported by a library in our place, or only looked for.
NOT_IMPORTED = {"bitsandbytes", "gguf", "tensorboard"}
# Not what rmpl runs on.
TOOLS = {"test", "dev", "docs"}
DISTRIBUTION = {"PIL": "pillow", "yaml": "pyyaml", "huggingface_hub": "huggingface-hub"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(extra: str | None) -> Iterator[Requirement]:
    """Yield what an extra, or the base install, asks for, by way of other extras too."""
    for line in PROJECT["dependencies"] if extra is None else EXTRAS[extra]:
        requirement = Requirement(line)
        if requirement.name == PROJECT["name"]:
            for other in requirement.extras:
                yield from declared(other)
        else:
            yield requirement


def names(extra: str | None) -> set[str]:
    return {normal(requirement.name) for requirement in declared(extra)}


def imported(path: Path) -> Iterator[str]:
    """Yield the distributions that a file imports, inside functions and for types too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
        for top in {module.partition(".")[0] for module in modules}:
            if top not in sys.stdlib_module_names and top != "rmpl":
                yield DISTRIBUTION.get(top, normal(top))


def extras_of(place: str) -> list[str]:
    fitting = [p for p in PLACES if place == p or place.startswith(f"{p}/")]
    return PLACES[max(fitting, key=len)] if fitting else []


FILES = {
    path.relative_to(ROOT / "src/rmpl").as_posix(): sorted(set(imported(path)))
    for path in sorted((ROOT / "src/rmpl").rglob("*.py"))
}


def test_every_import_is_declared_where_it_is_needed() -> None:
    missing = [
        f"{place} imports {name}: not in {' or '.join(extras_of(place)) or 'the base install'}"
        for place, found in FILES.items()
        for name in found
        if name not in names(None) and not any(name in names(e) for e in extras_of(place))
    ]
    assert missing == []


def test_everything_declared_is_imported() -> None:
    every = {name for found in FILES.values() for name in found}
    runtime = names(None).union(*(names(extra) for extra in EXTRAS if extra not in TOOLS))
    assert runtime - every == NOT_IMPORTED


def test_places_with_extras_are_there_and_need_them() -> None:
    for place in PLACES:
        inside = [file for file in FILES if file == place or file.startswith(f"{place}/")]
        assert any(set(FILES[file]) - names(None) for file in inside), place


@pytest.mark.parametrize("extra", [None, *sorted(EXTRAS)])
def test_every_bound_is_met_by_what_the_tests_run_with(extra: str | None) -> None:
    for requirement in declared(extra):
        assert requirement.specifier or requirement.extras, f"{requirement}: no lower bound"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            continue  # extras need not be installed
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_the_lowest_versions_are_those_of_every_bound() -> None:
    extras = [extra for extra in EXTRAS if extra not in TOOLS]
    script = [sys.executable, str(ROOT / "scripts" / "lowest_versions.py"), *extras]
    printed = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    pins = {Requirement(line) for line in printed.splitlines()}
    every = [one for extra in (None, *extras) for one in declared(extra)]
    assert {normal(pin.name) for pin in pins} == {normal(one.name) for one in every}
    for pin in pins:
        (version,) = (one.version for one in pin.specifier)
        bounds = [one for one in every if one.name == pin.name]
        assert all(one.specifier.contains(version) for one in bounds), pin


def test_an_extra_of_the_release_before_can_still_be_asked_for() -> None:
    assert EXTRAS["guard"] == []
