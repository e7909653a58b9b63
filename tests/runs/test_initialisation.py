"""What stages start from and what of a model they train."""

import functools
import importlib.util
import shutil

import pytest
import torch

from rmpl.backbones import backbone as backbone_module
from rmpl.backbones import embedded, loading
from rmpl.backbones.backbone import load_backbone
from rmpl.backbones.families import family_of
from rmpl.errors import RmplError
from rmpl.recipe.recipe import Recipe
from rmpl.runs.adapters import continue_lora, merge_adapters, new_lora
from rmpl.runs.curve import read_curve
from rmpl.tasks import Prompt
from rmpl.training.run import Run, load_trained, read_trained
from training.small_runs import ADAPTER, one_stage, recipe, same, weights


@pytest.fixture(scope="module")
def trained(twin, small_world, tmp_path_factory):
    """The first stage, to be gone on from."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    rates = {"optimizer": {"learning_rate": 0.01}}
    Run(one_stage(twin, **rates), folder, small_world).train()
    return folder


def second(twin, **changes) -> Recipe:
    tree = recipe(twin).model_dump(mode="json")
    tree["stages"][0]["optimizer"] = {"learning_rate": 0.01}
    tree["stages"][1] |= changes
    return Recipe.model_validate(tree)


def logits(model, backbone):
    ids = backbone.encode(Prompt("Police fired on three men."), "[]").input_ids
    model.eval()
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).logits


@pytest.mark.parametrize(
    ("by", "kind"),
    [("continue", "lora"), ("merge", "lora"), ("merge", "dora"), ("stack", "lora")],
)
def test_a_stage_starts_where_the_one_before_ended(by, kind, trained, twin, small_world, tmp_path):
    shutil.copytree(trained / "one", tmp_path / "run" / "one")
    # So small a step that what is loaded is what the stage started from.
    tiny = {"learning_rate": 1e-12}
    tree = second(twin, by=by, steps=1, adapter={**ADAPTER, "kind": kind}, optimizer=tiny)
    Run(tree, tmp_path / "run", small_world).train()
    first, again = load_trained(trained / "one"), load_trained(tmp_path / "run")
    base = load_backbone(str(twin))
    assert torch.allclose(logits(first.model, base), logits(again.model, base), atol=1e-5)
    assert not torch.allclose(logits(first.model, base), logits(base.model, base), atol=1e-3)


def test_stacked_adapters_add_up_and_the_lower_one_stays(trained, twin, small_world, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(trained / "one", folder / "one")
    Run(second(twin, by="stack", optimizer={"learning_rate": 0.01}), folder, small_world).train()
    assert read_trained(folder / "two").adapters == ["adapter-0", "adapter"]
    lower, upper = folder / "two" / "adapter-0", folder / "two" / "adapter"
    name = "adapter_model.safetensors"
    assert (lower / name).read_bytes() == (trained / "one" / "adapter" / name).read_bytes()
    base = load_backbone(str(twin))
    stacked = continue_lora(load_backbone(str(twin)).model, upper, [lower])
    learns = {n for n, p in stacked.named_parameters() if p.requires_grad}
    assert learns
    assert all(".default." in name for name in learns)
    merged = load_trained(folder).model
    assert torch.allclose(logits(stacked, base), logits(merged, base), atol=1e-5)
    alone = merge_adapters(load_backbone(str(twin)).model, [upper])
    assert not torch.allclose(logits(alone, base), logits(merged, base), atol=1e-4)


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_a_stacked_or_dora_stage_that_was_stopped_goes_on(
    kind, trained, twin, small_world, tmp_path
):
    class StoppedError(Exception):
        pass

    def stop(stage, step, *_):
        if stage == "two" and step == 3:
            raise StoppedError

    by = "stack" if kind == "lora" else "merge"
    tree = second(twin, by=by, adapter={**ADAPTER, "kind": kind, "dropout": 0.1})
    for name in ("whole", "stopped"):
        shutil.copytree(trained / "one", tmp_path / name / "one")
    Run(tree, tmp_path / "whole", small_world).train()
    with pytest.raises(StoppedError):
        Run(tree, tmp_path / "stopped", small_world).train(stop)
    Run(tree, tmp_path / "stopped", small_world).train()
    assert same(*(weights(tmp_path / name / "two") for name in ("whole", "stopped")))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"layers": 1}, "it has"), ({"layers": 3}, "it lacks"), ({"hidden": 64}, "size mismatch")],
)
@pytest.mark.parametrize("way", ["merge", "continue", "stack"])
def test_an_adapter_of_another_model_is_refused(way, changes, reason, trained, twin):
    adapter = trained / "one" / "adapter"
    backbone = load_backbone(str(twin))
    shape = {"hidden": 48, "layers": 2, **changes}
    other = embedded.build_model(backbone.tokenizer, seed=1, vision=(32, 1), **shape)
    with pytest.raises(RmplError, match=rf"adapter: .*trained for another model \({reason}"):
        if way == "merge":
            merge_adapters(other, [adapter])
        else:
            continue_lora(other, adapter, [adapter] if way == "stack" else [])


def test_an_adapter_of_another_family_is_refused(trained, tmp_path):
    family_of("gemma3", "gemma3").twin(tmp_path / "twin")
    other = load_backbone(str(tmp_path / "twin")).model
    with pytest.raises(RmplError, match="trained for another model"):
        merge_adapters(other, [trained / "one" / "adapter"])


@pytest.mark.parametrize("way", ["merge", "continue", "stack"])
def test_a_family_whose_shapes_are_the_same_is_told_by_its_class(way, tmp_path):
    models = {}
    for name in ("qwen2_vl", "qwen2_5_vl"):
        family_of(name, name).twin(tmp_path / name)
        models[name] = load_backbone(str(tmp_path / name))
    made = models["qwen2_vl"]
    new_lora(made.model, made.family, ["language"], rank=2, alpha=4, dropout=0.0).save_pretrained(
        tmp_path / "adapter"
    )
    other = models["qwen2_5_vl"].model
    with pytest.raises(RmplError, match=r"a Qwen2VLFor.*, not a Qwen2_5_VLFor"):
        if way == "merge":
            merge_adapters(other, [tmp_path / "adapter"])
        else:
            continue_lora(other, tmp_path / "adapter", [tmp_path / "adapter"] * (way == "stack"))


def test_an_adapter_that_is_not_whole_is_refused(trained, twin, tmp_path):
    folder = tmp_path / "adapter"
    shutil.copytree(trained / "one" / "adapter", folder)
    weights = folder / "adapter_model.safetensors"
    whole = weights.read_bytes()
    for size in (0, 4, 2000):
        weights.write_bytes(whole[:size])
        with pytest.raises(RmplError, match=r"adapter: the adapter's weights are not whole"):
            merge_adapters(load_backbone(str(twin)).model, [folder])
    weights.write_bytes(whole)
    for text in ("{", "[]", None):
        if text is None:
            (folder / "adapter_config.json").unlink()
        else:
            (folder / "adapter_config.json").write_text(text)
        with pytest.raises(
            RmplError, match=r"adapter_config\.json: (not JSON|no JSON)|no adapter_config\.json"
        ):
            merge_adapters(load_backbone(str(twin)).model, [folder])


def test_parts_learn_at_rates_of_their_own(twin, small_world, tmp_path):
    rates = {"learning_rate": 0.01, "learning_rates": {"vision": 1e-12}}
    Run(one_stage(twin, optimizer=rates), tmp_path / "run", small_world).train()
    learnt = {
        part: max(
            float(v.abs().max())
            for k, v in weights(tmp_path / "run" / "one").items()
            if "lora_B" in k and place in k
        )
        for part, place in (("language", ".language_model."), ("vision", ".visual.blocks."))
    }
    assert learnt["language"] > 1e-3
    assert learnt["vision"] < 1e-9


def test_what_is_too_long_is_left_out_and_told(twin, small_world, tmp_path):
    sources = [{"task": "text-events", "corpora": ["ace"]}]
    lengths = Run(one_stage(twin, mixture=sources), tmp_path / "x", small_world)
    backbone = load_backbone(str(twin))
    samples = lengths.sources(lengths.recipe.stages[0])[0].samples
    longest = sorted(backbone.length(s.prompt, s.target) for s in samples)
    limit = longest[len(longest) // 2]
    tree = one_stage(twin, mixture=sources, steps=None, epochs=1, max_length=limit)
    run = Run(tree, tmp_path / "run", small_world)
    run.train()
    left_out = sum(length > limit for length in longest)
    assert left_out
    assert f"{left_out} too long were left out" in " ".join(run.notes)
    last = read_curve(tmp_path / "run" / "one" / "curve.jsonl")[-1]
    assert last["step"] == -(-(len(longest) - left_out) // 4)


def test_recomputing_layers_teaches_the_same(trained, twin, small_world, tmp_path):
    tree = one_stage(twin, optimizer={"learning_rate": 0.01}, checkpointing=True)
    Run(tree, tmp_path / "run", small_world).train()
    assert same(weights(tmp_path / "run" / "one"), weights(trained / "one"))


def test_frozen_weights_in_bf16_leave_adapters_in_fp32(twin, small_world, tmp_path):
    tree = one_stage(twin).model_dump(mode="json")
    tree["backbone"]["weights"] = "bf16"
    Run(Recipe.model_validate(tree), tmp_path / "run", small_world).train()
    assert {v.dtype for v in weights(tmp_path / "run" / "one").values()} == {torch.float32}
    told = loading.loading_options(load_backbone(str(twin)).family, str(twin), "bf16", "auto")
    assert told["dtype"] == torch.bfloat16


has_bitsandbytes = importlib.util.find_spec("bitsandbytes") is not None


@pytest.mark.skipif(not has_bitsandbytes, reason="bitsandbytes (rmpl[gpu]) is not installed")
def test_an_adapter_over_weights_of_four_bits(twin, small_world, tmp_path):
    adapter = {**ADAPTER, "kind": "qlora", "parts": ["language"]}
    tree = recipe(twin).model_dump(mode="json")
    for stage in tree["stages"]:
        stage |= {"adapter": adapter, "optimizer": {"learning_rate": 0.01}}
    Run(Recipe.model_validate(tree), tmp_path / "run", small_world).train()
    four = load_backbone(str(twin), weights="4bit").model
    kinds = {n: type(m).__name__ for n, m in four.named_modules() if "inear" in type(m).__name__}
    assert {kind for name, kind in kinds.items() if "layers" in name} == {"Linear4bit"}
    assert "Linear4bit" not in {k for n, k in kinds.items() if "visual" in n or "head" in n}
    losses = [p["loss"] for p in read_curve(tmp_path / "run" / "two" / "curve.jsonl")]
    assert losses[-1] < losses[0]
    assert load_trained(tmp_path / "run").model is not None


def test_four_bits_without_their_package_are_refused(twin, small_world, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    tree = one_stage(twin, adapter={**ADAPTER, "kind": "qlora"})
    with pytest.raises(RmplError, match=r"bitsandbytes.*rmpl\[gpu\]"):
        Run(tree, tmp_path / "run", small_world).train()


def test_flash_attention_that_is_not_there_is_refused(twin):
    with pytest.raises(RmplError, match=r"flash attention does not work here \(no GPU\)"):
        load_backbone(str(twin), attention="flash")


def test_attention_is_chosen_by_what_is_there(twin, monkeypatch):
    family = load_backbone(str(twin)).family
    assert loading.attention_of(family, "fp32", "auto", is_tiny=True) == "eager"
    assert loading.attention_of(family, "fp32", "auto", is_tiny=False) is None
    assert loading.loading_options(family, str(twin), "fp32", "auto")["attn_implementation"] == (
        "eager"
    )
    assert (
        backbone_module.load_backbone(str(twin), attention="sdpa")
        .model.config.get_text_config()
        ._attn_implementation
        == "sdpa"
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(loading, "is_flash_attn_2_available", lambda: True)
    chosen = functools.partial(loading.attention_of, family, is_tiny=True)
    assert chosen("bf16", "auto") == "flash_attention_2"
    assert chosen("fp32", "auto") is None
    monkeypatch.setattr(loading, "is_flash_attn_2_available", lambda: False)
    assert chosen("bf16", "auto") is None
