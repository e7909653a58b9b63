"""Model cards, and what is pushed of a run; no hub is asked."""

import importlib
import json
import re
import shutil

import huggingface_hub
import pytest
import yaml
from typer.testing import CliRunner

import rmpl
from digests import without_digests
from rmpl.cli.main import app
from rmpl.errors import RmplError
from rmpl.recipe.recipe import Recipe, load_recipe
from rmpl.runs import hub
from rmpl.runs.card import card_of
from rmpl.runs.hub import pack, send
from rmpl.runs.origins import record_scored
from rmpl.runs.weights import read_metadata
from rmpl.training.run import Run, load_trained
from viewer.payloads import HOSTILE

# The hub's library talks through httpx or httpx2, whichever it was made for.
httpx = importlib.import_module(huggingface_hub.errors.HTTPError.__module__.partition(".")[0])
SCORE = {"tp": 1200, "n_pred": 2400, "n_gold": 3000, "p": 50.0, "r": 40.0, "f1": 44.44}


def recipe(model, kind="lora") -> Recipe:
    stage = {
        "steps": 2,
        "batch": 2,
        "adapter": {"kind": kind, "rank": 2, "alpha": 4, "parts": ["language"]},
    }
    return Recipe.model_validate(
        {
            "name": "card-test",
            "precision": "fp32",
            "data": "/somewhere/secret",
            "backbone": {"model": str(model), "style": "brief", "box_step": 20},
            "corpora": {
                "ace": {"reader": "jmee", "path": "ace"},
                "swig": {"reader": "swig", "path": "swig"},
            },
            "stages": [
                {"name": "one", "mixture": [{"task": "text-events", "corpora": ["ace"]}], **stage},
                {
                    "name": "two",
                    "start": "one",
                    "by": "merge",
                    "mixture": [
                        {"task": "text-emi", "corpora": ["ace"], "weight": 3},
                        {"task": "image-emi", "corpora": ["swig"], "weight": 1},
                    ],
                    **stage,
                },
            ],
        }
    )


@pytest.fixture(scope="module")
def trained(twin, small_world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    Run(recipe(twin), folder, small_world).train()
    return folder


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


def names(parcel):
    return {upload.name for upload in parcel.uploads}


def test_a_finished_run_has_a_card_and_its_weights_say_whose_they_are(trained, twin):
    card = (trained / "README.md").read_text()
    _, front, body = card.split("---\n", 2)
    head = yaml.safe_load(front)
    assert head["library_name"] == "peft"
    assert "base_model" not in head  # a folder of this machine is nothing the hub knows
    assert "| ace | jmee | first |" in body
    assert "sentences" in body
    assert "text-emi (ace) 75%, image-emi (swig) 25%" in body
    assert "not checked for contamination with M2E2" in body
    assert "Linguistic Data Consortium" not in body  # the synthetic corpus has ACE's format only
    assert "trained on generated sentences and drawn images only" in body
    assert "- ace: rmpl's synthetic corpus" in body
    assert str(twin) not in card
    assert "/somewhere" not in card
    assert "2 steps of 2" in body
    assert f"with rmpl {rmpl.__version__}" in body
    read = json.loads((trained / "run.json").read_text())["read"]
    assert read["ace"]["used"]["sentences"] > 0
    about = read_metadata(trained / "two" / "adapter" / "adapter_model.safetensors")
    assert (about["recipe"], about["stage"], about["format"]) == ("card-test", "two", "pt")


def test_of_published_corpora_the_card_gives_the_terms_and_the_formats_of_0_1_are_not_claimed(run):
    about = json.loads((run / "run.json").read_text())
    for origin in about["origins"].values():
        origin["synthetic"] = False
    (run / "run.json").write_text(json.dumps(about))
    assert "- ace: ACE 2005 (LDC2006T06): under the agreement" in card_of(run)
    assert "generated" not in card_of(run)
    del about["origins"]  # as version 0.1 wrote it
    (run / "run.json").write_text(json.dumps(about))
    assert "Linguistic Data Consortium, if it is the published corpus." in card_of(run)


def test_the_card_adds_up_what_many_types_leave_out(run):
    about = json.loads((run / "run.json").read_text())
    left = {f"event type a.b{n} outside the schema": n for n in range(1, 40)}
    left |= {
        "role x of a.b outside the schema": 3,
        **{f"a reason of kind {n}": 1 for n in range(9)},
    }
    about["read"]["ace"]["left_out"] = left
    (run / "run.json").write_text(json.dumps(about))
    card = card_of(run)
    assert "| 780 an event type outside the schema, 3 a role outside the schema, 1 a reason" in card
    assert "5 for other reasons |" in card


def test_the_card_says_what_scores_were_measured_on_and_what_is_calibrated(run, small_world):
    (run / "metrics.json").write_text(json.dumps({"strict": {"text_emi": SCORE}}))
    assert "Measured" not in card_of(run)
    assert "confidences are not calibrated" in card_of(run)
    record_scored(run, small_world / "m2e2")
    assert "Measured on rmpl's synthetic corpus" in card_of(run)
    measured = {"items": 9, "right": 5}
    scales = {"text-emi": {"measured": measured}, "same-event": {"measured": None}}
    data = "40 held-out documents"
    (run / "calibration.json").write_text(json.dumps({"scales": scales, "data": data}))
    assert "Only the confidences of text-emi are calibrated, on 40 held-out documents" in card_of(
        run
    )


def test_what_a_recipe_names_and_no_stage_reads_is_not_in_the_card(run):
    without_digests(run)
    tree = load_recipe(run / "recipe.yaml").model_dump(mode="json")
    tree["corpora"]["unread"] = {"reader": "mnre", "path": "mnre"}
    (run / "recipe.yaml").write_text(yaml.safe_dump(tree))
    before = card_of(run).partition("## Recipe")[0]
    assert "unread" not in before


def test_scores_that_came_later_are_in_the_card_that_is_pushed(run):
    assert "None yet" in card_of(run)
    metrics = {"strict": {"text_emi": SCORE}, "gold-entities": {"x": SCORE | {"gold_given": True}}}
    (run / "metrics.json").write_text(json.dumps(metrics))
    card = next(upload for upload in pack(run).uploads if upload.name == "README.md")
    assert "| strict | text_emi | 50.0 | 40.0 | 44.4 | 1,200 / 2,400 / 3,000 |" in str(card.source)
    assert "gold given" in str(card.source)


def test_the_base_and_its_licence_are_named(run):
    without_digests(run)
    tree = load_recipe(run / "recipe.yaml").model_dump(mode="json")
    tree["backbone"]["model"] = "Qwen/Qwen2.5-VL-3B-Instruct"
    (run / "recipe.yaml").write_text(yaml.safe_dump(tree))
    head = yaml.safe_load(card_of(run).split("---\n", 2)[1])
    assert head["base_model"] == "Qwen/Qwen2.5-VL-3B-Instruct"
    assert head["base_model_relation"] == "adapter"
    assert head["license"] == "other"
    assert "no commercial use" in head["license_name"]
    assert 'subfolder="two/adapter"' in card_of(run)


def test_what_goes_up_is_what_loading_needs_and_nothing_else(run, tmp_path):
    (run / "predictions.jsonl").write_text("{}")
    (run / "report.html").write_text("<p>")
    parcel = pack(run)
    assert names(parcel) >= {
        "README.md",
        "recipe.yaml",
        "two/trained.json",
        "two/adapter-0/adapter_model.safetensors",
        "two/adapter/adapter_model.safetensors",
        "two/adapter/adapter_config.json",
    }
    assert not {name for name in names(parcel) if name.startswith("one/")}
    # run.json tells the machine's paths.
    assert {"predictions.jsonl", "report.html", "run.json"} <= set(parcel.left)
    assert "others need model, too" in parcel.notes[0]
    arrived = tmp_path / "arrived"
    for upload in parcel.uploads:
        path = arrived / upload.name
        path.parent.mkdir(parents=True, exist_ok=True)
        source = upload.source
        path.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
        assert path.stat().st_size == upload.size
    assert "/somewhere" not in (arrived / "recipe.yaml").read_text()
    base = json.loads((run / "two" / "trained.json").read_text())["base"]
    shutil.copytree(base, arrived / "two" / "model")
    assert load_trained(arrived).settings.box_step == 20


def test_a_model_trained_whole_goes_up_whole(twin, small_world, tmp_path):
    Run(recipe(twin, kind="full"), tmp_path, small_world).train()
    assert "two/model/model.safetensors" in names(pack(tmp_path))
    assert read_metadata(tmp_path / "two" / "model" / "model.safetensors")["stage"] == "two"


def test_a_pickle_is_refused(run):
    (run / "two" / "adapter" / "training_args.bin").write_bytes(b"\x80\x04N.")
    with pytest.raises(RmplError, match=r"training_args\.bin.*pickle.*nothing was uploaded"):
        pack(run)


def test_an_unfinished_run_is_refused(run, tmp_path):
    (run / "two" / "trained.json").unlink()
    with pytest.raises(RmplError, match="no finished stage"):
        pack(run)
    with pytest.raises(RmplError, match="not a run's folder"):
        pack(tmp_path)


class FakeHub:
    """The hub as the code sees it: one repository, private unless it is there and public."""

    error: Exception | None = None
    is_public = False

    def __init__(self):
        self.made = []
        self.commits = []

    def create_repo(self, name, *, private, exist_ok):
        if self.error is not None:
            raise self.error
        self.made.append((name, private, exist_ok))
        return huggingface_hub.RepoUrl(f"https://huggingface.co/{name}")

    def model_info(self, name):
        return huggingface_hub.ModelInfo(id=name, private=not self.is_public)

    def create_commit(self, name, operations, commit_message):
        self.commits.append((name, [one.path_in_repo for one in operations], commit_message))


@pytest.fixture
def fake(monkeypatch):
    fake = FakeHub()
    monkeypatch.setattr(hub.huggingface_hub, "HfApi", lambda: fake)
    monkeypatch.setattr(hub.huggingface_hub, "get_token", lambda: "hf_token")
    return fake


def test_a_push_is_one_private_commit(run, fake):
    address = send(pack(run), "me/model", public=False, message="first")
    assert address == "https://huggingface.co/me/model"
    assert fake.made == [("me/model", True, True)]
    ((name, paths, message),) = fake.commits
    assert (name, message) == ("me/model", "first")
    assert set(paths) == names(pack(run))


def test_a_public_repository_is_used_only_if_that_is_meant(run, fake):
    fake.is_public = True
    with pytest.raises(RmplError, match=r"is public.*--public"):
        send(pack(run), "me/model", public=False, message="m")
    assert not fake.commits
    send(pack(run), "me/model", public=True, message="m")
    assert fake.commits


def _refusal(status):
    response = httpx.Response(status, request=httpx.Request("POST", "https://huggingface.co/api"))
    return huggingface_hub.errors.HfHubHTTPError(f"{status} Client Error", response=response)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("Name or service not known"), "cannot be reached.*a network"),
        (OSError("broken"), "cannot be reached"),
        (_refusal(403), "refuses.*token that may write"),
        (_refusal(500), "refuses.*later"),
        (huggingface_hub.errors.HFValidationError("no"), "no such name.*OWNER/NAME"),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_line(run, fake, error, said):
    fake.error = error
    with pytest.raises(RmplError, match=said):
        send(pack(run), "me/model", public=False, message="m")


def test_without_a_token_nothing_is_tried(run, fake, monkeypatch):
    monkeypatch.setattr(hub.huggingface_hub, "get_token", lambda: None)
    result = CliRunner().invoke(app, ["push", str(run), "me/model"])
    assert result.exit_code == 2
    assert "hf auth login" in result.output
    assert not fake.made


def test_a_dry_run_lists_and_sends_nothing(run, fake):
    (run / "predictions.jsonl").write_text("{}")
    result = CliRunner().invoke(app, ["push", str(run), "me/model", "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "two/adapter/adapter_model.safetensors" in result.output
    assert "not uploaded" in result.output
    assert "me/model would be private" in result.output
    assert not fake.made


def test_a_calibration_of_a_newer_version_is_refused_not_quoted(run):
    scales = {"text-emi": {"measured": {}}}
    about = {"format": "rmpl-calibration/2", "scales": scales}
    (run / "calibration.json").write_text(json.dumps(about))
    with pytest.raises(RmplError, match=r"calibration\.json: written by a newer rmpl"):
        card_of(run)


def test_a_card_names_the_versions_that_trained_not_the_one_that_writes_it(
    run, twin, small_world, monkeypatch
):
    monkeypatch.setattr("rmpl.__version__", "9.9.9")
    monkeypatch.setattr("rmpl.runs.card.__version__", "9.9.9")
    weights = run / "two" / "adapter" / "adapter_model.safetensors"
    before = read_metadata(weights)
    Run(recipe(twin), run, small_world).train()
    about = json.loads((run / "run.json").read_text())
    assert [one["trains"] for one in about["starts"]] == [["one", "two"], []]
    assert "9.9.9" not in (run / "README.md").read_text()
    assert read_metadata(weights) == before
    about["starts"][1]["trains"] = ["two"]
    (run / "run.json").write_text(json.dumps(about))
    assert f"trained with rmpl {rmpl.__version__}" not in card_of(run)
    assert re.search(r"trained with rmpl \S+ and 9\.9\.9:", card_of(run))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_add_no_markup_to_a_card(run, text):
    without_digests(run)
    name = text.encode("utf-8", "replace").decode()
    tree = load_recipe(run / "recipe.yaml").model_dump(mode="json")
    tree["corpora"][name] = tree["corpora"]["ace"] | {"split": name}
    tree["stages"][0]["mixture"][0]["corpora"] = [name]
    (run / "recipe.yaml").write_text(yaml.safe_dump(tree))
    (run / "metrics.json").write_text(json.dumps({name: {name: SCORE}}))
    about = json.loads((run / "run.json").read_text())
    about["read"][name] = {"used": {name: 3}, "left_out": {name: 1}}
    about["starts"][-1]["versions"][name] = name
    (run / "run.json").write_text(json.dumps(about))
    card = card_of(run)
    prose, _, recipe_of = card.split("---\n", 2)[2].partition("## Recipe")
    outside_code = re.sub(r"`[^`\n]*`", "", prose)
    assert not re.search(r"<[a-zA-Z/!]", outside_code)
    assert not re.search(r"(?<!\\)\]\(", outside_code)
    rows = [line for line in prose.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {6, 7, 8}
    marks = recipe_of.split()[0].removesuffix("yaml")
    assert recipe_of.count(marks) == 2


def test_only_files_that_training_writes_go_up_and_none_through_a_link(run, tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/config.json").write_text("{}")
    adapter = run / "two" / "adapter"
    (adapter / "notes.txt").symlink_to(tmp_path / "secret")
    (adapter / ".env").write_text("HF_TOKEN=hf_x")
    (adapter / "more").symlink_to(tmp_path / "elsewhere")
    (run / "metrics.json").symlink_to(tmp_path / "secret")
    before = names(pack(run))
    assert not {name for name in before if name.endswith(("notes.txt", ".env", "config.json"))} - {
        f"two/{folder}/adapter_config.json" for folder in ("adapter", "adapter-0")
    }
    assert "metrics.json" not in before
    stays = {"two/adapter/notes.txt", "two/adapter/.env", "two/adapter/more", "metrics.json"}
    assert stays <= set(pack(run).left)
    config = adapter / "adapter_config.json"
    config.rename(tmp_path / "config")
    config.symlink_to(tmp_path / "config")
    with pytest.raises(RmplError, match=r"adapter_config\.json: a link.*nothing was uploaded"):
        pack(run)


def test_a_folder_of_weights_that_is_a_link_is_refused(run, tmp_path):
    (run / "two" / "adapter").rename(tmp_path / "adapter")
    (run / "two" / "adapter").symlink_to(tmp_path / "adapter")
    with pytest.raises(RmplError, match="a link"):
        pack(run)


def test_an_adapter_that_is_not_there_is_one_line(run):
    shutil.rmtree(run / "two" / "adapter")
    with pytest.raises(
        RmplError, match=r"adapter_config\.json: not the file that training wrote: no such file"
    ):
        pack(run)


@pytest.mark.parametrize(
    "record",
    [
        '{"base"',
        "[" * 100_000,
        '{"base": "x", "adapters": ["../../etc"], "settings": {}, "fingerprint": ""}',
        '{"base": "x", "adapters": ["/etc"], "settings": {}, "fingerprint": ""}',
        '{"base": "x", "adapters": [".."], "settings": {}, "fingerprint": ""}',
        '{"base": "' + "x" * 5000 + '", "adapters": [], "settings": {}, "fingerprint": ""}',
    ],
)
def test_a_record_of_a_stage_that_names_other_places_or_is_broken_is_one_line(run, record):
    (run / "two" / "trained.json").write_text(record)
    for use in (pack, load_trained):
        with pytest.raises(RmplError, match=r"two/trained\.json") as refused:
            use(run)
        assert "\n" not in str(refused.value)
