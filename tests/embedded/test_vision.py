"""The vision tower's own training: what each token has to tell, and that it is learnt."""

import pytest
import torch

from rmpl.backbones import embedded
from rmpl.backbones.backbone import load_backbone
from rmpl.embedded.vision import (
    NamedImages,
    VisionPretraining,
    collate,
    vocabulary,
)
from rmpl.recipe.recipe import OptimizerRecipe, SourceRecipe, StageRecipe
from rmpl.records import Box, Document, Image, ImageArgument, ImageEvent
from rmpl.runs.curve import read_curve
from rmpl.synthetic.gallery import write_gallery
from rmpl.training.loop.stage import Schedule, fit


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(embedded.NAME)


@pytest.fixture
def gallery(tmp_path):
    return write_gallery(tmp_path / "gallery", 6, seed=5)


def drawn(tmp_path, *things):
    """Return a document of a grey picture, 112 by 112, with things at boxes."""
    import PIL.Image

    path = tmp_path / "grey.png"
    PIL.Image.new("RGB", (112, 112), "grey").save(path)
    arguments = tuple(ImageArgument("thing", Box(*box), gloss=gloss) for gloss, box in things)
    return Document(
        id="d",
        images=(Image("d", str(path), 112, 112),),
        image_events=(ImageEvent("d", "d", "scene", arguments),),
    )


def test_the_vocabulary_leaves_function_words_out(gallery):
    known = vocabulary(gallery)
    assert known == sorted(set(known))
    assert not {"a", "an", "in"} & set(known)


def test_tokens_have_the_words_of_objects_that_cover_them_the_smaller_in_front(backbone, tmp_path):
    document = drawn(
        tmp_path, ("red tent", (0, 0, 112, 56)), ("man in a blue coat", (48, 0, 64, 56))
    )
    known = vocabulary([document])
    seen = NamedImages([document], backbone, known, 1)[0]
    assert seen.words.shape == (49, len(known))
    told = [{known[i] for i in row.nonzero().flatten()} for row in seen.words]
    front = [{known[i] for i in row.nonzero().flatten()} for row in seen.front]
    assert told[0] == {"red", "tent"}
    assert told[3] == {"red", "tent", "man", "blue", "coat"}
    assert front[3] == {"man", "blue", "coat"}
    assert seen.box[3].tolist() == pytest.approx([48 / 112, 0, 64 / 112, 0.5])
    assert told[-1] == set()
    assert seen.owned.tolist() == [bool(words) for words in told]


def test_a_thing_between_the_middles_of_cells_still_has_one(backbone, tmp_path):
    document = drawn(tmp_path, ("phone", (30, 30, 34, 34)))
    seen = NamedImages([document], backbone, ["phone"], 1)[0]
    assert seen.owned.sum() == 1


def test_the_tower_learns_and_the_rest_of_the_model_stays(backbone, gallery, tmp_path):
    known = vocabulary(gallery)
    torch.manual_seed(0)
    seer = VisionPretraining(backbone.model.model.visual, 192, len(known))
    embeddings = backbone.model.get_input_embeddings().weight.clone()
    stage = StageRecipe(
        name="seeing",
        mixture=[SourceRecipe(task="name", corpora=["gallery"])],
        steps=12,
        batch=6,
        optimizer=OptimizerRecipe(name="muon", learning_rate=0.002, warmup=1, decay=0.2),
    )
    fit(
        seer,
        NamedImages(gallery, backbone, known, 12 * 6),
        collate,
        tmp_path / "seeing",
        Schedule(stage, steps=12, seed=1),
    )
    losses = [point["loss"] for point in read_curve(tmp_path / "seeing" / "curve.jsonl")]
    assert losses[-1] < losses[0]
    assert torch.equal(embeddings, backbone.model.get_input_embeddings().weight)
