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

from rmpl.corpora.mnre import NEGATIVE, parse_line, read_mnre
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.image_folders import MISSING
from rmpl.io.read_report import ReadReport
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
        str({**LINE, "img_id": "\ud800"}),
        str({**LINE, "img_id": ""}),
    ],
)
def test_a_broken_line_is_named_or_counted(tmp_path: Path, broken: str) -> None:
    path = write(tmp_path / "mnre_train.txt", LINE, broken, LINE)
    with pytest.raises(RmplError, match=r"mnre_train\.txt:2"):
        list(read_mnre(path, images=tmp_path))
    report = ReadReport()
    documents = list(read_mnre(path, images=tmp_path, on_error="count", report=report))
    assert len(documents) >= 2
    assert report.left_out.total() == report.refused == 1


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("literal", "tokens"),
    [
        ("['a', 'b']", ["a", "b"]),
        ("[\"it's\", 'b']", ["it's", "b"]),
        ("['\"', 'a', '\"']", ['"', "a", '"']),
        ("['\"', \"'\", '\"']", ['"', "'", '"']),
        ('[\'say "hi"\', "don\'t"]', ['say "hi"', "don't"]),
        ("['a' 'b', 'c']", ["ab", "c"]),
        ("['''a''', 'b']", ["a", "b"]),
        (r"['\x41\n', 'b']", ["A\n", "b"]),
    ],
)
def test_every_way_of_quoting_is_read(literal: str, tokens: list[str]) -> None:
    line = str(LINE).replace(str(LINE["token"]), literal)
    assert parse_line(line.encode(), "f:1").token == tokens


@given(st.lists(texts, min_size=1, max_size=6), texts, st.one_of(texts, st.integers()))
def test_the_fast_way_reads_what_python_reads(
    tokens: list[str], name: str, image: str | int
) -> None:
    record = {**LINE, "token": tokens, "h": {"name": name, "pos": [0, 1]}, "img_id": image}
    line = str(record).encode("utf-8")
    parsed = parse_line(line, "f:1")
    assert parsed == msgspec.convert(ast.literal_eval(line.decode("utf-8")), type(parsed))


def published(page: Path, version: str) -> dict[str, Counter[str]]:
    """Read the label counts of a version, split by split, from the table that describes it."""
    counts: dict[str, Counter[str]] = {split: Counter() for split in ("train", "val", "test")}
    table = page.read_text(encoding="utf-8").split(f"| {version} relation |")[1].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        label, *numbers = (cell.strip() for cell in row.strip("|").split("|"))
        for split, number in zip(counts, numbers, strict=True):
            counts[split][NEGATIVE if label == "none" else label] = int(number)
    return counts


@pytest.mark.parametrize(
    ("version", "labels", "lines"),
    [("v2", 23, [12_247, 1_624, 1_614]), ("v1", 31, [7_824, 975, 1_282])],
)
def test_the_real_files_have_the_published_labels(
    real_data: Callable[[str], Path], version: str, labels: int, lines: list[int]
) -> None:
    folder = real_data(f"mnre/{version}")
    expected = published(folder.parents[2] / "FORMATS.md", version)
    assert [counter.total() for counter in expected.values()] == lines
    assert len({label for counter in expected.values() for label in counter}) == labels
    for split, counts in expected.items():
        report = ReadReport()
        documents = list(read_corpus("mnre", folder, split=split, report=report))
        assert Counter(document.relations[0].label for document in documents) == +counts
        assert not report.left_out
