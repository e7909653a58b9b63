"""Models with names: what the table says, and where they are kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rmpl.backbones import known
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.checkpoints import local_folder, model_type_of, read_config
from rmpl.backbones.families import family_of
from rmpl.errors import RmplError
from rmpl.recipe.recipe import load_recipe
from rmpl.recipe.shipped import shipped_folder
from rmpl.runs.trained import load_any


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RMPL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", known.named_models())
def test_a_name_has_sizes_a_licence_and_says_what_its_family_reads(name):
    checkpoint = known.known_checkpoint(name)
    family = family_of(checkpoint.model_type, name)
    reads = "text and images" if family.reads_images else "text"
    assert known.named_models()[name].reads == reads
    assert checkpoint.licence


def test_every_checkpoint_of_the_recipes_has_a_name():
    hubs = {model.hub for model in known.named_models().values()}
    assert hubs == known.known_checkpoints().keys()
    for path in shipped_folder("recipes").glob("*.yaml"):
        if path.name == "embedded_base.yaml":  # another schema
            continue
        model = load_recipe(path).backbone.model
        assert model in {"none", "embedded"} or known.hub_id(model) in hubs


def test_a_model_that_is_not_here_is_one_line_and_its_sizes_are_known():
    line = r"^smollm2-135m: not on this machine; rmpl models get smollm2-135m$"
    for load in (load_backbone, load_any):
        with pytest.raises(RmplError, match=line):
            load("smollm2-135m")
    assert model_type_of("smollm2-135m") == "llama"
    config, where = read_config("smollm2-135m")
    assert (config.hidden_size, "table" in where) == (576, True)


def test_a_model_that_is_here_is_loaded_by_its_name(cache, twins):
    place = cache / "models" / "smollm2-135m"
    place.parent.mkdir(parents=True)
    place.symlink_to(twins / "llama")
    assert local_folder("smollm2-135m") == place
    backbone = load_backbone("smollm2-135m")
    assert backbone.family.name == "llama"
    # What is saved names the model for everybody, not this machine's folder.
    assert backbone.model.name_or_path == "HuggingFaceTB/SmolLM2-135M-Instruct"


def test_a_folder_of_ones_own_with_that_name_comes_first(twins, tmp_path, monkeypatch):
    (tmp_path / "smollm2-135m").symlink_to(twins / "qwen2")
    monkeypatch.chdir(tmp_path)
    assert load_backbone("smollm2-135m").family.name == "qwen2"


def test_a_folder_without_all_of_its_weights_is_not_here(cache):
    place = cache / "models" / "smollm2-135m"
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    assert known.kept_folder("smollm2-135m") is None
    (place / "model.safetensors.index.json").write_text('{"weight_map": {"a": "1.safetensors"}}')
    assert known.kept_folder("smollm2-135m") is None
    (place / "1.safetensors").write_bytes(b"")
    assert known.kept_folder("smollm2-135m") == place


def test_the_cache_is_where_the_platform_has_it(monkeypatch, tmp_path):
    monkeypatch.delenv("RMPL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert known.cache_folder() == tmp_path / "rmpl"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for platform, place in (("linux", ".cache/rmpl"), ("darwin", "Library/Caches/rmpl")):
        monkeypatch.setattr(sys, "platform", platform)
        assert known.cache_folder() == tmp_path / place


@pytest.mark.parametrize(("own", "expected"), [(None, "PASSIVE"), ("active", "active")])
def test_threads_that_wait_sleep_unless_the_user_says_otherwise(own, expected):
    given = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    given |= {} if own is None else {"OMP_WAIT_POLICY": own}
    program = "import rmpl, os, sys; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [expected, "False"]
