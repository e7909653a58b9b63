import pickle

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rmpl.errors import RmplError
from rmpl.runs.weights import add_metadata, is_pickled, read_metadata


def test_a_file_says_more_of_itself_and_keeps_its_tensors(tmp_path):
    path = tmp_path / "adapter_model.safetensors"
    tensors = {"a": torch.randn(3, 5), "b": torch.arange(7, dtype=torch.bfloat16)}
    save_file(tensors, path, metadata={"format": "pt"})
    add_metadata(path, {"rmpl": "1", "recipe": "naïve “x”"})
    add_metadata(path, {"rmpl": "2"})
    assert read_metadata(path) == {"format": "pt", "rmpl": "2", "recipe": "naïve “x”"}
    with safe_open(path, "pt") as file:
        assert file.metadata()["recipe"] == "naïve “x”"
    again = load_file(path)
    assert all(torch.equal(tensors[name], again[name]) for name in tensors)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_saying_the_same_again_leaves_the_file_alone(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(2)}, path, metadata={"format": "pt"})
    add_metadata(path, {"rmpl": "1"})
    before = path.stat().st_mtime_ns
    add_metadata(path, {"rmpl": "1"})
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, b"\x02\0\0\0\0\0\0\0[]"])
def test_what_is_no_safetensors_file_is_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(RmplError, match="no safetensors file"):
        add_metadata(path, {"rmpl": "1"})


def test_pickles_are_known_by_name_and_by_what_they_hold(tmp_path):
    (tmp_path / "innocent.json").write_bytes(pickle.dumps({"a": 1}))
    torch.save({"a": 1}, tmp_path / "innocent.safetensors")
    (tmp_path / "model.bin").write_text("words")
    (tmp_path / "config.json").write_text("{}")
    save_file({"a": torch.zeros(2)}, tmp_path / "model.safetensors")
    assert {path.name for path in tmp_path.iterdir() if is_pickled(path)} == {
        "innocent.json",
        "innocent.safetensors",
        "model.bin",
    }
