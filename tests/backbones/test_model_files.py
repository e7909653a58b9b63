"""Every file that a checkpoint names is checked before a library opens one."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file

from rmpl.backbones import backbone as backbone_module
from rmpl.backbones import model_files
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.model_files import check_adapter
from rmpl.errors import RmplError

CODE = "import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n"


class Harm:
    """What a pickle can do: run a program when it is loaded."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder / "ran"),)


@pytest.fixture
def model(twin, tmp_path):
    return Path(shutil.copytree(twin, tmp_path / "model"))


@pytest.fixture(autouse=True)
def nothing_ran(tmp_path):
    yield
    assert not list(tmp_path.rglob("ran"))


def change(path: Path, **changes) -> None:
    tree = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(tree | changes))


def refused(folder: Path, match: str) -> None:
    with pytest.raises(RmplError, match=match) as error:
        load_backbone(str(folder))
    assert "\n" not in str(error.value)


def index(model: Path, name: str) -> None:
    weights = load_file(model / "model.safetensors")
    (model / "model.safetensors").unlink()
    tree = {"metadata": {}, "weight_map": dict.fromkeys(weights, name)}
    (model / "model.safetensors.index.json").write_text(json.dumps(tree))


@pytest.mark.parametrize("name", ["weights.bin", "w.pt", "sub/w.ckpt", "w.safetensors.bin", "w"])
def test_an_index_that_names_a_pickle_is_refused(model, name):
    weights = load_file(model / "model.safetensors")
    index(model, name)
    (model / name).parent.mkdir(exist_ok=True)
    torch.save({**weights, "x": Harm(model)}, model / name)
    refused(model, r"index\.json: weight_map names .*pickled")


@pytest.mark.parametrize(
    "name",
    ["../out.safetensors", "{}/out.safetensors", "a/../../out.safetensors", "C:\\x.safetensors"],
)
def test_an_index_that_names_a_file_outside_is_refused(model, name):
    shutil.copy(model / "model.safetensors", model.parent / "out.safetensors")
    index(model, name.format(model.parent))
    refused(model, r"weight_map names .*not within the folder")


def test_an_index_of_shards_in_the_folder_is_loaded(model):
    shutil.copy(model / "model.safetensors", model / "model-00001-of-00001.safetensors")
    index(model, "model-00001-of-00001.safetensors")
    assert load_backbone(str(model)).model is not None
    (model / "model-00001-of-00001.safetensors").unlink()
    refused(model, "which does not exist")


@pytest.mark.parametrize(
    "name",
    [
        *("pytorch_model.bin", "adapter_model.bin", "model.pt", "model.ckpt", "tf_model.h5"),
        *("flax_model.msgpack", "model.pkl"),
    ],
)
def test_weights_of_other_formats_are_never_reached(model, name):
    torch.save({"x": Harm(model)}, model / name)
    load_backbone(str(model))
    (model / "model.safetensors").unlink()
    refused(model, "safetensors")
    # Nor where another name, or an index of pickles, says that it is what to load.
    tree = {"metadata": {}, "weight_map": {"x": name}}
    (model / "pytorch_model.bin.index.json").write_text(json.dumps(tree))
    refused(model, "safetensors")
    change(model / "config.json", transformers_weights=name)
    refused(model, r"config\.json: transformers_weights names")


def test_a_pickle_under_a_safe_name_is_no_safetensors_file(model):
    torch.save({"x": Harm(model)}, model / "model.safetensors")
    refused(model, "cannot load the weights")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_link_out_of_the_folder_is_refused_and_one_within_it_is_not(model, name):
    outside = model.parent / "outside"
    (model / name).rename(outside)
    (model / name).symlink_to(outside)
    refused(model, "links out of the model's folder")
    (model / name).unlink()
    outside.rename(model / f"real-{name}.x")
    (model / name).symlink_to(f"real-{name}.x")
    load_backbone(str(model))


def test_named_templates_are_checked_too(model):
    outside = model.parent / "outside"
    outside.write_text("{{ messages }}")
    (model / "additional_chat_templates").mkdir()
    (model / "additional_chat_templates" / "tools.jinja").symlink_to(outside)
    refused(model, "links out of the model's folder")


def test_the_hub_s_cache_links_to_its_files(model, tmp_path, monkeypatch):
    repository = tmp_path / "hub" / "models--somebody--something"
    snapshot = repository / "snapshots" / "1234"
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for number, path in enumerate(sorted(model.iterdir())):
        path.rename(repository / "blobs" / str(number))
        (snapshot / path.name).symlink_to(f"../../blobs/{number}")
    asked = []

    def download(name, **kwargs):
        asked.append((name, kwargs))
        return str(snapshot)

    monkeypatch.setattr(model_files.huggingface_hub, "snapshot_download", download)
    monkeypatch.setattr(backbone_module, "model_type_of", lambda _: "qwen3_vl")
    monkeypatch.setattr(backbone_module, "ask_hub", lambda _: None)
    loaded = load_backbone("somebody/something")
    assert loaded.model.config._name_or_path == "somebody/something"
    ((name, told),) = asked
    assert name == "somebody/something"
    assert not {"*.bin", "*.pt", "*.py", "*"} & set(told["allow_patterns"])
    # A repository's index is checked like a folder's.
    index_file = snapshot / "model.safetensors.index.json"
    index_file.write_text(json.dumps({"metadata": {}, "weight_map": {"x": "weights.bin"}}))
    with pytest.raises(RmplError, match=r"weight_map names 'weights\.bin'"):
        load_backbone("somebody/something")
    monkeypatch.setattr(
        model_files.huggingface_hub,
        "snapshot_download",
        lambda *_, **__: (_ for _ in ()).throw(
            huggingface_hub.errors.LocalEntryNotFoundError("not in the cache")
        ),
    )
    with pytest.raises(RmplError, match=r"cannot fetch the model.*not in the cache"):
        load_backbone("somebody/something")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "chat_template.jinja"])
def test_a_pipe_is_not_waited_for(model, name):
    (model / name).unlink()
    os.mkfifo(model / name)
    refused(model, "not a regular file|no config.json")


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("tokenizer_config.json", {"vocab_file": "/etc/passwd"}, "not within the folder"),
        ("tokenizer_config.json", {"fast_tokenizer_files": ["../x.json"]}, "not within the folder"),
        ("processor_config.json", {"audio_tokenizer": {}}, "names another model"),
        ("config.json", {"attn_implementation": "somebody/kernels"}, "names a repository"),
        ("config.json", {"transformers_weights": "../x.safetensors"}, "not within the folder"),
    ],
)
def test_a_configuration_that_names_what_is_elsewhere_is_refused(model, file, changes, said):
    change(model / file, **changes)
    refused(model, rf"{file}: .*{said}")


@pytest.mark.parametrize("name", ["generation_config.json", "processor_config.json"])
@pytest.mark.parametrize("text", ["{", "[" * 200_000, '{"a":' * 100_000, "\udcff"])
def test_broken_and_deeply_nested_configurations_are_one_line(model, name, text):
    (model / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    refused(model, rf"{name}: not (JSON|UTF-8)")


def test_configurations_and_templates_without_end_are_not_read(model):
    with (model / "chat_template.jinja").open("ab") as file:
        file.truncate(2**21)
    refused(model, r"chat_template\.jinja: a template of 2,097,152 bytes")


@pytest.mark.parametrize("file", ["config.json", "processor_config.json", "tokenizer_config.json"])
def test_code_that_a_checkpoint_brings_along_never_runs(model, file):
    for name in ("modeling_x", "processing_x", "tokenization_x"):
        (model / f"{name}.py").write_text(CODE)
    autos = {
        "AutoConfig": "modeling_x.X",
        "AutoModel": "modeling_x.X",
        "AutoModelForImageTextToText": "modeling_x.X",
        "AutoProcessor": "processing_x.X",
        "AutoImageProcessor": "processing_x.X",
        "AutoTokenizer": ["tokenization_x.X", "tokenization_x.X"],
    }
    change(model / file, auto_map=autos, custom_pipelines={"x": {"impl": "modeling_x.X"}})
    try:
        load_backbone(str(model))
    except RmplError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peft_type": "PROMPT_TUNING"}, "'PROMPT_TUNING', not LORA"),
        ({"megatron_config": {"x": 1}, "megatron_core": "antigravity"}, "names a package"),
        ({"tokenizer_file": "/etc/passwd"}, "not within the folder"),
    ],
)
def test_an_adapter_that_is_more_than_weights_is_refused(tmp_path, changes, said):
    (tmp_path / "adapter_model.safetensors").touch()
    change(tmp_path / "adapter_config.json", **changes)
    with pytest.raises(RmplError, match=said):
        check_adapter(tmp_path)


def test_an_adapter_in_a_model_s_folder_is_looked_at_too(model):
    change(model / "adapter_config.json", peft_type="LORA", base_model_name_or_path="x")
    torch.save({"x": Harm(model)}, model / "adapter_model.bin")
    refused(model, r"no adapter_model\.safetensors here.*pickled")
