"""A run in a folder of its own, and adapters of a smaller rank."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from digests import without_digests
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.runs.export import export
from rmpl.runs.hub import pack
from rmpl.runs.ranks import reduced
from rmpl.runs.trained import load_trained
from rmpl.training.run import Run
from runs.test_hub import recipe


@pytest.fixture(scope="module")
def run(twin, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    Run(recipe(twin), folder, small_world).train()
    return folder


def products(folder) -> dict[str, torch.Tensor]:
    """Return what an adapter adds to each matrix."""
    config = json.loads((folder / "adapter_config.json").read_text())
    tensors = {n: t.double() for n, t in load_file(folder / "adapter_model.safetensors").items()}
    scale = config["lora_alpha"] / config["r"]
    return {
        name: scale * tensors[name.replace("lora_A", "lora_B")] @ tensors[name]
        for name in tensors
        if "lora_A" in name
    }


def test_an_exported_run_is_a_run_with_the_same_weights(run, tmp_path):
    found = export(run, tmp_path / "out")
    assert set(found.sizes) == {upload.name for upload in pack(run).uploads}
    one, other = load_trained(run), load_trained(tmp_path / "out")
    for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not any((tmp_path / "out").glob("*.jsonl"))


def make_adapter(folder, rank, **more):
    folder.mkdir()
    torch.manual_seed(0)
    # A matrix of rank 2 and a little of everything else.
    a, b = torch.randn(rank, 20), torch.randn(30, rank)
    a[2:] *= 1e-3
    tensors = {"x.lora_A.weight": a, "x.lora_B.weight": b, "norm.weight": torch.ones(3)}
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 3 * rank, **more}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_a_smaller_rank_keeps_the_largest_components(tmp_path):
    adapter = make_adapter(tmp_path / "a", 8)
    whole = products(adapter)["x.lora_A.weight"]
    for rank, kept in ((2, 0.9999), (1, 0.4)):
        found = reduced(adapter, rank)
        assert found.config["r"] == found.config["lora_alpha"] == rank
        a, b = found.tensors["x.lora_A.weight"], found.tensors["x.lora_B.weight"]
        assert (a.shape, b.shape) == ((rank, 20), (30, rank))
        u, values, v = torch.linalg.svd(whole, full_matrices=False)
        nearest = (u[:, :rank] * values[:rank]) @ v[:rank]
        assert torch.allclose((b @ a).double(), nearest, atol=1e-4)
        share = float(values[:rank].square().sum() / values.square().sum())
        assert found.kept == pytest.approx(share)
        assert found.kept > kept
        assert torch.equal(found.tensors["norm.weight"], torch.ones(3))


def test_a_rank_that_it_has_already_changes_nothing(tmp_path):
    adapter = make_adapter(tmp_path / "a", 4)
    found = reduced(adapter, 4)
    assert found.kept == 1.0
    assert found.config["lora_alpha"] == 12
    original = load_file(adapter / "adapter_model.safetensors")
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in original.items())


@pytest.mark.parametrize("more", [{"use_dora": True}, {"rank_pattern": {"x": 4}}])
def test_what_is_no_plain_lora_is_refused(tmp_path, more):
    adapter = make_adapter(tmp_path / "a", 8, **more)
    with pytest.raises(RmplError, match="cannot be reduced"):
        reduced(adapter, 2)


def test_the_command_reduces_and_says_so(run, tmp_path):
    out = tmp_path / "small"
    words = ["export", str(run), str(out), "--rank", "1", "--bf16"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "adapter: rank 1 keeps " in result.output
    card = (out / "README.md").read_text()
    assert "reduced to rank 1 after training" in card
    assert "stored in bf16" in card
    tensors = load_file(out / "two" / "adapter" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    load_trained(out)
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2
    assert "there is something of that name already" in again.output


def test_nothing_is_left_of_an_export_that_fails(run, tmp_path):
    broken = without_digests(shutil.copytree(run, tmp_path / "run"))
    config = broken / "two" / "adapter" / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"use_dora": True}))
    with pytest.raises(RmplError, match="cannot be reduced"):
        export(broken, tmp_path / "out", rank=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
