from __future__ import annotations

import json
from pathlib import Path

import pytest

from rmpl.corpora.registry import CORPORA, read_corpus
from rmpl.errors import RmplError


def test_evaluation_data_is_marked() -> None:
    assert [name for name, corpus in CORPORA.items() if not corpus.trains] == [
        "m2e2",
        "predictions",
    ]


def test_a_folder_needs_the_splits_file(twins: Path) -> None:
    with pytest.raises(RmplError, match=r"'dev\.json' found"):
        read_corpus("jmee", twins, split="dev")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ace3000", "."), "no corpus named 'ace3000'; did you mean ace\\? known: m2e2"),
        (("mnre", "nowhere"), "no such file or folder"),
        (("mnre", ".", "dev"), "its splits: train, val, test"),
        (("m2e2", ".", "train"), "none, leave it out"),
        (("mnre", ".", "train", "nowhere"), "no such image folder"),
    ],
)
def test_mistakes_are_named(arguments: tuple[str, ...], message: str) -> None:
    name, path, split, images = (*arguments, None, None)[:4]
    with pytest.raises(RmplError, match=message):
        read_corpus(name, path, split=split, images=images)


def test_a_file_that_is_another_split_is_refused(twins: Path, tmp_path: Path) -> None:
    (tmp_path / "mnre_test.txt").write_bytes((twins / "mnre_v2.txt").read_bytes())
    assert len(list(read_corpus("mnre", tmp_path / "mnre_test.txt", split="test"))) == 2
    with pytest.raises(RmplError, match="not the train split; omit --split"):
        read_corpus("mnre", tmp_path / "mnre_test.txt", split="train")
    with pytest.raises(RmplError, match="one file has no splits"):
        read_corpus("ace", twins / "SYN_EN_0001.sgm", split="train")


def test_near_types_of_rams_have_a_name_of_their_own(tmp_path: Path) -> None:
    record = {
        "doc_key": "d",
        "sentences": [["They", "threatened", "him"]],
        "evt_triggers": [[1, 1, [["contact.threatencoerce.meet", 1.0]]]],
        "gold_evt_links": [[[1, 1], [0, 0], "evt001arg01communicator"]],
    }
    path = tmp_path / "train.jsonlines"
    path.write_text(json.dumps(record))
    assert list(read_corpus("rams", path)) == []
    (document,) = read_corpus("rams_loose", path)
    assert document.text_events[0].event_type == "Contact:Meet"
