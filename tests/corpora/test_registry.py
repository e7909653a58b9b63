from __future__ import annotations

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
    with pytest.raises(RmplError, match=r"'dev\.json' is there"):
        read_corpus("jmee", twins, split="dev")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ace3000", "."), "no corpus named 'ace3000'; known: m2e2"),
        (("mnre", "nowhere"), "no such file or folder"),
        (("mnre", ".", "dev"), "its splits: train, val, test"),
        (("m2e2", ".", "train"), "none, leave it out"),
        (("mnre", ".", "train", "nowhere"), "no such images folder"),
    ],
)
def test_mistakes_are_named(arguments: tuple[str, ...], message: str) -> None:
    name, path, split, images = (*arguments, None, None)[:4]
    with pytest.raises(RmplError, match=message):
        read_corpus(name, path, split=split, images=images)
