from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rmpl.ontology import load_ontology, load_relations
from rmpl.synthetic.story.names import TEST_NAMES, TRAIN_NAMES
from rmpl.synthetic.story.situations_plan import SITUATIONS
from rmpl.synthetic.text.posts import LABELS

ONTOLOGY = load_ontology("m2e2")
SENTENCE_KEYS = [
    "sentence_id",
    "sentence_start",
    "sentence_end",
    "sentence",
    "words",
    "index",
    "pos-tags",
    "combined-parsing",
    "golden-entity-mentions",
    "golden-event-mentions",
    "image",
]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def sentences(world: Path, kind: str) -> list[dict[str, Any]]:
    return load(world / "m2e2" / f"text_{kind}_event.json")


def pictures(world: Path, kind: str) -> dict[str, Any]:
    return load(world / "m2e2" / f"image_{kind}_event.json")


def links(world: Path) -> list[list[str]]:
    text = (world / "m2e2" / "crossmedia_coref.txt").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


# M2E2


@pytest.mark.parametrize("kind", ["only", "multimedia"])
def test_m2e2_sentences_keep_the_conventions_of_offsets(small_world: Path, kind: str) -> None:
    for record in sentences(small_world, kind):
        assert list(record) == SENTENCE_KEYS
        sentence, start = record["sentence"], record["sentence_start"]
        assert record["sentence_end"] - start == len(sentence)
        assert not sentence.endswith(".")
        assert len(record["words"]) == len(record["index"]) == len(record["pos-tags"])
        full = sentence + "." if record["words"][-1] == "." else sentence
        for word, (first, last) in zip(record["words"], record["index"], strict=True):
            assert full[int(first) - start : int(last) - start + 1] == word
        parse = record["combined-parsing"]
        assert sum(arc.endswith("gov=-1") for arc in parse) == 1


@pytest.mark.parametrize("kind", ["only", "multimedia"])
def test_m2e2_spans_are_the_texts_they_say(small_world: Path, kind: str) -> None:
    for record in sentences(small_world, kind):
        entities = {(e["start"], e["end"]) for e in record["golden-entity-mentions"]}
        assert len(entities) == len(record["golden-entity-mentions"])
        for event in record["golden-event-mentions"]:
            parts = [event["trigger"], *event["arguments"]]
            for part in [*parts, *record["golden-entity-mentions"]]:
                words = record["words"][part["start"] : part["end"]]
                assert part["text"].replace(" ", "") == "".join(words)
            for argument in event["arguments"]:
                assert (argument["start"], argument["end"]) in entities
                assert argument["role"] in ONTOLOGY.events[event["event_type"]].text


def test_m2e2_multimedia_sentences_have_one_event_each(small_world: Path) -> None:
    multimedia = sentences(small_world, "multimedia")
    assert all(len(record["golden-event-mentions"]) == 1 for record in multimedia)
    for kind in ("only", "multimedia"):
        ids = [record["sentence_id"] for record in sentences(small_world, kind)]
        assert len(set(ids)) == len(ids)


def test_m2e2_sentences_of_both_files_have_other_events_in_each(small_world: Path) -> None:
    only = {record["sentence_id"]: record for record in sentences(small_world, "only")}
    for record in sentences(small_world, "multimedia"):
        twin = only.get(record["sentence_id"])
        if twin is not None:
            assert twin["words"] == record["words"]
            assert twin["golden-event-mentions"]
            assert record["golden-event-mentions"][0] not in twin["golden-event-mentions"]


def test_m2e2_images_have_boxes_inside_and_known_roles(small_world: Path) -> None:
    flags: Counter[str] = Counter()
    for kind in ("only", "multimedia"):
        for image_id, record in pictures(small_world, kind).items():
            with Image.open(small_world / "m2e2" / "images" / f"{image_id}.jpg") as image:
                width, height = image.size
            for role, boxes in record["role"].items():
                assert role in ONTOLOGY.events[record["event_type"]].image
                for flag, x1, y1, x2, y2 in boxes:
                    flags[flag] += 1
                    assert 1 <= x1 < x2 <= width
                    assert 1 <= y1 < y2 <= height
    assert set(flags) == {"0", "1"}
    assert flags["1"] > flags["0"]


def test_m2e2_links_name_sentences_and_pictures_of_one_article(small_world: Path) -> None:
    told = {r["sentence_id"]: r for r in sentences(small_world, "multimedia")}
    shown = pictures(small_world, "multimedia")
    rows = links(small_world)
    assert {row[0] for row in rows} == set(told)
    assert {row[1].removesuffix(".jpg") for row in rows} == set(shown)
    for sentence, image, event_type in rows:
        assert sentence.rsplit("_", 1)[0] == image.rsplit("_", 1)[0]
        assert image in told[sentence]["image"]
        assert told[sentence]["golden-event-mentions"][0]["event_type"] == event_type
        assert shown[image.removesuffix(".jpg")]["event_type"] == event_type


def test_m2e2_image_ids_are_the_pictures(small_world: Path) -> None:
    ids = (small_world / "m2e2" / "image_ids.txt").read_text(encoding="utf-8").split()
    assert sorted(p.stem for p in (small_world / "m2e2" / "images").iterdir()) == sorted(ids)
    assert not set(pictures(small_world, "only")) & set(pictures(small_world, "multimedia"))
    listed = {name for r in sentences(small_world, "only") for name in r["image"]}
    assert listed <= {f"{image_id}.jpg" for image_id in ids}


# ACE


def test_ace_records_are_those_of_jmee(small_world: Path) -> None:
    for split in ("train", "dev"):
        for record in load(small_world / "ace" / f"{split}.json"):
            size = len(record["words"])
            for layer in ("pos-tags", "lemma", "chunk", "conll-head", "stanford-colcc"):
                assert len(record[layer]) == size
            mentions = {(m["start"], m["end"]) for m in record["golden-entity-mentions"]}
            for event in record["golden-event-mentions"]:
                assert event["event_type"] in ONTOLOGY.events
                for argument in event["arguments"]:
                    assert (argument["start"], argument["end"]) in mentions
                    words = record["words"][argument["start"] : argument["end"]]
                    assert argument["text"].replace(" ", "") == "".join(words)


def test_training_and_test_text_share_no_name(small_world: Path) -> None:
    train = {w for r in load(small_world / "ace" / "train.json") for w in r["words"]}
    test = {w for kind in ("only", "multimedia") for r in sentences(small_world, kind)
            for w in r["words"]}  # fmt: skip
    assert not train & TEST_NAMES.words()
    assert not test & TRAIN_NAMES.words()


# SWiG


def test_swig_records_fit_their_pictures_and_their_space(small_world: Path) -> None:
    space = load(small_world / "swig" / "imsitu_space.json")
    slots = empty = ungrounded = 0
    for split in ("train", "dev"):
        for name, record in load(small_world / "swig" / f"{split}.json").items():
            assert name.rsplit("_", 1)[0] == record["verb"]
            order = space["verbs"][record["verb"]]["order"]
            assert list(record["bb"]) == order
            assert len(record["frames"]) == 3
            with Image.open(small_world / "swig" / "images" / name) as image:
                assert image.size == (record["width"], record["height"])
            for role in order:
                nouns = [frame[role] for frame in record["frames"]]
                assert all(noun == "" or noun in space["nouns"] for noun in nouns)
                x1, y1, x2, y2 = record["bb"][role]
                if x1 < 0:
                    assert [x1, y1, x2, y2] == [-1, -1, -1, -1]
                    ungrounded += 1
                else:
                    assert 0 <= x1 < x2 <= record["width"]
                    assert 0 <= y1 < y2 <= record["height"]
                    slots += 3
                    empty += nouns.count("")
    assert 0 < empty < 0.15 * slots
    assert ungrounded


def test_swig_shows_every_mapped_verb_and_near_misses(small_world: Path) -> None:
    verbs = Counter(r["verb"] for r in load(small_world / "swig" / "train.json").values())
    assert {v for v, s in SITUATIONS.items() if s.event_type is not None} <= set(verbs)
    misses = sum(n for verb, n in verbs.items() if SITUATIONS[verb].event_type is None)
    assert 0.45 < misses / sum(verbs.values()) < 0.65


def test_swig_nouns_tell_the_look_first(small_world: Path) -> None:
    nouns = load(small_world / "swig" / "imsitu_space.json")["nouns"]
    glosses = [noun["gloss"] for noun in nouns.values()]
    assert ["man in a red coat", "man"] in glosses
    assert ["men in red coats", "men"] in glosses
    assert all(noun.startswith("n9") and len(noun) == 9 for noun in nouns)


# MNRE


def mnre_lines(world: Path, split: str) -> list[dict[str, Any]]:
    text = (world / "mnre" / f"mnre_{split}.txt").read_text(encoding="utf-8")
    return [ast.literal_eval(line) for line in text.splitlines()]


@pytest.mark.parametrize("split", ["train", "val"])
def test_mnre_lines_are_those_of_version_2(small_world: Path, split: str) -> None:
    for line in mnre_lines(small_world, split):
        assert list(line) == ["token", "h", "t", "img_id", "relation"]
        assert len(line["token"]) <= 35
        for side in ("h", "t"):
            start, end = line[side]["pos"]
            assert line[side]["name"] == " ".join(line["token"][start:end])
            assert line[side]["name"]
        assert line["h"]["pos"] != line["t"]["pos"]
        assert (small_world / "mnre" / "img_org" / split / line["img_id"]).is_file()


def test_mnre_labels_are_mostly_negative(small_world: Path) -> None:
    labels = Counter(line["relation"] for line in mnre_lines(small_world, "train"))
    assert set(labels) == set(LABELS) <= set(load_relations("mnre")["v2"])
    assert 0.5 < labels["None"] / sum(labels.values()) < 0.7
