"""The loss of target tokens: the same in every family, however a step is cut up."""

import PIL.Image
import pytest
import torch

from rmpl.backbones.backbone import IGNORE, load_backbone
from rmpl.backbones.families import family_names, family_of
from rmpl.errors import RmplError
from rmpl.records import Image
from rmpl.tasks import Prompt
from rmpl.training.data.samples import collator
from rmpl.training.loop.losses import Tally, count_targets, target_losses
from rmpl.training.parallel.shares import share_out


@pytest.fixture(scope="module", params=family_names())
def backbone(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin") / request.param
    family_of(request.param, request.param).twin(folder)
    loaded = load_backbone(str(folder))
    loaded.model.eval()
    return loaded


@pytest.fixture(scope="module")
def samples(backbone, tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "one.jpg"
    PIL.Image.effect_noise((70, 50), 60).convert("RGB").save(path)
    image = Image("one", str(path), 70, 50)
    return [
        (Prompt("Police fired on three men."), '[{"type":"Conflict:Attack"}]'),
        (Prompt("Which events?", image if backbone.family.reads_images else None), "[]"),
        (Prompt("Who?"), '[{"role":"Target","span":"men"}]'),
    ]


def test_losses_are_those_of_the_full_logits(backbone, samples):
    batch = backbone.collate([backbone.encode(*sample) for sample in samples], pad_left=False)
    labels = batch.pop("labels")
    with torch.no_grad():
        few = target_losses(backbone.model, batch, labels)
        logits = backbone.model(**batch).logits[:, :-1]
    wanted = labels[:, 1:] != IGNORE
    full = torch.nn.functional.cross_entropy(
        logits[wanted], labels[:, 1:][wanted], reduction="none"
    )
    assert len(few) == count_targets(labels) == int(wanted.sum())
    assert torch.allclose(few, full, atol=1e-5)


def test_logits_are_made_only_where_a_target_is_to_be_written(backbone, samples):
    batch = backbone.collate([backbone.encode(*sample) for sample in samples], pad_left=False)
    labels = batch.pop("labels")
    rows = []
    head = backbone.model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _, __, made: rows.append(made[..., 0].numel()))
    with torch.no_grad():
        target_losses(backbone.model, batch, labels)
    hook.remove()
    assert rows == [int(count_targets(labels))]
    assert rows[0] < labels.numel() / 2


def test_a_batch_without_padding_needs_no_mask(backbone, samples):
    collate = collator(backbone)
    for sample in samples:
        encoded = backbone.encode(*sample)
        batch = collate([(3, encoded), (3, encoded)])
        assert (batch.pop("source"), batch.pop("anchor")) == (3, 0)
        assert "attention_mask" not in batch
        labels = batch.pop("labels")
        masked = backbone.collate([encoded, encoded], pad_left=False)
        del masked["labels"]
        with torch.no_grad():
            without = target_losses(backbone.model, batch, labels)
            full = target_losses(backbone.model, masked, labels)
        assert torch.allclose(without, full, atol=1e-5)
    two = [(0, backbone.encode(*sample)) for sample in samples]
    assert "attention_mask" in collate(two)


def test_losses_are_told_by_source():
    tally = Tally(["text", "pictures", "never"], torch.device("cpu"))
    tally.add(0, torch.tensor([1.0, 2.0]))
    tally.add(1, torch.tensor([5.0]))
    tally.add(0, torch.tensor([6.0]))
    assert tally.means() == {"loss/text": 3.0, "loss/pictures": 5.0}
    assert tally.means() == {}


def test_losses_are_told_by_task_where_it_has_several_sources():
    tally = Tally(["emi(ace)", "emi(rams)", "are(ace)"], torch.device("cpu"))
    for source, losses in enumerate(([1.0], [2.0, 6.0], [4.0])):
        tally.add(source, torch.tensor(losses))
    told = tally.means()
    assert told.pop("loss/emi") == 3.0
    assert told == {"loss/emi(ace)": 1.0, "loss/emi(rams)": 4.0, "loss/are(ace)": 4.0}


@pytest.mark.parametrize(
    ("step", "shared"),
    [
        ((16, 1, 1, 1), (16, 1)),
        ((16, 1, 4, 1), (4, 4)),
        ((16, 1, 1, 8), (2, 1)),  # every process gets a part of every batch
        ((16, 2, 4, 8), (2, 2)),
        ((3, 2, 1, 2), (3, 1)),  # three samples cannot be halved: each process takes a batch
    ],
)
def test_a_step_has_the_same_samples_on_any_number_of_processes(step, shared):
    batch, accumulate, _, processes = step
    assert share_out(*step) == shared
    assert shared[0] * shared[1] * processes == batch * accumulate


def test_a_step_that_cannot_be_shared_out_is_refused():
    with pytest.raises(RmplError, match="cannot be divided among 2 processes"):
        share_out(3, 1, 1, 2)
    with pytest.raises(RmplError, match="split into 5"):
        share_out(16, 1, 5, 1)
