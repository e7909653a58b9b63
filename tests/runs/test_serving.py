"""What an exported run answers through plain transformers and peft, without a line of rmpl."""

import json
import shutil
from pathlib import Path

import peft
import PIL.Image
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from digests import without_digests
from rmpl.backbones.backbone import Backbone, load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.extraction.engines.local.engine import LocalEngine
from rmpl.records import Image
from rmpl.runs import serving
from rmpl.runs.adapters import new_lora
from rmpl.runs.ranks import stacked
from rmpl.runs.serving import merge, plain_adapter, write_whole
from rmpl.runs.trained import load_any, load_trained
from rmpl.tasks import Prompt
from rmpl.training.run import Run
from runs.test_export import make_adapter, products
from runs.test_hub import recipe

TEXTS = ("Police arrested Ana.", "text-emi: 3 men fired on a convoy.", "All was quiet")
TOKENS = 12


@pytest.fixture(scope="module")
def run(twin, small_world, tmp_path_factory):
    """A run with two stacked adapters, which make a difference."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    Run(recipe(twin), folder, small_world).train()
    torch.manual_seed(3)
    for path in without_digests(folder).glob("two/adapter*/adapter_model.safetensors"):
        tensors = {n: t + 0.3 * torch.randn_like(t) for n, t in load_file(path).items()}
        save_file(tensors, path, metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "a.png"
    PIL.Image.effect_noise((300, 200), 90).convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def ours(run, picture):
    prompts = [*map(Prompt, TEXTS), Prompt("Who?", Image("a", str(picture), 300, 200))]
    return [one.text for one in LocalEngine(load_trained(run)).answer(prompts, max_tokens=TOKENS)]


@pytest.fixture(scope="module")
def merged(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "merged"
    merge(run, out)
    return out


def answers(model, folder, picture):
    """Ask as any program does: the folder's own template, tokenizer and image processor."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found = []
    for text in (*TEXTS, "Who?"):
        content, more = [{"type": "text", "text": text}], {}
        if text == "Who?":
            content.insert(0, {"type": "image"})
            processor = transformers.AutoImageProcessor.from_pretrained(folder)
            more = processor(PIL.Image.open(picture), return_tensors="pt")
        messages = [{"role": "user", "content": content}]
        laid_out = tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=False
        )
        if more:  # what the stock processor does, which needs torchvision
            count = int(more["image_grid_thw"].prod()) // processor.merge_size**2
            laid_out = laid_out.replace("<|image_pad|>", "<|image_pad|>" * count)
        inputs = {**tokenizer(laid_out, add_special_tokens=False, return_tensors="pt"), **more}
        images = inputs["input_ids"] == model.config.image_token_id
        inputs["mm_token_type_ids"] = images.long()
        written = model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
        new = written[0, inputs["input_ids"].shape[1] :]
        found.append(tokenizer.decode(new, skip_special_tokens=True))
    return found


def plain(folder):
    return transformers.AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)


def test_the_merged_model_answers_the_same_through_plain_transformers(
    merged, ours, picture, twin, run
):
    assert answers(plain(merged), merged, picture) == ours
    assert answers(plain(twin), merged, picture) != ours
    assert not any(path.suffix in {".py", ".bin", ".pt"} for path in merged.iterdir())
    settings = json.loads((merged / "preprocessor_config.json").read_text())
    assert settings["size"]["longest_edge"] == 4096  # of training
    card = (merged / "README.md").read_text()
    assert "vllm serve merged" in card
    assert "library_name: transformers" in card
    again, folder = load_any(str(merged))
    assert folder is None
    assert again.settings == load_trained(run).settings


def test_the_plain_adapter_answers_the_same_through_peft(
    run, ours, picture, twin, tmp_path, monkeypatch
):
    monkeypatch.chdir(run)
    _, notes = plain_adapter(Path(), tmp_path / "one")
    model = peft.PeftModel.from_pretrained(plain(twin), tmp_path / "one")
    assert answers(model, twin, picture) == ours
    config = json.loads((tmp_path / "one" / "adapter_config.json").read_text())
    assert config["r"] == 4  # two of rank 2
    assert all(name.startswith("model.language_model.") for name in config["target_modules"])
    assert notes == []
    assert "vLLM serves it as it is" in (tmp_path / "one" / "README.md").read_text()


def test_stacked_adapters_are_put_side_by_side_exactly(tmp_path):
    first, second = make_adapter(tmp_path / "a", 3), make_adapter(tmp_path / "b", 2)
    alone = load_file(second / "adapter_model.safetensors")
    alone |= {"y.lora_A.weight": torch.ones(2, 5), "y.lora_B.weight": torch.ones(7, 2)}
    save_file(alone, second / "adapter_model.safetensors", metadata={"format": "pt"})
    both = stacked([first, second])
    assert (both.config["r"], both.config["lora_alpha"]) == (5, 5)
    for name in ("x.lora_A.weight", "y.lora_A.weight"):
        product = both.tensors[name.replace("lora_A", "lora_B")] @ both.tensors[name]
        wanted = sum(products(one).get(name, 0) for one in (first, second))
        assert torch.allclose(product.double(), wanted, atol=1e-4)


@pytest.mark.parametrize("more", [{"use_dora": True}, {"modules_to_save": ["x"]}])
def test_adapters_that_cannot_be_one_are_refused(tmp_path, more):
    adapters = [make_adapter(tmp_path / "a", 3), make_adapter(tmp_path / "b", 3, **more)]
    with pytest.raises(RmplError, match=r"cannot be made one.*--merged"):
        stacked(adapters)


def test_what_vllm_does_not_serve_of_an_adapter_is_said(run, tmp_path):
    whole = shutil.copytree(run, tmp_path / "run")
    shutil.rmtree(whole / "two" / "adapter-0")
    record = json.loads((whole / "two" / "trained.json").read_text())
    (whole / "two" / "trained.json").write_text(json.dumps({**record, "adapters": ["adapter"]}))
    config = whole / "two" / "adapter" / "adapter_config.json"
    tree = json.loads(config.read_text())
    config.write_text(json.dumps({**tree, "use_dora": True, "r": 64}))
    weights = config.with_name("adapter_model.safetensors")
    tensors = load_file(weights)
    visual = "base_model.model.model.visual.merger.linear_fc1.lora_{}.weight"
    tensors |= {visual.format("A"): torch.ones(2, 2), visual.format("B"): torch.ones(2, 2)}
    save_file(tensors, weights, metadata={"format": "pt"})
    _, notes = plain_adapter(whole, tmp_path / "out")
    said = "\n".join(notes)
    for words in ("ignores adapters of the projector", "no DoRA", "--max-lora-rank"):
        assert words in said
    assert said.replace("\n", "\n- ") in (tmp_path / "out" / "README.md").read_text()


def test_bf16_halves_the_weights(run, merged, tmp_path):
    merge(run, tmp_path / "small", bf16=True)
    sizes = [(f / "model.safetensors").stat().st_size for f in (tmp_path / "small", merged)]
    assert 0.4 < sizes[0] / sizes[1] < 0.6
    found = transformers.AutoModelForImageTextToText.from_pretrained(tmp_path / "small")
    assert {p.dtype for p in found.parameters()} == {torch.bfloat16}


@pytest.mark.slow
@pytest.mark.parametrize("name", family_names())
def test_the_merged_model_of_every_family_is_whole_for_the_stock_class(name, tmp_path):
    family = family_of(name, "")
    family.twin(tmp_path / "base")
    tuned = load_backbone(str(tmp_path / "base"))
    parts = [part for part in family.lora_targets if part != "vision"]
    tuned.model = new_lora(tuned.model, family, parts, rank=2, alpha=4, dropout=0.0)
    torch.manual_seed(0)
    for parameter in tuned.model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    tuned.model = tuned.model.merge_and_unload()
    write_whole(tuned, tmp_path / "out", tmp_path / "base")
    auto = transformers.AutoModelForCausalLM
    if family.reads_images:
        auto = transformers.AutoModelForImageTextToText
        images = transformers.AutoImageProcessor.from_pretrained(tmp_path / "out")
        assert images.to_dict().get("size") == tuned.processor.image_processor.to_dict().get("size")
    read, said = auto.from_pretrained(
        tmp_path / "out", dtype=torch.float32, output_loading_info=True
    )
    assert not any(said.values())
    inputs = tuned.collate([tuned.encode(Prompt("Who?"))], pad_left=True)
    with torch.no_grad():
        assert torch.allclose(read(**inputs).logits, tuned.model.eval()(**inputs).logits, atol=1e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["RUN"], "one new folder is needed"),
        (["RUN", "NEW", "--merged", "OTHER"], "more than one new folder"),
        (["RUN", "--merged", "RUN"], "something of that name already"),
        (["RUN", "--adapter", "RUN"], "something of that name already"),
        (["RUN", "FILE/new"], "cannot be written"),
        (["RUN", "--merged", "FILE/new"], "cannot be written"),
        (["RUN", "--adapter", "FILE/new"], "cannot be written"),
        (["RUN", "--merged", "NEW", "--rank", "2"], "a merged model has no rank"),
        (["NOWHERE", "--merged", "NEW"], "not a run's folder"),
        (["NOWHERE", "--adapter", "NEW"], "not a run's folder"),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_written(run, tmp_path, words, said):
    places = {"RUN": run, "NEW": tmp_path / "n", "OTHER": tmp_path / "o", "NOWHERE": tmp_path}
    places["FILE/new"] = run / "recipe.yaml" / "new"
    result = CliRunner().invoke(app, ["export", *(str(places.get(one, one)) for one in words)])
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_line_and_leaves_nothing(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Backbone, "save", full)
    monkeypatch.setattr(serving, "write_adapter", lambda *_, **__: full())
    for write in (merge, plain_adapter):
        with pytest.raises(RmplError, match=r"the disk is full.*nothing was written"):
            write(run, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_model_that_was_trained_whole_has_no_adapter(twin, small_world, tmp_path):
    Run(recipe(twin, kind="full"), tmp_path / "run", small_world).train()
    with pytest.raises(RmplError, match=r"no adapter.*--merged"):
        plain_adapter(tmp_path / "run", tmp_path / "out")
    merge(tmp_path / "run", tmp_path / "out")
    one, other = load_trained(tmp_path / "run"), load_any(str(tmp_path / "out"))[0]
    for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(a, b)
