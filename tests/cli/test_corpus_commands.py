"""``rmpl check``, ``rmpl convert`` and ``rmpl stats``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import PIL.Image
import pytest
import typer
from typer.testing import CliRunner, Result

from rmpl.cli.commands import check, convert, score, stats
from rmpl.corpora.registry import read_corpus
from rmpl.errors import RmplError
from rmpl.io.documents import read_documents
from rmpl.io.image_folders import MISSING
from rmpl.records import Box, Span

TWINS = Path(__file__).resolve().parents[1] / "data" / "format_twins"

app = typer.Typer()
app.command("check")(check.command)
app.command("convert")(convert.command)
app.command("score")(score.command)
app.command("stats")(stats.command)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def mnre(tmp_path: Path) -> Path:
    """A corpus of two splits with one good, one truncated and one missing picture."""
    folder = tmp_path / "mnre"
    lines = (TWINS / "mnre_v2.txt").read_text()
    third = lines.splitlines()[0].replace("twitter_stream_2026_01_01_0_0_2_1", "truncated")
    (folder / "img_org" / "train").mkdir(parents=True)
    (folder / "mnre_train.txt").write_text(f"{lines}{third}\n")
    (folder / "mnre_val .txt").write_text(lines)
    pictures = folder / "img_org" / "train"
    PIL.Image.effect_noise((64, 64), 90).convert("RGB").save(pictures / "truncated.jpg")
    whole = (pictures / "truncated.jpg").read_bytes()
    (pictures / "twitter_19_1_1_1.jpg").write_bytes(whole)
    (pictures / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


def test_check_counts_by_split_and_label(mnre: Path) -> None:
    result = run("check", "mnre", mnre, "--json")
    found = json.loads(result.output)["splits"]
    assert list(found) == ["train", "val"]
    assert found["train"]["labels"] == {"/per/org/member_of": 2, "None": 1}
    assert found["train"]["reading"]["warnings"] == {MISSING: 1}
    assert found["train"]["reading"]["used"]["images decoded"] == 1
    assert found["train"]["reading"]["refused"] == 1
    assert result.exit_code == 1


def test_check_without_decoding_reads_headers_only(mnre: Path) -> None:
    result = run("check", "mnre", mnre, "--no-decode")
    assert "/per/org/member_of" in result.output
    assert f"train: warning: 1 x {MISSING}" in result.output
    assert "images decoded" not in result.output
    assert result.exit_code == 1
    (mnre / "img_org").rename(mnre / "elsewhere")
    result = run("check", "mnre", mnre)
    assert "train: warning: 3 x image not available" in result.output
    assert result.exit_code == 0


def test_check_names_what_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text('[{"words": ["a", ""]}]')
    result = run("check", "jmee", path)
    assert "left out: 1 x an empty word" in result.output
    assert result.exit_code == 1


def test_check_names_as_many_cases_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"words": [""]}] * 5))
    for options, named in (((), 3), (("--cases", "5"), 5)):
        found = json.loads(run("check", "jmee", path, "--json", *options).output)
        assert len(found["splits"]["all"]["reading"]["cases"]["an empty word"]) == named


def test_check_of_an_empty_corpus_is_no_success(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("\n")
    result = run("check", "oneie", path)
    assert "all: no documents" in result.output
    assert result.exit_code == 1


def m2e2(folder: Path, article: str) -> tuple[Path, list[str]]:
    """Write one sentence in M2E2's format; give the folder and its words."""
    text = "Rebels attacked the long convoy near Harbor City on Tuesday ."
    words = text.split()
    starts = [text.index(f" {word}") + 1 if n else 0 for n, word in enumerate(words)]
    sentence = {
        "sentence_id": f"{article}_0",
        "sentence_start": 0,
        "sentence": text,
        "words": words,
        "index": [[s, s + len(w) - 1] for s, w in zip(starts, words, strict=True)],
    }
    folder.mkdir()
    (folder / "text_only_event.json").write_text("[]")
    (folder / "text_multimedia_event.json").write_text(json.dumps([sentence]))
    for name in ("image_only_event.json", "image_multimedia_event.json"):
        (folder / name).write_text("{}")
    (folder / "crossmedia_coref.txt").write_text("")
    return folder, words


def test_check_compares_m2e2_with_its_release(tmp_path: Path) -> None:
    folder, _ = m2e2(tmp_path / "part", "VOA_EN_NW_2015.11.26.3074855")
    result = run("check", "m2e2", folder)
    assert "DEVIATION" in result.output
    assert result.exit_code == 1


def test_check_of_another_corpus_in_the_format_of_m2e2(tmp_path: Path) -> None:
    folder, _ = m2e2(tmp_path / "own", "VOA_EN_NW_2031.08.26.0000000")
    result = run("check", "m2e2", folder)
    assert "another corpus in M2E2's format" in result.output
    assert result.exit_code == 0


def test_check_finds_the_test_data(tmp_path: Path) -> None:
    test, words = m2e2(tmp_path / "m2e2", "VOA_1")
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"words": words}, {"words": ["Nothing", "of", "that"]}]))
    result = run("check", "jmee", path, "--against", test)
    assert "warning: 1 x overlap with the test data (e.g. train_1: a sentence is" in result.output
    assert result.exit_code == 1


def test_check_of_predictions(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    event = {"id": "i", "image_id": "D_1", "event_type": "Life:Die", "arguments": []}
    lines = [{"doc_id": "D", "image_events": [event]}, {"doc_id": "D"}]
    path.write_text("\n".join(map(json.dumps, lines)))
    result = run("check", "predictions", path, "--json")
    found = json.loads(result.output)["splits"]["all"]
    assert found["image_types"] == {"Life:Die": 1}
    assert found["reading"]["refused"] == result.exit_code == 1
    result = run("convert", "predictions", path, "--out", tmp_path / "a.jsonl")
    assert "`rmpl score`" in str(result.exception)


def test_check_prints_what_files_hold_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    sentence = {"id": "s", "text": "a b"}
    event = {"id": "t", "sentence_id": "s", "event_type": "[/x] \x1b[31m", "trigger": [0, 1]}
    path.write_text(json.dumps({"id": "d", "sentences": [sentence], "text_events": [event]}))
    result = run("check", "documents", path, "--types", "all")
    assert r"[/x] \x1b[31m" in result.output
    assert result.exit_code == 0


def test_check_of_the_published_verb_map(tmp_path: Path) -> None:
    path = tmp_path / "ace_sr_mapping.txt"
    path.write_text("buying\tpayment\tTransaction||Transfer|MONEY\tInstrument")
    result = run("check", "imsitu_map", path)
    assert "DEVIATION  rows: 1 (release: 227)" in result.output
    assert "-> Transaction:Transfer-Money Money" in result.output
    assert result.exit_code == 1
    notes = json.loads(run("check", "imsitu_map", path, "--json").output)["notes"]
    assert "deviations" in notes[-1]


def test_check_of_something_else_stops(tmp_path: Path) -> None:
    assert isinstance(run("check", "jmee", tmp_path).exception, RmplError)
    assert isinstance(run("check", "nothing", tmp_path).exception, RmplError)


def test_convert_and_back(tmp_path: Path, mnre: Path) -> None:
    pytest.importorskip("pyarrow")
    first, table, second = (tmp_path / name for name in ("a.jsonl.gz", "a.parquet", "b.jsonl"))
    result = run("convert", "mnre", mnre, "--out", first)
    assert f"{first}: 5 documents" in result.output
    documents = list(read_documents(first))
    assert documents[:3] == list(read_corpus("mnre", mnre, split="train"))
    assert run("convert", "documents", first, "--out", table).exit_code == 0
    assert run("convert", "documents", table, "--out", second).exit_code == 0
    assert list(read_documents(second)) == documents


@pytest.mark.parametrize("corpus", ["predictions", "documents"])
def test_what_was_extracted_becomes_documents_to_correct(tmp_path: Path, corpus: str) -> None:
    line = {
        "format": "rmpl-predictions/1",
        "doc_id": "a.txt",
        "text_events": [
            {
                "id": "t",
                "sentence_id": "a.txt_0",
                "event_type": "Life:Die",
                "trigger": {"start": 1, "end": 2, "text": "died"},
                "arguments": [{"role": "Victim", "start": 0, "end": 1, "score": 0.5}],
            }
        ],
        "image_events": [
            {
                "id": "i",
                "image_id": "a.png",
                "event_type": "Life:Die",
                "arguments": [{"role": "Victim", "box": [1, 2, 3, 4]}],
            }
        ],
        "links": [{"text": "t", "image": "i"}],
        "file": "a.txt",
        "sentences": [{"id": "a.txt_0", "text": "Ana died", "tokens": [[0, 3], [4, 8]]}],
        "images": [{"id": "a.png", "path": "a.png", "width": 9, "height": 9}],
    }
    (tmp_path / "o.jsonl").write_text(json.dumps(line) + "\n")
    out = tmp_path / "d.jsonl"
    assert run("convert", corpus, tmp_path / "o.jsonl", "--out", out).exit_code == 0
    (document,) = read_documents(out)
    assert document.text_events[0].trigger == Span(1, 2)
    assert document.text_events[0].arguments[0].span == Span(0, 1)
    assert document.image_events[0].arguments[0].box == Box(1, 2, 3, 4)
    assert (document.sentences[0].words(), len(document.links)) == (["Ana", "died"], 1)
    bare = {key: line[key] for key in ("doc_id", "text_events")}
    (tmp_path / "o.jsonl").write_text(json.dumps(bare) + "\n")
    assert isinstance(
        run("convert", corpus, tmp_path / "o.jsonl", "--out", out).exception, RmplError
    )


def test_parquet_without_its_library_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("convert", "jmee", TWINS / "jmee.json", "--out", tmp_path / "a.parquet")
    assert "pip install 'rmpl[parquet]', or write .jsonl.gz" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_converted_corpus_is_gold_and_a_perfect_prediction(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl.gz"
    result = run("convert", "oneie", TWINS / "oneie.jsonl", "--out", gold, "--for-scoring")
    assert "gold.jsonl.gz: 1 documents" in result.output
    found = run("score", gold, "--gold", gold, "--schema", "m2e2", "--settings", "text").output
    assert [line.split()[1:4] for line in found.splitlines()[1:]] == [["100.0"] * 3] * 2
    result = run("convert", "oneie", TWINS / "oneie.jsonl", "--for-scoring",
                 "--out", tmp_path / "x.parquet")  # fmt: skip
    assert "use .jsonl" in str(result.exception)


def test_convert_leaves_no_half_file(tmp_path: Path) -> None:
    broken = tmp_path / "train.json"
    broken.write_text('[{"words": ["a"]}, {"words": [""]}]')
    out = tmp_path / "out" / "a.jsonl"
    out.parent.mkdir()
    result = run("convert", "jmee", broken, "--out", out)
    assert isinstance(result.exception, RmplError)
    assert list(out.parent.iterdir()) == []
    result = run("convert", "jmee", broken, "--out", out, "--skip-broken")
    assert "left out: 1 x an empty word" in result.output
    assert len(list(read_documents(out))) == 1


def test_stats_of_a_corpus() -> None:
    result = run("stats", TWINS / "jmee.json", "--corpus", "jmee", "--backbone", "none", "--json")
    found = json.loads(result.output)
    assert found["lengths"]["words a sentence"] == {
        "n": 6,
        "mean": 9.83,
        "median": 9,
        "p95": 15,
        "max": 15,
    }
    assert found["lengths"]["events a sentence"]["max"] == 3
    assert found["text_types"]["Life:Die"] == 1


def test_stats_count_the_tokens_of_a_backbone(tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({"?": 0}, unk_token="?")  # noqa: S106 - no password
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    arguments = ("stats", TWINS / "jmee.json", "--corpus", "jmee", "--backbone", tmp_path)
    found = json.loads(run(*arguments, "--json").output)["lengths"]
    assert found[f"{tmp_path} tokens a sentence"]["max"] == 15
    table = run(*arguments).output
    assert "words per sentence" in table
    assert "Justice:Arrest-Jail" in table


def test_stats_without_a_tokenizer_says_so(tmp_path: Path) -> None:
    result = run("stats", TWINS / "jmee.json", "--corpus", "jmee", "--backbone", tmp_path)
    assert isinstance(result.exception, RmplError)
    assert "tokenizer.json" in str(result.exception)
