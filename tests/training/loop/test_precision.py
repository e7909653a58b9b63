import pytest

from rmpl.backbones import precision as measuring
from rmpl.runs.folder import StageFolder
from rmpl.training.loop import precision


@pytest.mark.parametrize("known", ["bf16", "fp32"])
def test_a_training_that_goes_on_keeps_the_precision_it_began_with(monkeypatch, tmp_path, known):
    monkeypatch.setattr(measuring, "_seconds", lambda _: pytest.fail("measured"))
    StageFolder(tmp_path).precision.write_text(known)
    with precision.settled(tmp_path):
        assert measuring.bf16_works() is (known == "bf16")


@pytest.mark.parametrize(("works", "written"), [(True, "bf16"), (False, "fp32")])
def test_what_was_measured_first_is_noted_in_the_run(tmp_path, works, written):
    with measuring.fixed(works), precision.settled(tmp_path):
        assert StageFolder(tmp_path).precision.read_text() == written
