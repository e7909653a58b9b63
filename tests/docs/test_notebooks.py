"""The notebooks of the documentation: their cells run, in order, with a small model."""

import json

import pytest

from docs.pages import ROOT

pytest.importorskip("torch", reason="needs rmpl[train]")
pytest.importorskip("nupunkt")
pytest.importorskip("pandas", reason="the notebooks show data frames")

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
SMALL = {
    "STEPS = 30": "STEPS = 1",
    '"batch": 8': '"batch": 2',
    'MODEL = "real-text"': 'MODEL = "TWIN"',
}
"""What stands in the places of a reader's model and time."""


def code(path):
    """Return the code cells of a notebook."""
    cells = json.loads(path.read_text())["cells"]
    return [one for one in cells if one["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_cells_run_in_order(path, twin, tmp_path, monkeypatch, brief_answers):
    monkeypatch.chdir(tmp_path)
    names, replaced = {}, 0
    for cell in code(path):
        source = "".join(cell["source"])
        for shown, small in SMALL.items():
            replaced += shown in source
            source = source.replace(shown, small.replace("TWIN", str(twin)))
        *body, last = source.split("\n")
        exec(compile(source, f"{path.name}:{cell['id']}", "exec"), names)  # noqa: S102 - our own
        if body and last.isidentifier():  # what a notebook shows below a cell
            names[last]._repr_html_()
    assert replaced
    assert list(tmp_path.iterdir())  # it writes beside itself


def test_there_are_two_and_none_holds_outputs():
    assert len(NOTEBOOKS) == 2
    for path in NOTEBOOKS:
        assert path.stat().st_size < 20_000
        for cell in code(path):
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
