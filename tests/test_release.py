"""What a release says of itself agrees wherever it is said."""

import re
import tomllib
from pathlib import Path

import yaml

import rmpl

ROOT = Path(__file__).parents[1]


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = next(x for x in (ROOT / "CHANGELOG.md").read_text().splitlines() if x[:3] == "## ")
    assert rmpl.__version__ == project["version"] == citation["version"] == newest.split()[1]
    assert citation["license"] == project["license"]


def test_issue_forms_ask_for_something():
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) > 2
    for form in forms:
        tree = yaml.safe_load(form.read_text())
        if form.stem == "config":
            continue
        assert tree["name"]
        assert tree["description"]
        ids = [part["id"] for part in tree["body"]]
        assert len(set(ids)) == len(ids)
        assert all(part["attributes"]["label"] for part in tree["body"])


def test_workflows_run_what_the_makefile_has():
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    ran = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        tree = yaml.safe_load(path.read_text())
        assert tree["permissions"] == {"contents": "read"}
        for job in tree["jobs"].values():
            assert "timeout-minutes" in job
            lines = [step["run"] for step in job["steps"] if "run" in step]
            ran |= {line.removeprefix("make ") for line in lines}
    assert ran == {"quick", "quick-lowest", "test", "demo", "docs", "release-check"}
    assert ran <= set(targets)
