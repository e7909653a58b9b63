"""The failing inputs beside the checkout (../shared/cases) give what their expected.txt says."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import unicodedata
from pathlib import Path

import PIL.Image
import pytest
from typer.testing import CliRunner

pytest.importorskip("nupunkt")
pytest.importorskip("nltk")
pytest.importorskip("inscriptis")

from rmpl.cli.main import app
from rmpl.corpora.registry import read_corpus
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.documents import read_documents
from rmpl.io.image_folders import OTHER_SIZE
from rmpl.io.read_report import ReadReport

TESTS = Path(__file__).resolve().parents[1]
CASES = TESTS.parents[1] / "shared" / "cases"
HERE = "cases/test_cases.py"
COVERED = {
    "adapter_option_loses_settings": "runs/test_conventions.py::test_an_adapter_brings",
    "app_abandoned": "app/test_gate.py::test_clients_that_hang_up_keep_nobody_waiting",
    "app_characters_after_splitting": "app/test_service.py::test_what_cannot_be_read",
    "app_img_regex": "inputs/test_sources.py::test_looking_for_pictures_takes_no_more_work",
    "app_png_memory": "app/test_service.py::test_a_picture_with_too_many_pixels_is_never_decoded",
    "app_reads_any_file": "app/test_server.py::test_a_forged_path_reads_no_file",
    "app_run_history_token": "app/test_routes.py::test_nothing_connects_anywhere",
    "app_upload_cross_site": "app/test_gate.py::test_a_page_of_another_site_sends_nothing",
    "ascii_locale": "cli/test_interpreter.py::test_under_an_ascii_locale_file_names_are_utf_8",
    "broken_trained_json": "runs/test_broken_files.py::test_a_broken_file_is_named",
    "cjk_article_is_one_word": f"{HERE}::test_scripts_without_blanks_have_sentences_and_words",
    "checkpoint_damaged": "runs/test_checkpoints.py::test_a_flipped_bit_passes_a_checkpoint_over",
    "crossmedia_cut": "corpora/test_gold.py::test_a_link_that_is_cut_off_is_named",
    "extracted_lines_are_no_documents": f"{HERE}::test_extracted_lines_become_documents",
    "fifo_named_like_an_input": f"{HERE}::test_a_pipe_among_files_is_one_line",
    "html_blocks_run_together": f"{HERE}::test_pages_and_articles",
    "html_br_and_pre_cut_sentences": f"{HERE}::test_pages_and_articles",
    "html_pictures_lazy_srcset": f"{HERE}::test_images_of_pages",
    "image_size_of_record_trusted": f"{HERE}::test_sizes_of_records",
    "image_width_without_height": f"{HERE}::test_half_a_size_is_measured",
    "json_record_keys_ignored": f"{HERE}::test_keys_of_texts",
    "markdown_rule_swallows_article": f"{HERE}::test_pages_and_articles",
    "out_names_taken_literally": f"{HERE}::test_outputs_are_what_their_names_say",
    "own_data_tokens_unlike_extraction": f"{HERE}::test_own_documents_have_the_words_of_articles",
    "own_data_unknown_type_silent": f"{HERE}::test_types_that_the_schema_lacks_are_named",
    "own_data_mistyped_keys_silent": f"{HERE}::test_mistyped_keys_of_documents",
    "pickled_weights_by_index": "backbones/test_model_files.py::test_an_index_that_names_a_pickle",
    "picture_name_not_utf8": f"{HERE}::test_a_name_that_is_not_utf_8",
    "push_follows_links": "runs/test_hub.py::test_only_files_that_training_writes_go_up",
    "run_with_relative_base": "training/test_moved_runs.py::test_a_run_loads_from_any_folder",
    "server_without_pixel_bounds": "backbones/test_served_images.py::test_boxes_of_every_family",
    "special_tokens_in_text": "backbones/prompts/test_plain_text.py::test_",
    "two_predictions_to_one_file": "cli/test_outputs.py::test_a_file_is_written_by_one_process",
    "two_trainings_in_one_folder": "cli/test_outputs.py::test_a_folder_is_written_by_one_process",
}
"""Which test holds a case; those that need a server, a training or a hub have invented inputs."""


@pytest.fixture
def case(tmp_path, monkeypatch):
    """Return what copies a case into the working folder."""

    def copy(name: str) -> Path:
        if not CASES.exists():
            pytest.skip(f"the cases are not here: {CASES}")
        # Names of bytes that are no text stay as they are.
        shutil.copytree(os.fsencode(CASES / name), os.fsencode(tmp_path / name))
        monkeypatch.chdir(tmp_path / name)
        return tmp_path / name

    return copy


def read(*names: str):
    """Read inputs as ``rmpl extract`` does; return documents, warnings and what was skipped."""
    report, told = ReadReport(), []
    sources = find_sources(list(names), report, told.append)
    found = [item.document for item in Reader(report, told.append).read(sources)]
    return found, dict(report.warnings), list(map(str, told))


def texts(document) -> list[str]:
    return [sentence.text for sentence in document.sentences]


def run(*words: str):
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


@pytest.mark.parametrize("name", sorted(COVERED))
def test_every_case_is_held_by_a_test_that_there_is(name):
    file, _, test = COVERED[name].partition("::")
    assert f"def {test}" in (TESTS / file).read_text(encoding="utf-8")


def test_no_case_is_left_out():
    if not CASES.exists():
        pytest.skip(f"the cases are not here: {CASES}")
    there = {folder.name for folder in CASES.iterdir() if folder.is_dir()}
    assert there == COVERED.keys()


PAGES = {
    "html_blocks_run_together/a.html": [
        "Police arrested Ana Reyes in Lima.",
        "Rebels attacked a convoy.",
        "Police",
        "arrested Bo Lang.",
        "Police arrest mayor",
        "Rebels attacked a bus.",
        "Soldiers attacked a ship.",
        "Intro ends.",
        "Police arrested Eve.",
        "Police arrest mayor",
        "Rebels attacked a train.",
    ],
    "html_br_and_pre_cut_sentences/a.html": [
        "Police arrested Ana Reyes in Lima on Monday after rebels attacked a convoy.",
        "Police arrested Ana Reyes in Lima and rebels attacked a convoy.",
    ],
    "markdown_rule_swallows_article/a.md": [
        "Police arrested Ana after the rule.",
        "Rebels attacked a convoy.",
    ],
    "markdown_rule_swallows_article/b.md": [
        "Police arrested mayor",
        "Rebels attacked convoy",
        "Soldiers left.",
    ],
    "markdown_rule_swallows_article/c.md": [
        "Police arrested Ana Reyes in Lima.",
        "See below.",
        "Rebels attacked a convoy.",
    ],
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_and_articles(case, name):
    folder, file = name.split("/")
    case(folder)
    (document,), warnings, told = read(file)
    assert texts(document) == PAGES[name]
    assert not warnings
    assert not told


def test_images_of_pages(case):
    folder = case("html_pictures_lazy_srcset")
    (folder / "assets").mkdir()
    shutil.copy(folder / "a.png", folder / "assets")
    documents, warnings, told = read("s1.html", "s2.html", "s3.html", "s5.html")
    named = [[image.id for image in document.images] for document in documents]
    assert named == [["a.png"], ["b.png"], ["c.png"], ["assets/a.png"]]
    assert not warnings
    assert not told


def test_keys_of_texts(case):
    case("json_record_keys_ignored")
    documents, warnings, (told,) = read("k.jsonl")
    assert [(one.id, len(one.images)) for one in documents] == [
        ("mine-1", 0),
        ("one", 1),
        ("paths", 1),
    ]
    assert not warnings
    assert told.startswith("k.jsonl:4: ")
    assert "'title'" in told


def test_sizes_of_records(case):
    case("image_size_of_record_trusted")
    documents, warnings, told = read("e.jsonl")
    sizes = [(image.width, image.height) for one in documents for image in one.images]
    assert sizes == [(192, 162)] * 5
    assert warnings == {OTHER_SIZE: 3}
    assert not told
    code, said = run("check", "documents", "own.jsonl")
    assert code == 1
    assert "2 x an image of another shape than its record says" in said
    assert "2 x an image of another size than its record says" in said


def test_half_a_size_is_measured(case):
    case("image_width_without_height")
    (document,) = read_corpus("documents", Path("h0.jsonl"))
    with PIL.Image.open("tiny.png") as image:
        size = image.size
    assert [(image.width, image.height) for image in document.images] == [size]
    assert document.image_events[0].arguments[0].box.x2 <= size[0]


def test_mistyped_keys_of_documents(case):
    case("own_data_mistyped_keys_silent")
    for command in (("check", "documents", "k.jsonl"),
                    ("convert", "documents", "k.jsonl", "--out", "new.jsonl")):  # fmt: skip
        _, said = run(*command)
        for key in ("args", "argument", "token", "file"):
            assert f"unknown key '{key}' in " in said
        assert "4 x text that is not what its span says" in said
        assert "'said on', not 'arrested'" in said


@pytest.mark.parametrize("corpus", ["predictions", "documents"])
def test_extracted_lines_become_documents(case, corpus):
    case("extracted_lines_are_no_documents")
    code, said = run("convert", corpus, "o.jsonl", "--out", "new.jsonl")
    assert code == 0, said
    (document,) = read_documents(Path("new.jsonl"))
    first = document.text_events[0]
    sentence = document.sentences[0]
    assert sentence.slice(first.trigger) == "arrested"
    assert [sentence.slice(one.span) for one in first.arguments] == ["Police", "Ana Reyes"]


def test_a_pipe_among_files_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "a.jsonl")
    (tmp_path / "b.txt").write_text("Police arrested Ana.")
    (document,), _, (told,) = read(str(tmp_path))
    assert texts(document) == ["Police arrested Ana."]
    assert "a.jsonl: not a regular file" in told


def test_a_name_that_is_not_utf_8(case):
    case("picture_name_not_utf8")
    (document,), _, (told,) = read("d")
    assert document.sentences
    assert re.search(r"d/photo.*\.png: an image whose name, .*, is not UTF-8; rename it", told)


@pytest.mark.usefixtures("brief_answers")
def test_outputs_are_what_their_names_say(case, twin):
    case("out_names_taken_literally")
    command = ("extract", "a.txt", "--model", str(twin), "--out")
    assert run(*command, "new.jsonl.gz")[0] == 0
    line = gzip.decompress(Path("new.jsonl.gz").read_bytes())
    assert json.loads(line)["doc_id"] == "a.txt"
    for name in ("-", "/dev/stdout"):
        result = CliRunner().invoke(app, [*command, name])
        assert json.loads(result.stdout)["doc_id"] == "a.txt"
    assert {path.name for path in Path().iterdir()} == {
        "a.txt", "cmd.txt", "expected.txt", "new.jsonl.gz", "new.jsonl.gz.about.json",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["long.txt", "only.txt", "thai.txt", "mix.txt", "p.html"])
def test_scripts_without_blanks_have_sentences_and_words(case, name):
    case("cjk_article_is_one_word")
    (document,), warned, told = read(name)
    assert told == []
    assert warned.keys() <= {"sentence of more than 200 words, cut"}  # Thai has no full stops
    for sentence in document.sentences:
        assert max(end - start for start, end in sentence.tokens) < 20
    joined = "".join("".join(texts(document)).split())
    text = Path(name).read_text(encoding="utf-8")
    for character in re.findall("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]", text):
        assert character in joined


def test_own_documents_have_the_words_of_articles(case):
    case("own_data_tokens_unlike_extraction")
    *_, own = (one for document in read_documents(Path("own.jsonl")) for one in document.sentences)
    (article,), *_ = read("tok.txt")
    (sentence,) = article.sentences
    assert own.words() == [
        *("Police", "did", "n't", "arrest", "Ana", "Reye\u0301s", "in", "Lima-Callao", ","),
        *("the", "U.S.", "said", "for", "$", "5.5m", "."),
    ]
    composed = [unicodedata.normalize("NFC", word) for word in own.words()]
    assert composed == [unicodedata.normalize("NFC", word) for word in sentence.words()]


def test_types_that_the_schema_lacks_are_named(case):
    case("own_data_unknown_type_silent")
    for words, code in (
        (("check", "documents", "typo.jsonl"), 1),
        (("inspect", "documents", "typo.jsonl", "--out", "i.html"), 2),
        (("train", "r.yaml", "--data", ".", "--out", "typorun"), 2),
    ):
        found, said = run(*words)
        assert (found, "Justice:Arrest-jail" in said) == (code, True), said
        assert "did you mean 'Justice:Arrest-Jail'" in said
    assert not Path("typorun").exists()
