"""What a dry run says, on a small model."""

import shutil

import pytest
import yaml
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from rmpl.backbones import checkpoints
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families.qwen3_vl import FAMILY
from rmpl.backbones.settings import Settings
from rmpl.cli.main import app
from rmpl.recipe.recipe import Recipe
from rmpl.records import Image
from rmpl.tasks import Prompt, Sample
from rmpl.training.dry_run.memory import GIB
from rmpl.training.dry_run.preflight import preflight
from rmpl.training.dry_run.token_counts import TokenCounter, lengths_of
from rmpl.training.dry_run.warnings import recipe_warnings
from rmpl.training.run import Run


def tree(model, **stage):
    return {
        "name": "look",
        "precision": "fp32",
        "backbone": {"model": str(model), "style": "brief", "box_step": 20},
        "corpora": {
            "ace": {"reader": "jmee", "path": "ace"},
            "swig": {"reader": "swig", "path": "swig"},
        },
        "stages": [
            {
                "name": "one",
                "steps": 30,
                "batch": 4,
                "accumulate": 2,
                "adapter": {"rank": 4, "parts": ["language"]},
                "mixture": [
                    {"task": "text-events", "corpora": ["ace"], "weight": 2},
                    {"task": "image-events", "corpora": ["swig"]},
                ],
                **stage,
            }
        ],
    }


@pytest.fixture
def look(twin, small_world, tmp_path):
    def run(devices=1, gpu_bytes=80 * GIB, model=twin, **stage):
        recipe = Recipe.model_validate(tree(model, **stage))
        return preflight(
            Run(recipe, tmp_path / "run", small_world), devices=devices, gpu_bytes=gpu_bytes
        )

    return run


def test_it_says_what_training_would_do_and_writes_nothing(look, twin, tmp_path):
    facts = look()
    (stage,) = facts.stages
    text, image = stage.sources
    assert (text.share, image.share) == pytest.approx((2 / 3, 1 / 3), abs=0.02)
    assert text.drawn + image.drawn == 30 * 2 * 4
    assert text.epochs == text.drawn / text.samples
    assert (text.lengths.image, image.lengths.image > 0) == (0, True)
    assert stage.tokens == text.tokens + image.tokens
    assert text.tokens == pytest.approx(text.drawn * text.lengths.mean, abs=1)
    assert (
        stage.trainable["vision"] == stage.trainable["projector"] == 0 < stage.trainable["language"]
    )
    model = load_backbone(str(twin)).model
    assert facts.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("schema", "is_copied", "warns"),
    [("m2e2", True, True), ("m2e2", False, False), (None, True, False)],
)
def test_the_contamination_check_is_missed_where_it_applies(
    small_world, tmp_path, schema, is_copied, warns
):
    """Not for the synthetic corpus, nor for event types that M2E2 does not have."""
    data = small_world
    if is_copied:  # without the marks of the synthetic corpus, it counts as a published one
        data = tmp_path / "data"
        for name in ("ace", "swig"):
            shutil.copytree(small_world / name, data / name)
        for mark in data.glob("*/synthetic.json"):
            mark.unlink()
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nevents:\n  Flood: {description: water, text: [Place], image: []}\n")
    recipe = Recipe.model_validate({**tree("embedded"), "ontology": schema or str(own)})
    found = recipe_warnings(recipe, FAMILY, Settings(), data)
    assert any("no contamination_check" in said for said in found) == warns


def test_lengths_are_those_of_real_prompts(twin, tmp_path):
    backbone = load_backbone(str(twin))
    # Within the bounds of the model's pixels, so that a larger picture has more tokens.
    pictures = [Image(str(n), None, 32 + 16 * n, 32 + 16 * n) for n in range(3)]
    samples = [
        Sample("t", str(n), Prompt("Police fired. " * n, image), "[]" * n)
        for n, image in enumerate([*pictures, None])
    ]
    counter = TokenCounter(backbone)
    for sample in samples:
        found = counter.length(sample)
        assert found.total == backbone.length(sample.prompt, sample.target)
        assert (found.image > 0) == (sample.prompt.image is not None)
    lengths = lengths_of(samples, counter)
    assert lengths.longest == max(backbone.length(s.prompt, s.target) for s in samples)
    assert lengths.largest == pictures[2]
    assert lengths.over(0) == 1.0 > lengths.over(lengths.longest) == 0.0


def test_the_longest_sample_is_found_among_many(twin):
    samples = [Sample("t", str(n), Prompt("fired"), "[]") for n in range(2000)]
    samples[777] = Sample("t", "777", Prompt("Police fired on 3 men. " * 9), "[]")
    backbone = load_backbone(str(twin))
    lengths = lengths_of(samples, TokenCounter(backbone))
    assert lengths.longest == backbone.length(samples[777].prompt, "[]")
    assert len(lengths.totals) < 400


def test_more_gpus_hold_less_each_and_more_splits_less_too(look):
    (eight,) = look(devices=4).stages
    assert list(eight.memory) == [
        "1 GPU",
        "checkpointing",
        "4 x DDP",
        "4 x ZeRO-2",
        "4 x FSDP/ZeRO-3",
    ]
    one = eight.memory["1 GPU"]
    assert eight.memory["checkpointing"].activations < one.activations
    # A batch of 4 is shared by 4 GPUs: a sample each.
    assert eight.memory["4 x DDP"].activations == pytest.approx(one.activations / 4, rel=0.01)
    (split,) = look(micro_batches=4).stages
    assert split.memory["1 GPU"].activations == pytest.approx(one.activations / 4, rel=0.01)


def test_work_that_cannot_be_shared_is_said(look):
    (stage,) = look(devices=5).stages
    assert "multiple of 5" in stage.undivided
    assert list(stage.memory) == ["1 GPU", "checkpointing"]


def test_epochs_become_steps_and_long_samples_are_told(look):
    (stage,) = look(steps=None, epochs=50, max_length=40, by_length=True).stages
    samples = sum(source.samples for source in stage.sources)
    assert stage.steps == pytest.approx(50 * samples / 8, abs=1)
    assert any("left out" in said for said in stage.warnings)
    assert any("every sample is used" in said for said in stage.warnings)


def test_too_little_memory_names_what_helps(look):
    (stage,) = look(devices=8, gpu_bytes=GIB // 2).stages
    assert "too little memory" in stage.warnings[-1]


def test_4_bit_weights_take_a_quarter(small_world, tmp_path):
    name = "Qwen/Qwen3-VL-2B-Instruct"
    found = {}
    for kind in ("lora", "qlora", "full"):
        recipe = tree(name, adapter={"kind": kind, "parts": ["language"]})
        recipe["precision"] = "bf16"
        recipe["backbone"] |= {"box_step": 1, "max_pixels": 100_352}
        run = Run(Recipe.model_validate(recipe), tmp_path, small_world)
        (stage,) = preflight(run, devices=1, gpu_bytes=80 * GIB).stages
        found[kind] = stage
    lora, qlora, full = (found[kind].memory["1 GPU"] for kind in ("lora", "qlora", "full"))
    assert lora.weights == pytest.approx(2 * 2.127e9, rel=0.02)
    # Embeddings and the vision tower stay as they are; the adapter's own weights are whole.
    adapter = 4 * found["qlora"].trainable["language"]
    frozen = 0.516 * 1.409e9 + 2 * (2.127e9 - 1.409e9)
    assert qlora.weights == pytest.approx(frozen + adapter, rel=0.01)
    assert full.weights == pytest.approx(4 * 2.127e9, rel=0.01)
    assert full.optimizer == 2 * full.gradients > 100 * lora.gradients
    assert found["qlora"].trained_as == "qlora over 4bit weights"


def test_the_command_prints_it_and_trains_nothing(twin, small_world, tmp_path, monkeypatch):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(tree(twin, batch=8)))
    monkeypatch.setattr(Run, "train", lambda *_: pytest.fail("trained"))
    line = ["train", path, "--data", small_world, "--out", tmp_path / "out", "--dry-run"]
    result = CliRunner().invoke(app, [str(word) for word in line])
    assert result.exit_code == 0, result.output
    for said in ("30 steps of 16 samples", "text-events(ace)", "8 x FSDP/ZeRO-3", "sentences"):
        assert said in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("gpus", "kind"), [([], "note"), (["--gpus", "8"], "warning")])
def test_gpus_that_nobody_asked_for_are_no_warning(gpus, kind, twin, small_world, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(tree(twin, batch=3)))
    line = ["train", path, "--data", small_world, "--out", tmp_path / "out", "--dry-run", *gpus]
    output = CliRunner().invoke(app, [str(word) for word in line]).output
    assert f"{kind}: one: not on 8 GPUs: 2 micro-batches per step" in output
    assert output.count("not on 8 GPUs") == 1
    assert ("warning:" in output) == bool(gpus)


@pytest.mark.parametrize("steps", [{}, {"steps": None, "epochs": 2}])
def test_without_data_parameters_and_memory_are_reported(steps, look, twin, small_world, tmp_path):
    (known,) = look().stages
    recipe = tree(twin, **steps)
    recipe["corpora"]["ace"]["path"] = "nowhere/ace"
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    run = Run(Recipe.model_validate(recipe), tmp_path / "out", small_world)
    (stage,) = preflight(run, devices=1, gpu_bytes=80 * GIB).stages
    assert stage.trainable == known.trainable
    for part in ("weights", "gradients", "optimizer"):
        assert getattr(stage.memory["1 GPU"], part) == getattr(known.memory["1 GPU"], part)
    assert stage.memory["1 GPU"].activations > 0
    assert not stage.warnings
    line = ["train", path, "--data", small_world, "--out", tmp_path / "out", "--dry-run"]
    result = CliRunner().invoke(app, [str(word) for word in line])
    assert result.exit_code == 2
    assert "nowhere/ace: no such file or folder" in result.output
    assert "data missing: lengths and memory are those of sentences of 100 words" in result.output
    assert ("one: 30 steps of 8" if not steps else "one: steps of 8") in result.output
    assert f"language {known.trainable['language']:,}" in result.output
    assert "1 GPU" in result.output


def test_words_that_training_takes_from_the_data_are_not_asked_for(twin, tmp_path):
    mixture = [{"task": "text-trigger", "corpora": ["ace"]}]
    recipe = Recipe.model_validate(tree(twin, mixture=mixture))
    run = Run(recipe, tmp_path, tmp_path / "nowhere")
    (stage,) = preflight(run, devices=1, gpu_bytes=80 * GIB).stages
    assert [str(one).split(":")[0] for one in stage.missing] == ["corpus ace"]
    assert stage.memory["1 GPU"].activations > 0


def test_too_little_memory_is_said_without_data(twin, tmp_path):
    run = Run(Recipe.model_validate(tree(twin)), tmp_path, tmp_path / "nowhere")
    (stage,) = preflight(run, devices=1, gpu_bytes=GIB // 2).stages
    assert [str(one).split(":")[0] for one in stage.missing] == ["corpus ace", "corpus swig"]
    assert "too little memory" in stage.warnings[-1]


def test_a_folder_with_no_tokenizer_is_counted_by_words_where_the_checkpoint_is_known(
    small_world, tmp_path, monkeypatch
):
    name = "Qwen/Qwen3-VL-2B-Instruct"
    cached = tmp_path / "cached"
    cached.mkdir()
    config, _ = checkpoints.read_config(name)
    config.save_pretrained(cached)
    monkeypatch.setattr(checkpoints, "local_folder", lambda _: cached)
    recipe = Recipe.model_validate(tree(name) | {"precision": "bf16"})
    facts = preflight(Run(recipe, tmp_path, small_world), devices=1, gpu_bytes=80 * GIB)
    assert str(cached) in facts.sizes_from
    assert "words" in facts.tokens_from


def test_a_new_end_of_turn_token_that_stays_frozen_is_warned_about(look, twin, tmp_path):
    def warned(**stage):
        return [one for one in look(**stage).warnings if "was not trained with the token" in one]

    assert not warned()
    model = shutil.copytree(twin, tmp_path / "model")
    weights = load_file(model / "model.safetensors")
    (name,) = [one for one in weights if one.endswith("embed_tokens.weight")]
    weights[name][load_backbone(str(model)).end_id] = 0
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    assert len(warned(model=model)) == 1
    assert not warned(model=model, adapter={"kind": "full", "parts": ["language"]})
