"""The documentation as a site: every link, every anchor, every module that the API pages name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", folder]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built_and_can_be_reached(site):
    pages = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    home = (site / "index.html").read_text()
    for page in pages - {Path("index.md")}:
        assert (site / page.with_suffix(".html")).is_file()
        assert f'href="{page.with_suffix(".html")}"' in home


def test_the_api_is_made_of_docstrings(site):
    page = (site / "api" / "recipe.html").read_text()
    assert 'id="rmpl.recipe.recipe.load_recipe"' in page
    assert "for a missing or malformed file" in re.sub(r"\s+", " ", page).lower()


def test_nothing_is_fetched_from_elsewhere(site):
    home = (site / "index.html").read_text()
    fetched = re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"', home)
    assert fetched == []
