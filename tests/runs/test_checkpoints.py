"""Checkpoints whose files are damaged later."""

import json

import pytest

from rmpl.errors import RmplError
from rmpl.runs.checkpoints import MANIFEST, copy_weights, last_checkpoint, seal

FILES = ("adapter_model.safetensors", "optimizer.pt", "trainer_state.json", MANIFEST)


@pytest.fixture
def stage(tmp_path):
    for step in (2, 4):
        written = tmp_path / "unfinished" / f"checkpoint-{step}"
        written.mkdir(parents=True)
        for name in FILES[:-1]:
            (written / name).write_bytes(f"{name} of step {step}".encode() * 9)
        seal(written, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_passes_a_checkpoint_over_for_the_one_before(stage, name):
    assert last_checkpoint(stage).name == "checkpoint-4"
    path = stage / "checkpoint-4" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    notes = []
    assert last_checkpoint(stage, notes.append).name == "checkpoint-2"
    assert len(notes) == 1
    assert "checkpoint-4: ignored" in notes[0]
    with pytest.raises(RmplError, match="the selected checkpoint is damaged"):
        copy_weights(stage / "checkpoint-4", stage / "model")
    assert not (stage / "model").exists()


def test_the_list_of_sizes_that_version_0_1_wrote_is_read(stage):
    newest = stage / "checkpoint-4"
    sizes = {name: (newest / name).stat().st_size for name in FILES[:-1]}
    (newest / MANIFEST).write_text(json.dumps(sizes))
    assert last_checkpoint(stage) == newest
    (newest / "optimizer.pt").write_bytes(b"short")
    assert last_checkpoint(stage).name == "checkpoint-2"
