"""Models that several processes share: what can be tested of them without a GPU."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest
import torch
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_multi_gpu_env

from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.errors import RmplError
from rmpl.recipe.recipe import Recipe
from rmpl.runs.adapters import part_of
from rmpl.training.data.samples import EncodedMixture
from rmpl.training.parallel.sharding import layer_classes
from rmpl.training.run import Run
from training import sharded_run, sharded_step
from training.small_runs import one_stage, recipe, weights

LAUNCH = Path(__file__).parents[3] / "recipes" / "launch"


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "one.png"
    PIL.Image.effect_noise((70, 50), 60).convert("RGB").save(path)
    return path


@pytest.mark.parametrize("name", family_names())
def test_a_blank_picture_touches_the_tower_and_counts_nothing(name, picture, tmp_path):
    family_of(name, name).twin(tmp_path / name)
    backbone = load_backbone(str(tmp_path / name))
    backbone.model.eval()
    texts = sharded_step.prompts(picture)[0]
    found = {}
    for anchored in (False, True):
        backbone.model.zero_grad()
        loss = sharded_step.loss_of(backbone, backbone.model, texts, anchored=anchored)
        loss.backward()
        found[anchored] = (
            float(loss.detach()),
            {n: p.grad.clone() for n, p in backbone.model.named_parameters() if p.grad is not None},
        )
    assert found[True][0] == pytest.approx(found[False][0], abs=1e-4)
    for key, gradient in found[False][1].items():
        assert torch.allclose(found[True][1][key], gradient, atol=1e-4)
    reached = {part_of(key, backbone.family) for key in found[True][1]}
    assert reached == set(backbone.family.parts)
    assert {part_of(key, backbone.family) for key in found[False][1]} == {"language"}


@pytest.mark.parametrize("name", family_names())
def test_layers_of_both_halves_are_gathered_one_at_a_time(name, tmp_path):
    family = family_of(name, name)
    family.twin(tmp_path / name)
    model = load_backbone(str(tmp_path / name)).model
    wanted = layer_classes(model)
    layers = [key for key, module in model.named_modules() if type(module).__name__ in wanted]
    inside = tuple(f"{key}." for key in layers)
    gathered = {n for n, _ in model.named_parameters() if n.startswith(inside)}
    assert {part_of(key, family) for key in gathered} >= {"language", "vision"} & set(family.parts)
    numbered = {n for n, _ in model.named_parameters() if re.search(r"(layers|blocks)\.\d", n)}
    assert numbered <= gathered


@pytest.mark.slow
def test_a_process_with_texts_and_one_with_pictures_share_a_model(twin, picture, tmp_path):
    out = tmp_path / "gradients.pt"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += [sharded_step.__file__, str(twin), str(picture), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    shared = torch.load(out, weights_only=True)
    backbone = load_backbone(str(twin))
    for mine in sharded_step.prompts(picture):
        sharded_step.loss_of(backbone, backbone.model, mine, anchored=False).backward()
    alone = {n: p.grad for n, p in backbone.model.named_parameters() if p.grad is not None}
    assert alone.keys() == shared.keys()
    # Processes average their gradients.
    assert all(torch.allclose(2 * shared[n], alone[n], atol=1e-4) for n in alone)


@pytest.mark.slow
def test_processes_that_share_a_model_learn_what_one_learns(twin, small_world, tmp_path):
    tree = recipe(twin).model_dump(mode="json")
    for stage in tree["stages"]:
        # Odd batches: one process has texts where the other has pictures.
        stage |= {"batch": 3, "accumulate": 2, "mixture": tree["stages"][0]["mixture"]}
    Run(Recipe.model_validate(tree), tmp_path / "one", small_world).train()
    written = tmp_path / "recipe.yaml"
    written.write_text(yaml.safe_dump(tree))
    parser = launch_command_parser()
    args = parser.parse_args(["--config_file", str(LAUNCH / "fsdp2.yaml"), "sharded_run.py"])
    said = prepare_multi_gpu_env(_validate_launch_command(args)[0])
    shared = {name: value for name, value in said.items() if name.startswith(("FSDP_", "ACCEL"))}
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += [sharded_run.__file__, "train", str(written), "--data", str(small_world)]
    command += ["--out", str(tmp_path / "two")]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **shared}
    )
    assert done.returncode == 0, done.stderr
    for stage in ("one", "two"):
        ours, theirs = (weights(tmp_path / name / stage) for name in ("one", "two"))
        assert ours.keys() == theirs.keys()
        assert all(torch.allclose(ours[k], theirs[k], atol=1e-5) for k in ours)


def test_the_launch_files_are_what_accelerate_and_deepspeed_read():
    kinds = {}
    for path in sorted(LAUNCH.glob("*.yaml")):
        config = load_config_from_file(str(path))
        kinds[path.stem] = str(config.distributed_type).rpartition(".")[2]
        assert config.num_processes == 8
        assert (
            f"--config_file recipes/launch/{path.name} -m rmpl.cli.main train" in path.read_text()
        )
    assert kinds == {
        "ddp": "MULTI_GPU",
        "fsdp2": "FSDP",
        "zero2": "DEEPSPEED",
        "zero3": "DEEPSPEED",
    }
    for stage in (2, 3):
        config = load_config_from_file(str(LAUNCH / f"zero{stage}.yaml"))
        named = LAUNCH.parents[1] / config.deepspeed_config["deepspeed_config_file"]
        assert json.loads(named.read_text())["zero_optimization"]["stage"] == stage


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"optimizer": {"name": "muon"}}, "muon"),
        ({"adapter": {"kind": "qlora"}}, "4-bit"),
        ({"evaluate": {"every": 1}}, "by score"),
    ],
)
def test_what_sharded_models_cannot_do_is_refused_at_once(
    changes, named, twin, small_world, tmp_path, monkeypatch
):
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    tree = one_stage(twin, held_out=0.2, **changes)
    with pytest.raises(RmplError, match=named):
        Run(tree, tmp_path / "run", small_world).train()


def test_one_process_alone_never_asks_a_shared_tower(twin, small_world, tmp_path, monkeypatch):
    kept = []
    real = EncodedMixture.__init__

    def init(self, *args, **kwargs):
        kept.append(kwargs["keeps_features"])
        real(self, *args, **kwargs)

    monkeypatch.setattr(EncodedMixture, "__init__", init)
    tree = one_stage(twin, steps=1, adapter={"parts": ["language"]})
    Run(tree, tmp_path / "one", small_world).train()
    monkeypatch.setattr("rmpl.training.loop.stage.is_sharded", lambda: True)
    Run(tree, tmp_path / "two", small_world).train()
    assert kept == [True, False]
