from __future__ import annotations

import json
from pathlib import Path

import PIL.Image
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.documents import read_documents, write_documents
from rmpl.io.read_report import ReadReport
from rmpl.records import (
    NOWHERE,
    Box,
    Document,
    Image,
    ImageArgument,
    ImageEvent,
    Link,
    Relation,
    Sentence,
    Span,
    TextArgument,
    TextEvent,
)

words = st.text(st.characters(exclude_categories=["Cs", "Zs"]), min_size=1, max_size=6)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
scores = st.none() | st.floats(0, 1)
numbers = st.floats(-1e6, 1e6, width=32)


@st.composite
def spans(draw: st.DrawFn, count: int) -> Span:
    start = draw(st.integers(0, count - 1))
    return Span(start, draw(st.integers(start + 1, count)))


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    (x1, x2), (y1, y2) = (sorted([draw(numbers), draw(numbers)]) for _ in range(2))
    return Box(x1, y1, x2, y2, group=draw(st.booleans()))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    tokens = draw(st.lists(words, min_size=1, max_size=5))
    positions = [
        (len(" ".join(tokens[:n])) + bool(n), len(" ".join(tokens[: n + 1])))
        for n in range(len(tokens))
    ]
    span = spans(len(tokens))
    entities = tuple(draw(st.lists(span, max_size=2, unique=True)))
    sentence = Sentence("s", " ".join(tokens), tuple(positions), entities)
    bare = Sentence("bare", draw(st.text(st.characters(exclude_categories=["Cs"]))), ())
    sides = st.integers(0, 9)
    caption = draw(st.just("") | names)
    picture = Image("p", draw(st.none() | names), draw(sides), draw(sides), caption)
    text_argument = st.one_of(
        st.builds(TextArgument, names, span, scores),
        st.builds(TextArgument, names, st.just(NOWHERE), scores, names),
    )
    image_argument = st.builds(ImageArgument, names, boxes(), scores, st.none() | names)
    return Document(
        id=draw(names),
        sentences=(sentence, bare),
        images=(picture,),
        text_events=(
            TextEvent(
                "t1",
                "s",
                draw(names),
                draw(span),
                tuple(draw(st.lists(text_argument))),
                draw(scores),
            ),
        ),
        image_events=(
            ImageEvent(
                "i1",
                "p",
                draw(names),
                tuple(draw(st.lists(image_argument))),
                draw(scores),
                draw(st.none() | names),
                draw(st.none() | names),
            ),
        ),
        links=draw(st.sampled_from([(), (Link("t1", "i1"),), (Link("t1", "i1", 0.5),)])),
        relations=draw(
            st.sampled_from([(), (Relation("r", "s", "p", "None", Span(0, 1), Span(0, 1)),)])
        ),
        metadata=draw(st.dictionaries(names, names, max_size=2)),
    )


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".parquet"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(documents(), max_size=3, unique_by=lambda d: d.id))
def test_writing_and_reading_back_loses_nothing(
    tmp_path: Path, ending: str, written: list[Document]
) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"documents{ending}"
    assert write_documents(written, path) == len(written)
    assert list(read_documents(path)) == written


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_documents([Document("d")], tmp_path / name)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_users_sentence_needs_no_tokens(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "d", "sentences": [{"id": "s", "text": "It's on."}]}))
    (document,) = read_documents(path)
    assert document.sentences[0].words() == ["It", "'s", "on", "."]


def test_a_users_pictures_are_found_beside_the_file(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    path = tmp_path / "own.jsonl"
    image = {"id": "p", "path": "a.png", "caption": "A blaze"}
    path.write_text(json.dumps({"id": "d", "images": [image]}))
    (document,) = read_corpus("documents", path)
    assert document.images == (Image("p", str(tmp_path / "a.png"), 7, 5, "A blaze"),)
    write_documents([document], tmp_path / "b.jsonl")
    assert list(read_corpus("documents", tmp_path / "b.jsonl")) == [document]


@pytest.mark.parametrize(
    "broken", [{"metadata": {"title": "\ud800"}}, {"images": [{"id": "p", "caption": "\ud800"}]}]
)
def test_captions_and_metadata_can_be_written_again(
    tmp_path: Path, broken: dict[str, object]
) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "d", **broken}))
    with pytest.raises(RmplError, match=r"lone surrogate|not a valid record"):
        list(read_documents(path))


def test_documents_without_captions_and_metadata_are_written_as_before(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    write_documents([Document("d", images=(Image("p"),))], path)
    assert "caption" not in path.read_text()
    assert "metadata" not in path.read_text()


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd"])
def test_pictures_stay_in_the_folder_that_is_given(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "d", "images": [{"id": "p", "path": name, "width": 3}]}))
    with pytest.raises(RmplError, match="points outside"):
        list(read_corpus("documents", path, images=tmp_path))


SENTENCE = {"id": "s", "text": "a b"}
EVENT = {"id": "t", "sentence_id": "s", "event_type": "X", "trigger": [0, 1]}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"id": ""},
        {"id": "d", "sentence": []},
        {"id": "d", "sentences": [SENTENCE, SENTENCE]},
        {"id": "d", "sentences": [{**SENTENCE, "tokens": [[0, 9]]}]},
        {"id": "d", "sentences": [{**SENTENCE, "tokens": [[1, 2], [0, 1]]}]},
        {"id": "d", "sentences": [{**SENTENCE, "tokens": [[0, 0]]}]},
        {"id": "d", "sentences": [{**SENTENCE, "entities": [[0, 3]]}]},
        {"id": "d", "text_events": [EVENT]},
        {"id": "d", "sentences": [SENTENCE], "text_events": [{**EVENT, "trigger": [1, 1]}]},
        {"id": "d", "sentences": [SENTENCE], "text_events": [EVENT, EVENT]},
        {"id": "d", "image_events": [{"id": "i", "image_id": "p", "event_type": "X"}]},
        {"id": "d", "links": [{"text": "t", "image": "i"}]},
        {"id": "d", "images": [{"id": "p", "width": -1}]},
        {"id": "d", "images": [{"id": "p", "height": 2**70}]},
    ],
)
def test_a_document_that_does_not_fit_is_refused(tmp_path: Path, broken: object) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps({"id": "good"}) + "\n" + json.dumps(broken))
    with pytest.raises(RmplError, match=r"own\.jsonl:2"):
        list(read_documents(path))
    report = ReadReport()
    assert len(list(read_documents(path, on_error="count", report=report))) == 1
    assert report.left_out.total() == 1


def test_mistakes_when_writing(tmp_path: Path) -> None:
    with pytest.raises(RmplError, match=r"use one of \.jsonl"):
        write_documents([], tmp_path / "a.csv")
    with pytest.raises(RmplError, match="cannot be written"):
        write_documents([], tmp_path / "nowhere" / "a.jsonl")
    broken = Document("d", sentences=(Sentence("s", "\ud800", ((0, 1),)),))
    with pytest.raises(RmplError, match="repeated document id 'd'; write one split at a time"):
        write_documents([Document("d"), Document("d")], tmp_path / "a.jsonl")
    pytest.importorskip("pyarrow")
    with pytest.raises(RmplError, match=r"a\.parquet: a text with an invalid character"):
        write_documents([Document("\ud800")], tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RmplError, match="invalid character"):
        write_documents([broken], tmp_path / "a.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl.gz"])
def test_a_file_that_is_something_else(tmp_path: Path, name: str) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    path = tmp_path / name
    with pytest.raises(RmplError, match="no such file"):
        list(read_documents(path))
    path.write_bytes(b"something else")
    with pytest.raises(RmplError, match=name):
        list(read_documents(path))


def test_the_example_in_the_docs_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    example = json.loads(page[page.index('    {"id": "d1"') : page.rindex("}") + 1])
    path = tmp_path / "own.jsonl"
    path.write_text(json.dumps(example))
    (document,) = read_documents(path)
    sentence, event = document.sentences[0], document.text_events[0]
    assert [sentence.slice(argument.span) for argument in event.arguments] == [
        "Police",
        "Ana Reyes",
    ]
    del example["sentences"][0]["tokens"]
    path.write_text(json.dumps(example))
    assert next(iter(read_documents(path))) == document


def test_keys_and_texts_that_do_not_count_are_named(tmp_path: Path) -> None:
    """A mistyped key within a record would leave out arguments, tokens or an image unseen."""
    sentence = {"id": "s", "text": "Police arrested Ana.", "token": [[0, 6]]}
    event = {"id": "t", "sentence_id": "s", "event_type": "Life:Die", "trigger": [1, 2]}
    first = event | {"args": [], "trigger_text": "arrested"}
    shifted = event | {"id": "u", "trigger_text": "was arrested"}
    shifted["arguments"] = [{"role": "Person", "span": [2, 3], "text": "Ana ."}]
    image = {"id": "a", "file": "a.png"}
    line = {"sentences": [sentence], "images": [image], "text_events": [first, shifted]}
    path = tmp_path / "k.jsonl"
    path.write_text("\n".join(json.dumps({"id": name, **line}) for name in "de"))
    report = ReadReport()
    assert len(list(read_documents(path, report=report))) == 2
    assert dict(report.warnings) == {
        "unknown key 'token' in sentences (did you mean 'tokens'?), not read": 2,
        "unknown key 'file' in images (known: id, path, width, height, caption), not read": 2,
        "unknown key 'args' in text_events (did you mean 'arguments'?), not read": 2,
        "text that is not what its span says": 4,
    }
    said = "document d, u: 'arrested', not 'was arrested'"
    assert report.cases["text that is not what its span says"][0] == f"{path}:1: {said}"
    path.write_text('{"id": "d", "sentences": [{"id": "s", "text": "a", "text": "b:\\": \\""}]}')
    report = ReadReport()
    (document,) = read_documents(path, report=report)
    assert document.sentences[0].text == 'b:": "'
    assert dict(report.warnings) == {"repeated key 'text', only the last one is read": 1}
    path.write_text('{"id": "d", "other": "\\ud800"}')  # which only a reader of it would notice
    with pytest.raises(RmplError, match="not a valid record"):
        list(read_documents(path, report=ReadReport()))
    path.write_text(json.dumps({"id": "d", "text_event": []}))
    with pytest.raises(RmplError, match=r"did you mean 'text_events'"):
        list(read_documents(path))
