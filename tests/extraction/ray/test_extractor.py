"""Workers of two processes: the same results in the same order, whatever happens to one of them."""

import functools
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import PIL.Image
import psutil
import pytest

if importlib.util.find_spec("ray") is None:  # not imported here: what starts it sets switches first
    pytest.skip("no ray: pip install 'rmpl[ray]'", allow_module_level=True)
pytest.importorskip("nupunkt")
pytest.importorskip("nltk")

import ray_workers
from rmpl.errors import RmplError
from rmpl.extraction.engines.base import EngineError
from rmpl.extraction.extractor import Extractor
from rmpl.extraction.ray.cluster import cluster
from rmpl.extraction.ray.extractor import RayExtractor
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.read_report import ReadReport
from rmpl.predictions.results import result_line

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def connected():
    """One cluster for all tests, as a command starts it; a program's own is used again."""
    with pytest.MonkeyPatch.context() as patch:
        here = str(Path(ray_workers.__file__).parent)  # what the workers import stands here
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        )
        with cluster(2):
            yield


@pytest.fixture
def news(tmp_path, monkeypatch):
    """A folder of ten articles, a chunk each, and of what cannot be read."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "news"
    folder.mkdir()
    for number in range(10):
        text = f"Police shot {number} men. " + "He fell. " * 255
        (folder / f"{number:02}.txt").write_text(text)
    (folder / "03.txt").write_text("Ana fell. " * 256)
    (folder / "05-bad.txt").write_bytes(b"\xff\xfe\xfd")
    (folder / "notes.ps").write_bytes(b"x")
    return folder


@pytest.fixture
def pids(tmp_path):
    """A folder in which every worker leaves its number."""
    folder = tmp_path / "pids"
    folder.mkdir()
    return folder


def read(extractor, *paths):
    """Return the lines, what was told of, and the report, of one process or of many."""
    report, told = ReadReport(), []

    def tell(error):
        told.append(str(error))

    sources = find_sources([str(path) for path in paths], report, tell)
    if isinstance(extractor, Extractor):
        stream = extractor.stream(Reader(report, tell).read(sources))
    else:
        stream = extractor.stream(sources, report, tell)
    lines = []
    for item, found in stream:
        if isinstance(found, RmplError):
            tell(found)
        else:
            lines.append(result_line(found, item))
    return lines, told, report.as_dict()


def two_workers(load, *parameters):
    return RayExtractor(functools.partial(load, *parameters), workers=2)


def one_worker(load):
    return RayExtractor(load, workers=1)


def test_two_workers_give_what_one_process_gives(news, pids):
    (news / "06.txt").write_text("Police shot. refuse this.")
    alone, many = ray_workers.scripted(), two_workers(ray_workers.scripted, 0.2, pids)
    expected, found = read(alone, "news"), read(many, "news")
    assert found == expected
    lines, told, report = found
    assert len(lines) == 9
    assert json.loads(lines[0])["text_events"]
    assert not json.loads(lines[3])["text_events"]
    assert "news/05-bad.txt: not UTF-16" in told[0]
    assert told[1] == "this is refused"
    assert report["used"]["documents"] == 10
    assert report["left_out"] == {"unsupported file type": 1}
    assert many.asked == alone.asked
    assert many.asked["text-emi"] > 9 * 256
    assert len(list(pids.iterdir())) == 2


def test_a_model_gives_the_same_lines_byte_for_byte(twin, tmp_path, monkeypatch, brief_answers):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(f"Police shot {name} men in Lima. He fell.")
        PIL.Image.new("RGB", (64, 48), "red").save(tmp_path / name / "photo.jpg")
    (tmp_path / "more.jsonl").write_text('{"id": "m", "text": "Rebels shot Ana."}\n')
    paths = ["one", "two", "three", "more.jsonl"]
    expected = read(Extractor.from_pretrained(twin), *paths)
    assert any(json.loads(line)["image_events"] for line in expected[0])
    assert read(two_workers(ray_workers.brief, twin), *paths) == expected


def test_a_worker_that_is_killed_costs_no_document_and_repeats_none(news, pids):
    done = {"news/00.txt", "news/08.txt"}
    expected = read(ray_workers.scripted(), "news")[0]
    many = two_workers(ray_workers.scripted, 0.3, pids)
    report, lines, killed = ReadReport(), [], 0
    sources = find_sources(["news"], report, lambda _: None)
    for item, found in many.stream(sources, report, lambda _: None, done=done):
        lines.append(result_line(found, item))
        if len(lines) in {1, 4}:
            # One that has nothing left to do may have ended by itself.
            alive = [int(file.name) for file in pids.iterdir() if psutil.pid_exists(int(file.name))]
            os.kill(alive[0], signal.SIGKILL)
            killed += 1
    assert lines == expected[1:8] + expected[9:]
    assert killed == 2
    assert len(list(pids.iterdir())) > 2  # others took their places
    assert many.asked["text-emi"] == 8 * 256  # what was begun twice counts once


def test_a_document_that_every_worker_dies_of_stops_the_run_and_is_named(tmp_path):
    (tmp_path / "a.txt").write_text("crash")
    with pytest.raises(RmplError, match=r"a.txt: 4 workers died processing it.*--resume"):
        read(one_worker(ray_workers.scripted), tmp_path)


@pytest.mark.parametrize(
    ("load", "text", "what"),
    [
        (ray_workers.broken, "x", "nowhere: no such model"),
        (ray_workers.scripted, "down", "the server does not answer"),
    ],
)
def test_what_is_no_document_s_fault_stops_the_run(tmp_path, load, text, what):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(EngineError, match=what):
        read(one_worker(load), tmp_path)


def test_files_for_programs(tmp_path):
    (tmp_path / "a.txt").write_text("Police shot Ana.")
    (tmp_path / "b.txt").write_text("")
    many = one_worker(ray_workers.scripted)
    with pytest.raises(RmplError, match="an empty file"):
        list(many.extract_files(tmp_path))
    (tmp_path / "b.txt").unlink()
    found = list(many.extract_files(tmp_path))
    assert found == list(ray_workers.scripted().extract_files(tmp_path))
    assert found[0].text_events


def test_the_command_on_a_cluster_that_runs(twin, tmp_path):
    import ray

    (tmp_path / "a.txt").write_text("Police shot Ana.")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\xfd")
    (tmp_path / "c.txt").write_text("Rebels shot.")
    words = [sys.executable, "-m", "rmpl.cli.main", "extract", "a.txt", "b.txt", "c.txt"]
    words += ["--model", str(twin)]
    address = {**os.environ, "RAY_ADDRESS": ray.get_runtime_context().gcs_address}
    run = functools.partial(subprocess.run, cwd=tmp_path, env=address, capture_output=True)
    alone = run([*words, "--out", "alone.jsonl"])
    assert alone.returncode == 1, alone.stderr
    whole = (tmp_path / "alone.jsonl").read_bytes()
    # As a run leaves it that was stopped in the middle of its second line.
    (tmp_path / "many.jsonl").write_bytes(whole[: whole.index(b"\n") + 30])
    shutil.copy(tmp_path / "alone.jsonl.about.json", tmp_path / "many.jsonl.about.json")
    many = run([*words, "--out", "many.jsonl", "--ray-workers", "2", "--resume"])
    assert many.returncode == 1, many.stderr
    lines = [(tmp_path / name).read_bytes().splitlines() for name in ("alone.jsonl", "many.jsonl")]
    assert lines[1][0] == lines[0][0]
    assert [json.loads(line)["doc_id"] for line in lines[1]] == ["a.txt", "c.txt"]
    assert b"2 documents, 1 of them from earlier runs" in many.stdout
    told = many.stderr.decode().splitlines()
    assert told[0].startswith("skipped: b.txt: not UTF-16")
    assert [line for line in told if not line.startswith(("skipped: ", "documents: "))] == []


def test_what_results_depend_on_is_known_without_a_model_in_this_process(twin):
    options = {"schema": None, "constrained": False}
    assert (
        RayExtractor.from_pretrained(twin, workers=2, **options).about
        == Extractor.from_pretrained(twin, **options).about
    )


def test_standard_input_is_refused():
    with pytest.raises(RmplError, match="save it as a file"):
        read(one_worker(ray_workers.scripted), "-")
