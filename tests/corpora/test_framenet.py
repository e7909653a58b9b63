"""FrameNet's full texts and examples: an invented twin, mistakes, and the real files."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import text_events_of
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from shared import built_once

NAMESPACE = 'xmlns="http://framenet.icsi.berkeley.edu"'
TEXT = "Two rebels from the north attacked the old harbour ."


def label(text: str, part: str, name: str) -> str:
    start = text.index(part)
    return f'<label name="{name}" start="{start}" end="{start + len(part) - 1}"/>'


def annotated(text: str, target: str, frame: str = "", unit: str = "", **elements: str) -> str:
    """An annotation set; ``target`` may be several parts, separated by ``+``."""
    named = f' frameName="{frame}" luName="{unit}"' if frame else ""
    targets = "".join(label(text, part, "Target") for part in target.split("+") if part)
    labels = "".join(label(text, part, name) for name, part in elements.items())
    return (
        f'<annotationSet ID="{zlib.crc32(f"{text} {target}".encode())}" status="MANUAL"{named}>'
        f'<layer rank="1" name="Target">{targets}</layer>'
        f'<layer rank="1" name="FE">{labels}<label name="Weapon" itype="INI"/></layer>'
        f'<layer rank="2" name="FE">{label(text, text.split(maxsplit=1)[0], "Time")}</layer>'
        "</annotationSet>"
    )


def sentence(text: str, *sets: str) -> str:
    unannotated = (
        '<annotationSet ID="1" status="UNANN"><layer rank="1" name="PENN"/></annotationSet>'
    )
    return f"<sentence><text>{text}</text>{unannotated}{''.join(sets)}</sentence>"


ATTACK = annotated(
    TEXT,
    "attacked",
    "Attack",
    "attack.v",
    Assailant="Two rebels from the north",
    Victim="the old harbour",
)


def write(folder: Path, *sentences: str, unit: str = "", frame: str = "Attack") -> Path:
    """Write a release: one full text, and the same sentences as examples of a unit."""
    for name in ("Attack", "Killing", "Arriving", "Motion", "Weather"):
        (folder / "frame").mkdir(exist_ok=True)
        (folder / "frame" / f"{name}.xml").write_text(f"<frame {NAMESPACE}/>")
    for name, tag, attributes in (
        ("fulltext/D.xml", "fullTextAnnotation", ""),
        ("lu/lu1.xml", "lexUnit", f'name="{unit or "attack.v"}" frame="{frame}"'),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        body = "<valences><FE>not read</FE></valences>" + "".join(sentences)
        (folder / name).write_text(f"<{tag} {attributes} {NAMESPACE}>{body}</{tag}>")
    return folder


def test_a_full_text_is_complete(tmp_path: Path) -> None:
    rain = "It rained ."
    weather = annotated(rain, "rained", "Weather", "rain.v")
    report = ReadReport()
    write(tmp_path, sentence(TEXT, ATTACK), sentence("Nobody looked ."), sentence(rain, weather))
    (document,) = read_corpus("framenet", tmp_path, report=report)
    assert [one.text for one in document.sentences] == [TEXT, rain]
    assert text_events_of(document) == [
        ("Conflict:Attack", "attacked", "Attacker: rebels", "Target: harbour")
    ]
    assert not document.partial
    assert report.left_out["a sentence without any frame set"] == 1
    assert report.left_out["an event type outside the schema"] == 1


def test_every_frame_is_kept_as_published(tmp_path: Path) -> None:
    write(tmp_path, sentence(TEXT, ATTACK))
    (document,) = read_corpus("framenet", tmp_path, types="all")
    assert text_events_of(document) == [
        (
            "Attack",
            "attacked",
            "Assailant: Two rebels from the north",
            "Victim: the old harbour",
        )
    ]
    (document,) = read_corpus("framenet", tmp_path, types="all", extents="heads")
    assert text_events_of(document)[0][2:] == ("Assailant: rebels", "Victim: harbour")


def test_an_example_marks_one_event(tmp_path: Path) -> None:
    write(tmp_path, sentence(TEXT, annotated(TEXT, "attacked", Assailant="Two rebels")))
    (document,) = read_corpus("framenet_examples", tmp_path)
    assert document.partial
    assert text_events_of(document) == [("Conflict:Attack", "attacked", "Attacker: rebels")]
    write(tmp_path, sentence(TEXT, ATTACK), frame="Weather")
    assert list(read_corpus("framenet_examples", tmp_path)) == []


MOTION = "The market went up and the ship arrived in Odessa ."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (annotated(MOTION, "arrived", "Arriving", Theme="the ship", Goal="in Odessa"), 1),
        (annotated(MOTION, "arrived", "Arriving", Theme="the ship"), 0),  # from or to nowhere
        (annotated(MOTION, "went", "Motion", Theme="The market"), 0),  # near to Transport
        (annotated(MOTION, "went+arrived", "Arriving", Goal="in Odessa"), 0),  # discontinuous
        (annotated(MOTION, "", "Arriving", Goal="in Odessa"), 0),
    ],
)
def test_what_is_no_transport_for_sure_is_no_negative_either(
    tmp_path: Path, text: str, kept: int
) -> None:
    report = ReadReport()
    write(tmp_path, sentence(TEXT, ATTACK), sentence(MOTION, text))
    (document,) = read_corpus("framenet", tmp_path, report=report)
    assert len(document.sentences) == 1 + kept
    left_out = sum(n for reason, n in report.left_out.items() if reason.startswith("a sentence"))
    assert left_out == 1 - kept


def test_a_noun_that_names_a_participant_is_no_event(tmp_path: Path) -> None:
    text = "The killer fled ."
    write(
        tmp_path, sentence(text, annotated(text, "killer", "Killing", "killer.n", Killer="killer"))
    )
    report = ReadReport()
    assert list(read_corpus("framenet", tmp_path, report=report)) == []
    assert report.left_out["a noun that names a participant"] == 1


def test_a_target_is_no_argument_of_its_own(tmp_path: Path) -> None:
    text = "They cycled to Odessa ."
    ride = annotated(
        text, "cycled", "Arriving", "cycle.v", Mode_of_transportation="cycled", Goal="to Odessa"
    )
    write(tmp_path, sentence(text, ride))
    (document,) = read_corpus("framenet", tmp_path)
    assert text_events_of(document) == [("Movement:Transport", "cycled", "Destination: Odessa")]


def test_an_unknown_frame_is_counted(tmp_path: Path) -> None:
    report = ReadReport()
    write(tmp_path, sentence(TEXT, ATTACK), frame="Nothing")
    (tmp_path / "frame" / "Attack.xml").unlink()
    assert list(read_corpus("framenet", tmp_path, report=report, types="all")) == []
    assert list(read_corpus("framenet_examples", tmp_path, report=report, types="all")) == []
    assert report.left_out["an unknown frame"] == 1
    assert report.left_out["a lexical unit of an unknown frame"] == 1


@pytest.mark.parametrize("corpus", ["framenet", "framenet_examples"])
def test_a_label_outside_the_text(tmp_path: Path, corpus: str) -> None:
    outside = ATTACK.replace('end="', 'end="9')
    write(tmp_path, sentence(TEXT, outside), sentence(TEXT, ATTACK))
    with pytest.raises(RmplError, match=r"characters 26 to 934 of 52: a label outside the text"):
        list(read_corpus(corpus, tmp_path))
    report = ReadReport()
    (document,) = read_corpus(corpus, tmp_path, on_error="count", report=report)
    assert len(document.sentences) == 1
    assert report.refused == 1


@pytest.mark.parametrize(
    ("corpus", "missing"),
    [("framenet", "fulltext"), ("framenet_examples", "lu"), ("framenet", "frame")],
)
def test_a_folder_without_a_part(tmp_path: Path, corpus: str, missing: str) -> None:
    write(tmp_path, sentence(TEXT, ATTACK))
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(
        RmplError, match=f"no XML files in {missing}/.*give the folder of a FrameNet"
    ):
        read_corpus(corpus, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<fullText", "not XML"),
        ("<other/>", "not a FrameNet file"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "with declarations"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path, sentence(TEXT, ATTACK))
    (tmp_path / "fulltext" / "D.xml").write_text(content)
    with pytest.raises(RmplError, match=message):
        list(read_corpus("framenet", tmp_path))
    assert list(read_corpus("framenet", tmp_path, on_error="count")) == []


def test_a_declaration_around_a_part_that_is_left_out_is_refused(tmp_path: Path) -> None:
    write(tmp_path, sentence(TEXT, ATTACK))
    path = tmp_path / "fulltext" / "D.xml"
    hidden = '<!DOCTYPE a [<!ENT<valences>x</valences>ITY b "c">]>'
    path.write_text(hidden + path.read_text())
    with pytest.raises(RmplError, match="with declarations"):
        list(read_corpus("framenet", tmp_path))


def test_real_examples(
    tmp_path_factory: pytest.TempPathFactory, real_data: Callable[[str], Path]
) -> None:
    """All frames and two lexical units; the full texts lie behind 570 MB of the archive."""
    archive = real_data("framenet") / "fndata-1.5.tar.xz"

    def build(folder: Path) -> None:
        with tarfile.open(archive, "r|xz") as files:
            for member in files:
                content = files.extractfile(member)
                if content is not None:
                    path = folder / member.name.partition("/")[2]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content.read())
                if len(list((folder / "lu").glob("*.xml"))) == 2:
                    return

    folder = built_once(tmp_path_factory, "framenet", build)
    assert len(list((folder / "frame").glob("*.xml"))) == 1019
    report = ReadReport()
    documents = list(read_corpus("framenet_examples", folder, types="all", report=report))
    assert len(documents) == report.used["annotation sets"] > 0
    assert all(document.partial and len(text_events_of(document)) == 1 for document in documents)
    assert any(len(text_events_of(document)[0]) > 3 for document in documents)
