"""What is broken is named by file and line, and nothing of its document is imported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import PIL.Image
import pytest

pytest.importorskip("nupunkt")

from rmpl.annotations.writers import write_annotations
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.records import Document, Sentence, Span, TextEvent

TEXT = "Police arrested Ana Reyes in Lima. The crowd met him."
POLICE, TRIGGER, ANA = (
    "T1\tPER 0 6\tPolice",
    "T2\tJustice_Arrest-Jail 7 15\tarrested",
    "T3\tPER 16 25\tAna Reyes",
)
EVENT = "E1\tJustice_Arrest-Jail:T2 Agent:T1 Person:T3"


def brat(folder: Path, *lines: str, text: str = TEXT) -> Path:
    (folder / "a.txt").write_text(text, "utf-8")
    (folder / "a.ann").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def read(tool: str, path: Path, **options: object) -> tuple[list[Document], ReadReport]:
    report = ReadReport()
    found = list(read_corpus(tool, path, on_error="count", report=report, **options))
    return found, report


BROKEN = {
    "outside": (["T1\tPER 50 99\tnobody"], r"a\.ann:1: .*span outside the text"),
    "text": (["T1\tPER 0 6\tPeople"], r"a\.ann:1: 'Police', not 'People': a text that is not"),
    "type": ([TRIGGER, "E1\tJustice_Arrest-Jale:T2"], r":2: .*did you mean 'Justice:Arrest-Jail'"),
    "near": (["T1\tJustice_Arrest 7 15\tarrested"], r"a\.ann:1: unknown label .*did you mean"),
    "role": (
        [POLICE, TRIGGER, "E1\tJustice_Arrest-Jail:T2 Agnet:T1"],
        r"a\.ann:3: unknown role 'Agnet' of Justice:Arrest-Jail \(did you mean 'Agent'\?\)",
    ),
    "no argument": ([TRIGGER, "E1\tJustice_Arrest-Jail:T2 Agent:T9"], r":2: .*not there \(T9\)"),
    "no trigger": (["E1\tJustice_Arrest-Jail:T2"], r"a\.ann:1: an event without its trigger T2"),
    "trigger": (
        [POLICE, "E1\tJustice_Arrest-Jail:T1"],
        r"a\.ann:2: an event 'Justice_Arrest-Jail' whose trigger T1 is labelled 'PER'",
    ),
    "relation": ([POLICE, "R1\tAgent Arg1:T1 Arg2:T9"], r":2: Agent: a relation to nothing \(T9\)"),
    "no line": (["T1 PER 0 6 Police"], r"a\.ann:1: not a line of brat"),
    "twice": ([POLICE, POLICE], r"a\.ann:2: a repeated id T1"),
    "no word": (["T1\tPER 6 7\t "], r"a\.ann:1: a span without a word"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ann_is_named_by_line_and_its_document_left_out(tmp_path: Path, name: str) -> None:
    lines, said = BROKEN[name]
    brat(tmp_path, *lines)
    (tmp_path / "good.txt").write_text(TEXT)
    (tmp_path / "good.ann").write_text("\n".join([POLICE, TRIGGER, ANA, EVENT]))
    with pytest.raises(RmplError, match=said):
        list(read_corpus("brat", tmp_path))
    found, report = read("brat", tmp_path)
    assert [one.id for one in found] == ["good"]
    assert report.refused
    assert report.left_out["a document with broken annotations, named here, not imported"] == 1


def test_a_relation_may_name_its_second_end_first(tmp_path: Path) -> None:
    brat(tmp_path, POLICE, TRIGGER, "R1\tAgent Arg2:T1 Arg1:T2")
    (document,), report = read("brat", tmp_path)
    assert [a.role for a in document.text_events[0].arguments] == ["Agent"]
    assert not report.warnings  # an argument from its event, not turned round


def test_a_new_event_numbered_like_a_former_one_gets_another_id(tmp_path: Path) -> None:
    new = "E2\tJustice_Arrest-Jail:T2"
    brat(tmp_path, POLICE, TRIGGER, ANA, EVENT, new, "#1\tAnnotatorNotes E1\trmpl id: E2")
    (document,), _ = read("brat", tmp_path)
    assert [one.id for one in document.text_events] == ["E2", "E2_1"]


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("is_split", [True, False])
def test_offsets_may_count_a_byte_order_mark(tmp_path: Path, counts: bool, is_split: bool) -> None:
    """brat counts it, a script that reads the text as people see it does not."""
    ana = "T3\tPER 16 19;20 25\tAna Reyes" if is_split else ANA
    moved = [POLICE, TRIGGER, ana, EVENT]
    if counts:
        moved = [re.sub(r"(?<= )\d+|(?<=;)\d+", lambda n: str(int(n[0]) + 1), one) for one in moved]
    brat(tmp_path, *moved, text="\ufeff" + TEXT)
    (document,), report = read("brat", tmp_path)
    (event,) = document.text_events
    sentence = document.sentences[0]
    assert sentence.text.startswith("Police")
    assert sentence.slice(event.trigger) == "arrested"
    assert [sentence.slice(a.span) for a in event.arguments] == ["Police", "Ana Reyes"]
    assert report.warnings["offsets that count the byte order mark of their text, converted"] == (
        counts
    )


TWICE = "an argument that its event has twice, read once"


def test_an_argument_that_an_event_has_twice_is_read_once_and_named(tmp_path: Path) -> None:
    brat(tmp_path, POLICE, TRIGGER, ANA, f"{EVENT} Agent2:T1 Person2:T3 Agent3:T3")
    (document,), report = read("brat", tmp_path)
    roles = [(a.role, a.span) for a in document.text_events[0].arguments]
    assert roles == [("Agent", Span(0, 1)), ("Person", Span(2, 4)), ("Agent", Span(2, 4))]
    assert report.left_out == {TWICE: 2}
    assert report.cases[TWICE] == [
        f"{tmp_path / 'a.ann'}:4: Agent2",
        f"{tmp_path / 'a.ann'}:4: Person2",
    ]
    assert not report.refused


def test_two_boxes_in_one_place_are_an_argument_once(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    box = {"image_id": 1, "category_id": 1, "bbox": [5, 6, 10, 20]}
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 40}],
        "categories": [{"id": 1, "name": "Person", "supercategory": "Justice:Arrest-Jail"}],
        "annotations": [box | {"id": 3}, box | {"id": 4}],
    }
    (tmp_path / "a.json").write_text(json.dumps(content))
    (document,), report = read("coco", tmp_path)
    assert len(document.image_events[0].arguments) == 1
    assert report.cases[TWICE] == [f"{tmp_path / 'a.json'}, annotation 4: Person"]


def test_every_problem_of_a_file_is_counted(tmp_path: Path) -> None:
    brat(tmp_path, "T1\tPER 0 6\tPeople", "T2\tPER 99 100\tx", "T3\tPER 98 100\tx")
    _, report = read("brat", tmp_path)
    assert report.refused == 3


def test_what_is_no_utf8_or_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.ann").write_text(POLICE)
    (tmp_path / "b.ann").write_bytes(b"T1\tPER 0 6\t\xff")
    (tmp_path / "b.txt").write_bytes(TEXT.encode())
    (tmp_path / "c.txt").write_text(TEXT)
    found, report = read("brat", tmp_path)
    assert found == []
    assert report.left_out["an .ann without its .txt"] == 1
    assert report.left_out["not UTF-8 (byte 11)"] == 1
    assert report.left_out["a text without its .ann: not annotated yet"] == 1
    with pytest.raises(RmplError, match=r"no \.ann file"):
        list(read_corpus("brat", tmp_path / "c.txt"))


def test_what_is_suspicious_is_read_and_counted(tmp_path: Path) -> None:
    text = "A 😀 joins. Police arrested Ana Reyes in Lima-Callao."
    # In UTF-16 units, as a browser counts; the last covers part of a word.
    lines = [
        "T1\tPER 12 18\tPolice",
        "T2\tJustice_Arrest-Jail 19 27\tarrested",
        "T3\tLOC 41 45\tLima",
        "T4\tPER 28 31;32 37\tAna Reyes",
        "E1\tJustice_Arrest-Jail:T2 Agent:T1 Place:T3 Person:T4",
    ]
    brat(tmp_path, *lines, text=text)
    with pytest.raises(RmplError, match="not what its span says"):
        list(read_corpus("brat", tmp_path))  # brat's pieces are characters
    lines[3] = "T4\tPER 28 37\tAna Reyes"
    brat(tmp_path, *lines, text=text)
    (document,), report = read("brat", tmp_path)
    (event,) = document.text_events
    sentence = next(one for one in document.sentences if one.id == event.sentence_id)
    assert [sentence.slice(a.span) for a in event.arguments] == [
        "Police",
        "Lima-Callao",
        "Ana Reyes",
    ]
    assert report.warnings == {
        "offsets in UTF-16 units, converted to characters": 1,
        "a span that covers part of a word, taken as the whole word": 1,
    }


def test_spans_of_two_pieces_and_across_sentences(tmp_path: Path) -> None:
    lines = ["T1\tPER 0 6;16 25\tPolice Ana Reyes", "T2\tPER 29 44\tLima. The crowd"]
    brat(tmp_path, *lines)
    (document,), report = read("brat", tmp_path)
    assert len(document.sentences) == 1
    assert [document.sentences[0].slice(one) for one in document.sentences[0].entities] == [
        "Police arrested Ana Reyes",
        "Lima. The crowd",
    ]
    assert set(report.warnings) == {
        "a discontinuous span, taken from its first to its last character",
        "a span across two sentences, which were joined",
    }


def test_arguments_in_other_sentences_are_counted(tmp_path: Path) -> None:
    him = "T4\tPER 49 52\thim"
    brat(tmp_path, TRIGGER, him, "E1\tJustice_Arrest-Jail:T2 Person:T4")
    (document,), report = read("brat", tmp_path)
    assert document.text_events[0].arguments == ()
    assert report.left_out == {"an argument in another sentence than its trigger": 1}


def test_a_corrected_file_with_another_text_is_refused(tmp_path: Path) -> None:
    sentence = Sentence("d_0", "Police arrested Ana.", ((0, 6), (7, 15), (16, 19), (19, 20)))
    event = TextEvent("t", "d_0", "Justice:Arrest-Jail", Span(1, 2))
    document = Document("d", (sentence,), text_events=(event,))
    out = tmp_path / "out"
    write_annotations([document], "brat", out, load_ontology("m2e2"), ReadReport())
    assert list(read_corpus("brat", out)) == [document]
    (out / "d.txt").write_text("Police arrested Eva.")
    with pytest.raises(RmplError, match=r"d\.ann, character 16: 'Eva\.', not 'Ana\.'"):
        list(read_corpus("brat", out))
    with pytest.raises(RmplError, match="what is in it would be overwritten"):
        write_annotations([document], "brat", out, load_ontology("m2e2"), ReadReport())


MAPPINGS = {
    "twice": (
        "events: {A: 'Life:Die', B: 'Life:Die',\n  A: 'Contact:Meet'}",
        r"m.yaml: not a mapping \(the key 'A' is given twice at line 2",
    ),
    "two meanings": (
        "events: {A: 'Life:Die'}\nignore: [A]",
        "'A' is named twice, in events and in",
    ),
    "type": (
        "events:\n  B: 'Life:Die'\n  A: 'Life:Dye'",
        r"m\.yaml:3: unknown event type 'Life:Dye' \(did you mean 'Life:Die'",
    ),
    "role": (
        "events: {A: 'Life:Die'}\nroles: {A: Victin}",
        r"m\.yaml:2: unknown role 'Victin' \(did you mean 'Victim'",
    ),
    "box": (
        "boxes:\n  A: {event: 'Life:Die', role: Agent}",
        r"m\.yaml:2: unknown role 'Agent' of Life:Die in im",
    ),
    "key": ("\nevent: {A: 'Life:Die'}", r"m\.yaml:2: unknown key 'event' \(did you mean 'events'"),
    "shape": ("roles: {B: Agent}\nevents: [A]", r"m\.yaml:2: not a mapping"),
    "yaml": ("events: {", r"m\.yaml: not a mapping"),
}


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_that_cannot_be_meant(tmp_path: Path, name: str) -> None:
    content, said = MAPPINGS[name]
    (tmp_path / "m.yaml").write_text(content)
    brat(tmp_path, POLICE)
    with pytest.raises(RmplError, match=said):
        list(read_corpus("brat", tmp_path, mapping=tmp_path / "m.yaml"))


def test_a_mapping_says_which_labels_there_are(tmp_path: Path) -> None:
    brat(tmp_path, "T1\tPRE 0 6\tPolice", "T2\tNote 7 15\tarrested")
    (tmp_path / "labels.yaml").write_text("entities: [PER, LOC]\nignore: [Note]")
    with pytest.raises(RmplError, match=r"unknown label 'PRE' \(did you mean 'PER'\?\)"):
        list(read_corpus("brat", tmp_path))
    (tmp_path / "labels.yaml").write_text("entities: [PRE]\nignore: [Note]")
    (document,), report = read("brat", tmp_path)
    assert document.sentences[0].entities == (Span(0, 1),)
    assert report.left_out == {"an item that the mapping ignores": 1}
    with pytest.raises(RmplError, match="documents takes no mapping"):
        list(read_corpus("documents", tmp_path, mapping=tmp_path / "labels.yaml"))


def box(label: str, x: float, width: float, rotation: float = 0) -> dict[str, object]:
    value = {"x": x, "y": 25, "width": width, "height": 20, "rotation": rotation}
    return {
        "id": f"{label} {x}",
        "type": "rectanglelabels",
        "to_name": "image",
        "original_width": 200,
        "original_height": 100,
        "value": {**value, "rectanglelabels": [label]},
    }


def tasks(folder: Path, *result: dict[str, object], **data: object) -> Path:
    PIL.Image.new("RGB", (200, 100)).save(folder / "a.png")
    image = "/data/upload/3/0a1b2c3d-a.png"
    task = {"id": 5, "data": {"image": image, **data}, "annotations": [{"result": list(result)}]}
    path = folder / "export.json"
    path.write_text(json.dumps([task]))
    return path


ARREST = "Justice:Arrest-Jail/Person"


def test_boxes_in_percent_turned_and_beyond_their_image(tmp_path: Path) -> None:
    result = [box(ARREST, 10, 20), box(ARREST, 50, 10, rotation=90), box(ARREST, 95, 10)]
    (document,), report = read("label_studio", tasks(tmp_path, *result))
    (image,) = document.images
    assert (image.path, image.width, image.height) == (str(tmp_path / "a.png"), 200, 100)
    (event,) = document.image_events
    boxes = [(a.box.x1, a.box.y1, a.box.x2, a.box.y2) for a in event.arguments]
    assert boxes[0] == pytest.approx((20, 25, 60, 45))
    assert boxes[1] == pytest.approx((80, 25, 100, 45))  # 20 x 20, turned about its corner
    assert boxes[2] == pytest.approx((190, 25, 200, 45))
    assert report.warnings == {
        "a rotated box, taken as the upright box around it": 1,
        "a box that exceeds its image, cut at its edge": 1,
    }


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ([box(ARREST, 120, 10)], r"task 5, .*: a box outside its image"),
        ([box(ARREST, 10, 0)], "outside its image, or empty"),
        ([box("Suspekt", 1, 10)], "unknown label of a box 'Suspekt'"),
        ([box("Justice:Arrest-Jail/Persn", 1, 10)], r"unknown role 'Persn'.*mean 'Person'"),
        ([{**box(ARREST, 1, 10), "original_width": None}], "without original_width"),
        ([{**box(ARREST, 1, 10), "image_rotation": 90}], "turned in the tool"),
        ([{"type": "choices", "to_name": "image", "value": {"choices": ["x"]}}], "unknown event"),
        ([{"type": "relation", "from_id": "a", "to_id": "b", "labels": ["x"]}], "to nothing"),
    ],
)
def test_a_broken_task(tmp_path: Path, result: list[dict[str, object]], said: str) -> None:
    path = tasks(tmp_path, *result)
    with pytest.raises(RmplError, match=said):
        list(read_corpus("label_studio", path))
    assert read("label_studio", path)[0] == []


def test_tasks_without_an_annotation_or_with_several(tmp_path: Path) -> None:
    one = {"result": []}
    path = tmp_path / "export.json"
    data = {"text": "Police left."}
    path.write_text(
        json.dumps(
            [
                {"id": 1, "data": data, "annotations": [], "predictions": [one]},
                {"id": 2, "data": data, "annotations": [{"result": [], "was_cancelled": True}]},
                {"id": 3, "data": data, "annotations": [one, {"result": [], "ground_truth": True}]},
            ]
        )
    )
    found, report = read("label_studio", path)
    assert [document.id for document in found] == ["export_3"]
    assert report.left_out["a task without an annotation: not annotated yet"] == 2
    assert report.left_out["a further annotation of a task"] == 1
    path.write_text(json.dumps({"text": "JSON-MIN"}))
    with pytest.raises(RmplError, match="not JSON-MIN"):
        list(read_corpus("label_studio", path))


def coco(folder: Path, **changes: object) -> Path:
    PIL.Image.new("RGB", (60, 40)).save(folder / "a.png")
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 60, "height": 40}],
        "categories": [{"id": 7, "name": "Person", "supercategory": "Justice:Arrest-Jail"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 6, 10, 20]}],
    }
    path = folder / "instances.json"
    path.write_text(json.dumps(content | changes))
    return path


def test_boxes_and_captions_of_coco(tmp_path: Path) -> None:
    coco(tmp_path)
    captions = [{"image_id": 1, "id": n, "caption": f"A man {n}"} for n in range(2)]
    (tmp_path / "captions.json").write_text(json.dumps({"annotations": captions, "images": []}))
    (document,), report = read("coco", tmp_path)
    (event,) = document.image_events
    assert (event.event_type, event.caption) == ("Justice:Arrest-Jail", "A man 0")
    (argument,) = event.arguments
    box = argument.box
    assert (argument.role, box.x1, box.y1, box.x2, box.y2) == ("Person", 5, 6, 15, 26)
    assert report.left_out == {"a further caption of an image": 1}


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ({"bbox": [100, 6, 10, 20]}, "annotation 1: .*a box outside its image"),
        ({"bbox": [1, 1, -5, 3]}, "outside its image, or empty"),
        ({"category_id": 8}, "an unknown category 8"),
        ({"image_id": 3}, "an annotation of an image that is not there"),
        ({"bbox": None}, "without a box"),
    ],
)
def test_a_broken_annotation_of_coco(
    tmp_path: Path, annotation: dict[str, object], said: str
) -> None:
    whole = {"id": 1, "image_id": 1, "category_id": 7, "bbox": [5, 6, 10, 20]} | annotation
    with pytest.raises(RmplError, match=said):
        list(read_corpus("coco", coco(tmp_path, annotations=[whole])))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"text": "a b"}, r"a\.jsonl:1: neither entities nor label"),
        ({"text": "a b", "label": [[0, 9, "X"]]}, "span 0: .*outside the text"),
        ({"text": "a b", "entities": [{"id": 1}]}, r"a\.jsonl:1: not a valid record"),
    ],
)
def test_a_broken_line_of_doccano(tmp_path: Path, line: dict[str, object], said: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(line))
    with pytest.raises(RmplError, match=said):
        list(read_corpus("doccano", path))


HEAD = (
    "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.Event|kind|ROLE_custom.Event:args_custom.Link|uima.X\n"
)


def test_links_of_webanno_and_what_is_no_tsv(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    rows = [
        "1-1\t0-6\tPolice\tPER\t_\t_",
        "1-2\t7-15\tarrested\tJustice:Arrest-Jail\tAgent;Person\t1-1;1-3[1]",
        "1-3\t16-19\tAna\tPER[1]\t_\t_",
        "1-4\t20-25\tReyes\tPER[1]\t_\t_",
    ]
    path.write_text(f"{HEAD}\n\n#Text=Police arrested Ana Reyes\n" + "\n".join(rows) + "\n")
    (document,), report = read("webanno", path)
    assert not report.left_out and not report.warnings
    (event,) = document.text_events
    assert [(a.role, a.span) for a in event.arguments] == [
        ("Agent", Span(0, 1)),
        ("Person", Span(2, 4)),
    ]
    path.write_text("no tsv")
    with pytest.raises(RmplError, match=r"a\.tsv:1: not WebAnno TSV 3"):
        list(read_corpus("webanno", path))
    path.write_text(f"{HEAD}\n\n#Text=Police\n1-1\t0-6\n")
    with pytest.raises(RmplError, match=r"a\.tsv:6: not a line of WebAnno TSV"):
        list(read_corpus("webanno", path))


def test_of_two_lists_of_doccano_one_may_be_empty_but_none_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    entity = {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 6}
    lines: list[dict[str, object]] = [
        {"text": TEXT, "entities": [], "label": [[0, 6, "PER"]]},
        {"text": TEXT, "entities": [entity], "label": []},
        {"text": TEXT, "entities": [], "label": []},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    found, report = read("doccano", path)
    assert [one.sentences[0].entities for one in found] == [(Span(0, 1),), (Span(0, 1),), ()]
    assert not report.refused
    path.write_text(json.dumps({"text": TEXT, "entities": [entity], "label": [[7, 15, "PER"]]}))
    said = r"a\.jsonl:1: spans in entities and in label, of which one alone is read; keep the list"
    with pytest.raises(RmplError, match=said):
        list(read_corpus("doccano", path))
