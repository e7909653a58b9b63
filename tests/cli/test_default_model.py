"""Which model a command uses without --model, and what it says of it."""

import pytest

from rmpl.cli.default_model import DEMO, default_model, default_models
from rmpl.errors import RmplError
from rmpl.runs import shipped


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Stand in for a machine with or without the base model and the demo's run."""
    monkeypatch.chdir(tmp_path)

    def make(*, base: bool, demo: bool):
        monkeypatch.setattr(shipped, "is_ready", lambda: base)
        if demo:
            (tmp_path / DEMO).mkdir(parents=True)

    return make


def test_the_packages_own_run_is_preferred(machine, capsys):
    machine(base=True, demo=True)
    assert default_model() == "real-text"
    assert capsys.readouterr().err == "no --model: using real-text, which reads text only\n"
    assert default_models() == ["real-text", str(DEMO)]
    assert "synthetic corpus" in capsys.readouterr().err


def test_without_its_base_the_way_to_it_is_said_and_the_demo_is_used(machine, capsys):
    machine(base=False, demo=True)
    assert default_model() == str(DEMO)
    said = capsys.readouterr().err
    assert "rmpl models get smollm2-135m" in said
    assert "its output on real text and photographs is useless" in said


def test_with_neither_it_is_one_line(machine):
    machine(base=False, demo=False)
    for choose in (default_model, default_models):
        with pytest.raises(RmplError, match="none on this machine; rmpl models get smollm2-135m"):
            choose()
