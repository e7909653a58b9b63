"""Reading the gold of a score."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from builders import m2e2_event, m2e2_image
from rmpl.corpora.gold import read_gold
from rmpl.corpora.m2e2.files import REPEATED, UNLINKED
from rmpl.errors import RmplError
from rmpl.records import Box, Span
from rmpl.scoring import score


def sentence(name: str, *starts: int, kind: str = "Life:Die") -> dict:
    return {
        "sentence_id": name,
        "golden-entity-mentions": [{"start": 0, "end": 1, "text": "He", "entity-type": "PER"}],
        "golden-event-mentions": [
            m2e2_event(kind, start, start + 1, ("Victim", 0, 1)) for start in starts
        ],
    }


def image(kind: str = "Life:Die") -> dict:
    return m2e2_image(kind, Victim=[["1", 1, 2, 30, 40], ["0", 1, 2, 50, 60]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "text_only_event.json": [sentence("A_0", 1), sentence("A_1"), sentence("B_0", 2)],
        "text_multimedia_event.json": [sentence("A_0", 3)],
        "image_only_event.json": {"B_1": image()},
        "image_multimedia_event.json": {"A_0": image("Conflict:Attack")},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "crossmedia_coref.txt").write_text("A_0\tA_0.jpg\tLife:Die\n", encoding="utf-8")
    (tmp_path / "image_ids.txt").write_text("A_0\nB_1\nC_0\n", encoding="utf-8")
    return tmp_path


def test_both_files_are_merged_and_rows_become_links(folder: Path) -> None:
    gold = read_gold(folder)
    assert [document.id for document in gold.documents] == ["A", "B", "C"]
    first = gold.documents[0]
    assert [event.trigger for event in first.text_events] == [Span(1, 2), Span(3, 4)]
    assert [(link.text, link.image) for link in first.links] == [("t2", "i1")]
    assert [a.box for a in first.image_events[0].arguments] == [
        Box(1, 2, 30, 40),
        Box(1, 2, 50, 60, group=True),
    ]
    assert gold.candidates is not None
    assert gold.candidates.sentences == {"A_0": "A", "A_1": "A", "B_0": "B"}
    assert gold.candidates.images == {"A_0": "A", "B_1": "B", "C_0": "C"}


def test_entities_are_read_where_they_are_needed(folder: Path) -> None:
    documents = read_gold(folder, entities=True).documents
    assert documents[0].sentences[0].entities == (Span(0, 1),)
    assert score(documents, documents, "gold-entities")["text_are"].tp == 2
    assert read_gold(folder).documents[0].sentences == ()


def test_without_a_list_the_pictures_are_the_candidates(folder: Path) -> None:
    (folder / "image_ids.txt").unlink()
    (folder / "images").mkdir()
    (folder / "images" / "D_0.jpg").touch()
    candidates = read_gold(folder).candidates
    assert candidates is not None
    assert set(candidates.images) == {"A_0", "B_1", "D_0"}


@pytest.mark.parametrize("row", ["A_1\tA_0.jpg\tLife:Die", "A_0\tB_1.jpg\tLife:Die", "A_0"])
def test_a_link_to_nothing_is_named(row: str, folder: Path) -> None:
    (folder / "crossmedia_coref.txt").write_text(row, encoding="utf-8")
    with pytest.raises(RmplError, match=r"crossmedia_coref.txt:1: no multimedia event"):
        read_gold(folder)


def test_two_multimedia_events_in_a_sentence_are_ambiguous(folder: Path) -> None:
    content = json.dumps([sentence("A_0", 1, 2)])
    (folder / "text_multimedia_event.json").write_text(content, encoding="utf-8")
    with pytest.raises(RmplError, match="A_0: two multimedia events"):
        read_gold(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "image_only_event.json").unlink()
    with pytest.raises(RmplError, match=r"image_only_event.json: no such file"):
        read_gold(folder)


def test_a_jsonl_gold_says_nothing_about_candidates(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"doc_id": "A"}\n', encoding="utf-8")
    gold = read_gold(path)
    assert [document.id for document in gold.documents] == ["A"]
    assert gold.candidates is None


def test_a_link_that_is_cut_off_is_named(folder: Path) -> None:
    links = folder / "crossmedia_coref.txt"
    whole = links.read_bytes()
    for cut in (3, 12, len(whole) - 3):
        links.write_bytes(whole[:cut])
        with pytest.raises(RmplError, match=r"crossmedia_coref\.txt:1"):
            read_gold(folder)


def test_repeated_links_count_once_and_missing_ones_are_said(folder: Path) -> None:
    links = folder / "crossmedia_coref.txt"
    whole = links.read_text()
    links.write_text(whole * 3)
    gold = read_gold(folder)
    assert [len(one.links) for one in gold.documents] == [1, 0, 0]
    assert gold.report.warnings == {REPEATED: 2}
    assert read_gold(folder).deviations == [f"2 x {REPEATED}"]
    links.write_text("")
    assert read_gold(folder).report.warnings == {UNLINKED: 2}


def test_counts_that_are_not_the_releases_are_said(folder: Path) -> None:
    assert read_gold(folder).deviations == []
    for path in folder.iterdir():
        path.write_text(re.sub(r"\b([ABC])_", r"VOA_EN_NW_2017.\1_", path.read_text()))
    assert "1 links instead of 309" in read_gold(folder).deviations
