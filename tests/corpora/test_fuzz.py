"""Whatever a file holds, its reader gives valid documents or one clear error."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora import test_framenet, test_propbank
from corpora.test_framenet import ATTACK, TEXT
from rmpl.corpora.registry import CORPORA, read_corpus
from rmpl.errors import RmplError
from rmpl.io.documents import write_documents
from rmpl.io.validity import check_document
from rmpl.predictions.file import write_predictions
from rmpl.records import Document

pytestmark = pytest.mark.slow
TWINS = Path(__file__).resolve().parents[1] / "data" / "format_twins"
# The same cases on every run, because a red build must come from a change; others on demand.
MORE = os.environ.get("FUZZ_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 30),
    derandomize=MORE is None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# The corpus's name, and the file of a twin that is broken.
CASES = {
    "jmee": "jmee.json",
    "oneie": "oneie.jsonl",
    "textee": "textee.jsonl",
    "dygiepp": "dygiepp.jsonl",
    "rams": "rams.jsonlines",
    "rams_silver": "rams.jsonlines",
    "wikievents": "wikievents.jsonl",
    "swig": "swig.json",
    "imsitu": "imsitu.json",
    "mnre": "mnre_v2.txt",
    "ace": "SYN_EN_0001.apf.xml",
    "documents": "documents.jsonl",
    "predictions": "predictions.jsonl",
    "m2e2": "text_multimedia_event.json",
    "framenet": "fulltext/D.xml",
    "framenet_examples": "lu/lu1.xml",
    "propbank": "propbank/ewt/weblog/00/d.xml.gold_skel",
    "brat": "brat.ann",
    "label_studio": "label_studio.json",
    "doccano": "doccano.jsonl",
    "webanno": "webanno.tsv",
    "coco": "coco.json",
}
NO_JSON = {"ace", "framenet", "framenet_examples", "propbank", "brat", "webanno"}
SAME_READER = {"ace_heads": "ace", "rams_loose": "rams"}
LINES = [name for name, file in CASES.items() if file.endswith((".jsonl", ".jsonlines", ".txt"))]

RELEASES: dict[str, Callable[[Path], Path]] = {
    "framenet": lambda folder: test_framenet.write(folder, test_framenet.sentence(TEXT, ATTACK)),
    "framenet_examples": lambda folder: test_framenet.write(
        folder, test_framenet.sentence(TEXT, ATTACK)
    ),
    "propbank": lambda folder: test_propbank.write(folder, test_propbank.ATTACK, test_propbank.GO),
}
M2E2: dict[str, Any] = {
    "text_only_event.json": [],
    "text_multimedia_event.json": [
        {
            "sentence_id": "D_0",
            "sentence_start": 5,
            "sentence": "He died",
            "words": ["He", "died", "."],
            "index": [["5", "6"], ["8", "11"], ["12", "12"]],
            "golden-entity-mentions": [{"start": 0, "end": 1}],
            "golden-event-mentions": [
                {
                    "event_type": "Life:Die",
                    "trigger": {"start": 1, "end": 2},
                    "arguments": [{"role": "Victim", "start": 0, "end": 1}],
                }
            ],
            "image": ["D_0.jpg"],
        }
    ],
    "image_only_event.json": {},
    "image_multimedia_event.json": {
        "D_0": {"role": {"Victim": [["1", 1, 2, 3, 4]]}, "event_type": "Life:Die"}
    },
    "crossmedia_coref.txt": "D_0\tD_0.jpg\tLife:Die\n",
}


def prepare(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a whole corpus; give the path to read and the file to break."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    file = folder / CASES[name]
    if name == "m2e2":
        for part, content in M2E2.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / part).write_text(text)
        return folder, file
    if name in RELEASES:
        return RELEASES[name](folder), file
    if name == "documents":
        write_documents(read_corpus("textee", TWINS / "textee.jsonl"), file)
        return file, file
    if name == "predictions":
        write_predictions(read_corpus("m2e2", prepare(folder / "m2e2", "m2e2")[0]), file)
        return file, file
    shutil.copy(TWINS / CASES[name], file)
    if name == "ace":
        shutil.copy(TWINS / "SYN_EN_0001.sgm", folder)
        return folder, file
    if name == "brat":
        shutil.copy(TWINS / "brat.txt", folder)
    return file, file


def read(name: str, path: Path, folder: Path) -> list[Document]:
    """Read in both ways; what comes out must be valid, what is raised must say where."""
    try:
        strict = list(read_corpus(name, path))
    except RmplError as error:
        check_error(error, name, folder)
        strict = None
    try:
        lenient = list(read_corpus(name, path, on_error="count"))
    except RmplError as error:
        check_error(error, name, folder)
        assert strict is None
        return []
    for document in lenient:
        check(document, name)
    if strict is not None:
        assert lenient == strict
    return lenient


def check(document: Document, name: str) -> None:
    """Hold a document to what the rest of the program relies on."""
    msgspec.json.encode(document)
    if CORPORA[name].whole:
        check_document(document, name)
        return
    assert document.id
    spans = [event.trigger for event in document.text_events]
    assert all(span.start < span.end for span in spans)


def check_error(error: RmplError, name: str, folder: Path) -> None:
    """Hold an error to its form: it begins with the file and, where there are lines, the line."""
    assert str(error).startswith(str(folder))
    if name in LINES:
        assert re.match(r"[^:]+:\d+\b", str(error)) or "annot be read" in str(error)


def skip_without_libraries(name: str) -> None:
    if name == "ace" and not all(importlib.util.find_spec(m) for m in ("nupunkt", "nltk")):
        pytest.skip("raw ACE needs nupunkt and NLTK")


def test_every_reader_is_here() -> None:
    assert set(CORPORA) == CASES.keys() | SAME_READER


@pytest.mark.parametrize("name", CASES)
def test_the_whole_corpus_is_read(tmp_path: Path, name: str) -> None:
    skip_without_libraries(name)
    path, _ = prepare(tmp_path / "corpus", name)
    assert read(name, path, tmp_path)


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(data=st.data())
def test_bytes_that_were_changed(tmp_path: Path, name: str, data: st.DataObject) -> None:
    skip_without_libraries(name)
    path, file = prepare(tmp_path / "corpus", name)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        length = data.draw(st.sampled_from([0, 1, 5, 200]))
        odd = st.sampled_from(
            [b"", b'"', b"'", b"\\", b"{", b"]", b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\0", b"-9"]
        )
        content[start : start + length] = data.draw(odd | st.binary(max_size=6))
    file.write_bytes(content)
    read(name, path, tmp_path)


STRANGE = st.one_of(
    st.none(),
    st.integers(-3, 40),
    st.sampled_from(["", " ", "\u00a0", "\u2028", "\ufeff", "\ud800", "x\ny", "../x", "a" * 300]),
    st.sampled_from([1e300, float("nan"), 2**70]),
    st.text(max_size=5),
    st.lists(st.integers(-1, 3), max_size=3),
    st.just({}),
)


def change(value: Any, data: st.DataObject) -> Any:
    """Replace, drop or double something at a random depth of a JSON value."""
    if isinstance(value, (dict, list)) and value and data.draw(st.integers(0, 8)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        action = data.draw(st.sampled_from(["into", "into", "into", "drop", "double"]))
        changed = value.copy()
        if action == "into":
            changed[key] = change(value[key], data)
        elif action == "drop":
            del changed[key]
        elif isinstance(changed, list):
            changed.append(value[key])
        return changed
    return data.draw(STRANGE)


def as_lines(records: Any, write: Callable[[Any], str]) -> str:
    lines = records if isinstance(records, list) else [records]
    return "\n".join(write(line) for line in lines)


@pytest.mark.parametrize("name", [name for name in CASES if name not in NO_JSON])
@EXAMPLES
@given(data=st.data())
def test_values_that_were_changed(tmp_path: Path, name: str, data: st.DataObject) -> None:
    path, file = prepare(tmp_path / "corpus", name)
    text = file.read_text(encoding="utf-8")
    if name == "mnre":
        records = [ast.literal_eval(line) for line in text.splitlines()]
        changed = as_lines(change(records, data), str)
    elif file.suffix == ".json":
        changed = json.dumps(change(json.loads(text), data))
    else:
        records = [json.loads(line) for line in text.splitlines()]
        changed = as_lines(change(records, data), json.dumps)
    file.write_text(changed, encoding="utf-8", errors="surrogatepass")
    read(name, path, tmp_path)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"null", b"[" * 100_000, b"\xff\xfe{"])
def test_files_of_another_kind(tmp_path: Path, name: str, content: bytes) -> None:
    skip_without_libraries(name)
    path, file = prepare(tmp_path / "corpus", name)
    file.write_bytes(content)
    read(name, path, tmp_path)


@EXAMPLES
@given(data=st.data())
def test_ace_attributes_and_text_that_were_changed(tmp_path: Path, data: st.DataObject) -> None:
    skip_without_libraries("ace")
    path, file = prepare(tmp_path / "corpus", "ace")
    root = ET.fromstring(file.read_bytes())  # noqa: S314 - our own file
    for element in data.draw(st.lists(st.sampled_from(list(root.iter())), min_size=1, max_size=3)):
        odd = st.sampled_from(["", "-1", "0", "7", "99999", "x", "\u00a0", "SYN_EN_0001-E00-1"])
        name = data.draw(st.sampled_from([*element.attrib, "ID"]))
        if data.draw(st.booleans()):
            element.attrib[name] = data.draw(odd | st.integers(0, 400).map(str))
        else:
            element.attrib.pop(name, None)
            element[:] = element[1:]
    file.write_bytes(ET.tostring(root))
    source = file.with_name("SYN_EN_0001.sgm")
    text = source.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    strange = (
        st.text(st.sampled_from("<>&;\r\n\t .'`\"\u2028\u00a0\ufeff\u00e9\U0001f600")) | st.text()
    )
    text = text[:start] + data.draw(strange) + text[start + data.draw(st.integers(0, 9)) :]
    source.write_text(text, encoding="utf-8", newline="")
    read("ace", path, tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path, name: str) -> None:
    skip_without_libraries(name)
    path, file = prepare(tmp_path / "corpus", name)
    before = read(name, path, tmp_path)
    for changed in file.parent.iterdir():
        if changed.is_file():
            content = changed.read_bytes()
            if changed.suffix == ".json":
                content = json.dumps(json.loads(content), indent=1).encode()
            changed.write_bytes(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert read(name, path, tmp_path) == before
