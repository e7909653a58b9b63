"""PropBank on the English Web Treebank: an invented twin, mistakes, and the real files."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import text_events_of
from rmpl.corpora.propbank.frames import read_rolesets, role_name
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from shared import built_once

# Words with their universal tag, head (from 1) and relation; then the predicates' columns.
Row = tuple[str, str, int, str, str, str]
ATTACK: list[Row] = [
    ("The", "DET", 2, "det", "-", "(ARG0*"),
    ("rebels", "NOUN", 3, "nsubj", "-", "*)"),
    ("attacked", "VERB", 0, "root", "attack.01", "(V*)"),
    ("the", "DET", 6, "det", "-", "(ARG1*"),
    ("old", "ADJ", 6, "amod", "-", "*"),
    ("convoy", "NOUN", 3, "obj", "-", "*"),
    ("that", "PRON", 8, "nsubj", "-", "*"),
    ("came", "VERB", 6, "acl:relcl", "-", "*)"),
    ("near", "ADP", 10, "case", "-", "(ARGM-LOC*"),
    ("Aleppo", "PROPN", 3, "obl", "-", "*)"),
    (".", "PUNCT", 3, "punct", "-", "*"),
]
GO: list[Row] = [
    ("They", "PRON", 2, "nsubj", "-", "(ARG0*)"),
    ("went", "VERB", 0, "root", "go.02", "(V*)"),
    ("to", "ADP", 4, "case", "-", "(ARG4*"),
    ("Odessa", "PROPN", 2, "obl", "-", "*)"),
]
HAVE: list[Row] = [
    ("It", "PRON", 2, "nsubj", "-", "(ARG0*)"),
    ("has", "VERB", 0, "root", "have.03", "(V*)"),
    ("not", "PART", 2, "advmod", "-", "(ARGM-NEG*)"),
]
FRAMES = """<?xml version="1.0"?>
<!DOCTYPE frameset PUBLIC "-//PB//PropBank Frame v3.4" "http://example.org/frameset.dtd">
<frameset><predicate lemma="a">
<roleset id="attack.01" name="make an attack"><roles>
  <role n="0" f="PAG" descr="attacker"><rolelinks>
    <rolelink class="judgment-33" resource="VerbNet">agent</rolelink>
    <rolelink class="Attack" resource="FrameNet">assailant</rolelink></rolelinks></role>
  <role n="1" f="PPT" descr="attacked"/></roles>
  <lexlinks><lexlink class="Attack" resource="FrameNet"/></lexlinks></roleset>
<roleset id="go.02" name="go"><roles><role n="4" f="GOL" descr="end point"/></roles>
  <lexlinks><lexlink class="Motion" resource="FrameNet"/>
  <lexlink class="Travel" resource="FrameNet"/></lexlinks></roleset>
</predicate></frameset>"""


def skeleton(rows: list[Row], number: int) -> str:
    return "".join(
        f"google/ewt/weblog/00/d.xml {number} {i} [WORD] {row[1]} * - {row[4]} {row[5]}\n"
        for i, row in enumerate(rows)
    )


def conllu(rows: list[Row]) -> str:
    text = " ".join(row[0] for row in rows)
    lines = [
        f"{i}\t{word}\t_\t{tag}\t{tag}\t_\t{head}\t{relation}\t_\t_\n"
        for i, (word, tag, head, relation, _, _) in enumerate(rows, start=1)
    ]
    return f"# text = {text}\n" + "1-2\tThe rebels" + "\t_" * 8 + "\n" + "".join(lines)


def write(folder: Path, *sentences: list[Row], words: list[list[Row]] | None = None) -> Path:
    """Write a corpus of one document, with other words than its annotation if they are given."""
    texts = sentences if words is None else words
    for name, content in {
        "propbank/ewt.train.txt": "weblog/00/d.xml.conllu\n",
        "propbank/ewt.dev.txt": "weblog/00/e.xml.conllu\n",
        "propbank/ewt/weblog/00/d.xml.gold_skel": "\n".join(
            skeleton(rows, number) for number, rows in enumerate(sentences)
        ),
        "ud/weblog/d.conllu": "\n".join(conllu(rows) for rows in texts),
        "frames/a.xml": FRAMES,
        "frames/broken.xml": "<frameset>",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def test_types_are_mapped_and_arguments_are_heads(tmp_path: Path) -> None:
    report = ReadReport()
    (document,) = read_corpus("propbank", write(tmp_path, ATTACK, GO, HAVE), report=report)
    assert text_events_of(document) == [
        ("Conflict:Attack", "attacked", "Attacker: rebels", "Target: convoy", "Place: Aleppo"),
        ("Movement:Transport", "went", "Artifact: They", "Destination: Odessa"),
    ]
    assert len(document.sentences) == 3
    assert not document.partial
    assert report.used["predicates"] == 3
    assert report.left_out["a roleset of be, have, do or a light verb"] == 1


def test_all_predicates_by_the_names_of_frames(tmp_path: Path) -> None:
    report = ReadReport()
    write(tmp_path, ATTACK, GO, HAVE)
    (document,) = read_corpus("propbank", tmp_path, types="all", report=report)
    assert text_events_of(document) == [
        (
            "Attack",
            "attacked",
            "Assailant: The rebels",
            "Theme: the old convoy that came",
            "Place: near Aleppo",
        ),
        # Linked to two frames, so it keeps its own name.
        ("go.02", "went", "Agent: They", "Goal: to Odessa"),
    ]
    assert report.left_out["a frame file that is not XML"] == 1


def test_names_of_roles(tmp_path: Path) -> None:
    rolesets = read_rolesets(write(tmp_path, ATTACK) / "frames", ReadReport())
    attack = rolesets["attack.01"]
    named = [role_name(attack, one) for one in ("ARG0", "ARG1", "ARG2", "ARGM-TMP", "ARGM-NEG")]
    assert named == ["Assailant", "Theme", "Goal", "Time", None]
    assert role_name(None, "ARG1-DSP") == "Theme"


def test_motion_from_and_to_nowhere_is_left_out(tmp_path: Path) -> None:
    ahead = [*GO[:2], ("ahead", "ADV", 2, "advmod", "-", "(ARG4*)")]
    report = ReadReport()
    (document,) = read_corpus("propbank", write(tmp_path, ATTACK, ahead), report=report)
    assert [event[0] for event in text_events_of(document)] == ["Conflict:Attack"]
    assert len(document.sentences) == 1
    reason = "a sentence with a Movement:Transport that has no Origin or Destination or Vehicle"
    assert report.left_out[reason] == 1


def test_sentences_that_do_not_align_are_counted(tmp_path: Path) -> None:
    report = ReadReport()
    write(tmp_path, ATTACK, GO, words=[ATTACK, HAVE])
    (document,) = read_corpus("propbank", tmp_path, report=report)
    assert [event[1] for event in text_events_of(document)] == ["attacked"]
    assert report.left_out["a sentence that does not align with its words"] == 1
    # Another number of sentences: they are paired by their tags.
    write(tmp_path, HAVE, ATTACK, words=[GO, ATTACK, GO])
    (document,) = read_corpus("propbank", tmp_path, report=report)
    assert [event[1] for event in text_events_of(document)] == ["attacked"]
    assert report.left_out["a sentence that does not align with its words"] == 2


def test_missing_documents_are_counted(tmp_path: Path) -> None:
    report = ReadReport()
    write(tmp_path, ATTACK)
    assert list(read_corpus("propbank", tmp_path, split="dev", report=report)) == []
    (tmp_path / "ud" / "weblog" / "d.conllu").unlink()
    assert list(read_corpus("propbank", tmp_path, report=report)) == []
    assert report.left_out == {
        "a listed document without annotation": 1,
        "a document whose words are missing": 1,
    }


@pytest.mark.parametrize("missing", ["propbank/ewt.train.txt", "ud"])
def test_a_folder_without_a_part(tmp_path: Path, missing: str) -> None:
    (write(tmp_path, ATTACK) / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(RmplError, match=f"no {missing}"):
        read_corpus("propbank", tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("propbank/ewt/weblog/00/d.xml.gold_skel", "(ARG0*", "*", "a bracket that is not open"),
        ("propbank/ewt/weblog/00/d.xml.gold_skel", "*)", "*", "a bracket that is not closed"),
        ("propbank/ewt/weblog/00/d.xml.gold_skel", " (V*)", "", "fewer columns than predicates"),
        ("propbank/ewt/weblog/00/d.xml.gold_skel", " * - ", " ", "fewer than 8 columns"),
        ("ud/weblog/d.conllu", "\t_\n", "\n", "a line without 10 columns"),
        ("ud/weblog/d.conllu", "\t3\t", "\tx\t", "a head that is not a number"),
        ("ud/weblog/d.conllu", "\t3\t", "\t99\t", "a head outside the sentence"),
    ],
)
def test_malformed_files(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    path = write(tmp_path, ATTACK) / file
    path.write_text(path.read_text().replace(old, new, 1 if "bracket" in message else -1))
    with pytest.raises(RmplError, match=message):
        list(read_corpus("propbank", tmp_path))
    assert list(read_corpus("propbank", tmp_path, on_error="count")) == []


def test_real_documents(
    tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]
) -> None:
    archive = real_data("propbank_ewt") / "propbank_ewt.tar.xz"
    name = "blogspot.com_dakbangla_20041028153019_ENG_20041028_153019.xml"

    def build(folder: Path) -> None:
        with tarfile.open(archive, "r|xz") as files:
            for member in files:
                wanted = name in member.name or member.name.endswith(
                    ("ewt.train.txt", "/frames/attack.xml", "/frames/check.xml")
                )
                content = files.extractfile(member) if wanted else None
                if content is not None:
                    path = folder / member.name.partition("/")[2]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content.read())

    folder = built_once(tmp_path_factory, "propbank", build)
    report = ReadReport()
    (document,) = read_corpus("propbank", folder, report=report)
    assert document.id == name
    assert report.left_out["a listed document without annotation"] == 539
    assert {"Conflict:Attack", "Movement:Transport"} <= {
        event[0] for event in text_events_of(document)
    }
    lengths = [a.span.end - a.span.start for e in document.text_events for a in e.arguments]
    assert sum(length == 1 for length in lengths) > 0.8 * len(lengths)
    (whole,) = read_corpus("propbank", folder, types="all", report=report)
    assert len(whole.text_events) > 5 * len(document.text_events)
    assert report.left_out["a frame file that is not XML"] == 1
