from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

from rmpl.corpora.ace.raw import read_ace, read_names
from rmpl.corpora.ace.text import split_source
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.records import Span

SOURCE = """<DOC>
<DOCID> d </DOCID>
<BODY>
<TEXT>
Pro-Iraq AT&amp;T staff said "No" and
left. He died.
<POSTER> Ann </POSTER>
They met.
</TEXT>
</BODY>
</DOC>
"""


def plain(source: str) -> str:
    return re.sub(r"<[^<>]*>", "", source)


def test_positions_count_the_text_without_tags() -> None:
    sentences = split_source(SOURCE, "f")
    assert [s.text for s in sentences] == [
        'Pro-Iraq AT&T staff said "No" and left.',
        "He died.",
        "Ann",
        "They met.",
    ]
    text = plain(SOURCE)
    for sentence in sentences:
        for (start, end), first, last in zip(
            sentence.tokens, sentence.starts, sentence.ends, strict=True
        ):
            assert text[first:last].replace("&amp;", "&") == sentence.text[start:end]


def test_a_mention_within_a_word_is_the_word() -> None:
    first = split_source(SOURCE, "f")[0]
    start = plain(SOURCE).index("Iraq")
    span = first.span(start, start + 4)
    assert span is not None
    assert first.sentence("s", []).slice(span) == "Pro-Iraq"


def test_a_mention_over_two_sentences_is_none() -> None:
    text = plain(SOURCE)
    first, second, *_ = split_source(SOURCE, "f")
    start, end = text.index("left"), text.index("died") + 4
    assert first.span(start, end) is None
    assert second.span(start, end) is None
    assert second.span(text.index("died"), end) == Span(1, 2)


@pytest.mark.parametrize("source", ["", "<DOC>", "plain text", "<TEXT></TEXT", "<TEXT>&amp;lt;"])
def test_odd_sources_give_sentences_or_an_error(source: str) -> None:
    try:
        sentences = split_source(source, "f")
    except RmplError as error:
        assert "f" in str(error)
    else:
        assert all(sentence.tokens for sentence in sentences)


def test_heads_differ_from_extents(twins: Path, tmp_path: Path) -> None:
    for ending in (".sgm", ".apf.xml"):
        shutil.copy(twins / f"SYN_EN_0001{ending}", tmp_path)
    annotation = tmp_path / "SYN_EN_0001.apf.xml"
    wide = annotation.read_text().replace(
        '<head><charseq START="113" END="124">Two soldiers',
        '<head><charseq START="117" END="124">soldiers',
    )
    annotation.write_text(wide)
    victims = {}
    for extent in ("extent", "head"):
        (document,) = read_ace(tmp_path, extent=extent)
        victims[extent] = document.text_events[1].arguments[0].span
    assert victims == {"extent": Span(0, 2), "head": Span(1, 2)}


def test_the_corrected_copy_is_taken_and_the_split_kept(twins: Path, tmp_path: Path) -> None:
    for folder in ("fp1", "timex2norm"):
        (tmp_path / folder).mkdir()
        for ending in (".sgm", ".apf.xml"):
            shutil.copy(twins / f"SYN_EN_0001{ending}", tmp_path / folder)
    (tmp_path / "fp1" / "SYN_EN_0001.apf.xml").write_text("broken")
    (tmp_path / "dev.txt").write_text("bn/SYN_EN_0001.sgm\nSYN_EN_0002\n")
    names = read_names(tmp_path / "dev.txt")
    report = ReadReport()
    assert len(list(read_ace(tmp_path, names=names, report=report))) == 1
    assert report.cases == {"a missing document of the split": ["SYN_EN_0002"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('END="63"', 'END="x"'),
        ("</source_file>", ""),
        ('REFID="SYN_EN_0001-E00-1"', 'REFID="nobody"'),
        ("<document ", "<paper "),
        ("<extent>", "<other>"),
    ],
)
def test_a_broken_annotation_is_named_or_counted(
    twins: Path, tmp_path: Path, old: str, new: str
) -> None:
    shutil.copy(twins / "SYN_EN_0001.sgm", tmp_path)
    text = (twins / "SYN_EN_0001.apf.xml").read_text()
    (tmp_path / "SYN_EN_0001.apf.xml").write_text(text.replace(old, new))
    with pytest.raises(RmplError, match=r"SYN_EN_0001\.apf\.xml"):
        list(read_ace(tmp_path))
    report = ReadReport()
    assert list(read_ace(tmp_path, on_error="count", report=report)) == []
    assert report.left_out.total() == 1


def test_a_mention_that_comes_twice_is_named(twins: Path, tmp_path: Path) -> None:
    shutil.copy(twins / "SYN_EN_0001.sgm", tmp_path)
    text = (twins / "SYN_EN_0001.apf.xml").read_text()
    ids = list(dict.fromkeys(re.findall(r'<entity_mention ID="([^"]+)"', text)))
    (tmp_path / "SYN_EN_0001.apf.xml").write_text(text.replace(ids[1], ids[0]))
    with pytest.raises(RmplError, match=rf"<entity_mention ID={ids[0]}> is repeated"):
        list(read_ace(tmp_path))


def test_characters_that_are_not_utf_8_are_warned_of(twins: Path, tmp_path: Path) -> None:
    shutil.copy(twins / "SYN_EN_0001.apf.xml", tmp_path)
    source = (twins / "SYN_EN_0001.sgm").read_bytes()
    (tmp_path / "SYN_EN_0001.sgm").write_bytes(source.replace(b"Rebels", b"R\xe9bels"))
    report = ReadReport()
    (document,) = read_ace(tmp_path, report=report)
    assert len(document.text_events) == 8
    assert report.warnings == {"a source with characters that are not UTF-8": 1}


def test_a_missing_library_is_named_at_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "nupunkt", None)
    with pytest.raises(RmplError, match=r"pip install 'rmpl\[ace\]'"):
        list(read_ace(tmp_path, on_error="count"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=r"no \.sgm files"):
        list(read_ace(tmp_path))
