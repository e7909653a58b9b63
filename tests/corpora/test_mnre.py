from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmpl.corpora.mnre import parse_line, read_mnre
from rmpl.corpora.pictures import MISSING
from rmpl.corpora.registry import read_corpus
from rmpl.corpora.report import ReadReport
from rmpl.errors import RmplError
from rmpl.records import Span

LINE = {
    "token": ["Ana", "Reyes", "joins", "Lima"],
    "h": {"name": "Ana Reyes", "pos": [0, 2]},
    "t": {"name": "Lima", "pos": [3, 4]},
    "img_id": "a.jpg",
    "relation": "/per/org/member_of",
}


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_relation_with_an_image(twins: Path) -> None:
    first, second = read_mnre(twins / "mnre_v2.txt")
    assert first.id == "mnre_v2_1"
    sentence, relation = first.sentences[0], first.relations[0]
    assert sentence.slice(relation.head) == "Ana Reyes"
    assert sentence.slice(relation.tail) == "Lima Rovers"
    assert relation.label == "/per/org/member_of"
    assert relation.image_id == first.images[0].id == "twitter_stream_2026_01_01_0_0_2_1"
    assert second.relations[0].label == "None"
    assert "'s" in second.sentences[0].words()


def test_version_1_is_brought_into_the_form_of_version_2(twins: Path) -> None:
    first, second = read_mnre(twins / "mnre_v1.txt")
    assert first.images[0].id == "71532"
    assert first.relations[0].tail == Span(0, 2)
    assert second.relations[0].label == "None"


def test_pictures_are_looked_up_in_every_split_folder(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / "img_org" / split).mkdir(parents=True)
    PIL.Image.new("RGB", (7, 5)).save(tmp_path / "img_org" / "test" / "a.jpg")
    write(tmp_path / "mnre_train.txt", LINE, {**LINE, "img_id": "b.jpg"})
    report = ReadReport()
    found, missing = read_corpus("mnre", tmp_path, split="train", report=report)
    assert (found.images[0].width, found.images[0].height) == (7, 5)
    assert found.images[0].path == str(tmp_path / "img_org" / "test" / "a.jpg")
    assert missing.images[0].path is None
    assert report.warnings == {MISSING: 1}


@pytest.mark.parametrize(
    "broken",
    [
        "__import__('os').getcwd()",
        "{'token': ['a']}",
        "{",
        "[" * 5_000,
        str({**LINE, "relation": "/per/per/enemy"}),
        str({**LINE, "h": {"name": "x", "pos": [3, 9]}}),
        str({**LINE, "token": []}),
        str({**LINE, "token": ["Ana", "\ud800", "x", "y"]}),
        str({**LINE, "img_id": "../../etc/passwd"}),
    ],
)
def test_a_broken_line_is_named_or_counted(tmp_path: Path, broken: str) -> None:
    path = write(tmp_path / "mnre_train.txt", LINE, broken, LINE)
    with pytest.raises(RmplError):
        list(read_mnre(path, images=tmp_path))
    report = ReadReport()
    documents = list(read_mnre(path, images=tmp_path, on_error="count", report=report))
    assert len(documents) >= 2
    assert report.left_out.total() == 1


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(st.lists(texts, min_size=1, max_size=6), texts, st.one_of(texts, st.integers()))
def test_the_fast_way_reads_what_python_reads(
    tokens: list[str], name: str, image: str | int
) -> None:
    record = {**LINE, "token": tokens, "h": {"name": name, "pos": [0, 1]}, "img_id": image}
    line = str(record).encode("utf-8")
    parsed = parse_line(line, "f:1")
    assert parsed == msgspec.convert(ast.literal_eval(line.decode("utf-8")), type(parsed))


@pytest.mark.parametrize(
    ("version", "labels", "counts"),
    [
        ("v2", 23, {"train": 12_247, "val": 1_624, "test": 1_614}),
        ("v1", 31, {"train": 7_824, "val": 975, "test": 1_282}),
    ],
)
def test_the_real_files_are_read_to_the_last_line(
    real_data: Callable[[str], Path], version: str, labels: int, counts: dict[str, int]
) -> None:
    folder = real_data(f"mnre/{version}")
    seen: Counter[str] = Counter()
    for split, expected in counts.items():
        report = ReadReport()
        documents = list(read_corpus("mnre", folder, split=split, report=report))
        assert len(documents) == expected
        assert not report.left_out
        seen.update(document.relations[0].label for document in documents)
    assert len(seen) == labels
    assert seen["None"] == {"v2": 9_718, "v1": 6_080}[version]
    assert seen["/per/org/member_of"] == {"v2": 1_103, "v1": 978}[version]
