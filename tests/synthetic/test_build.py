from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from rmpl.errors import RmplError
from rmpl.io.formats import SYNTHETIC
from rmpl.synthetic import build
from rmpl.synthetic.build import build_world

TINY = 0.01


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        build_world(tmp_path / name, seed=seed, scale=TINY)
    one, two, three = (digests(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert any(name.endswith(".jpg") for name in one)
    assert one["ace/train.json"] != three["ace/train.json"]


def test_the_counts_are_those_of_the_files(small_world: Path) -> None:
    about = json.loads((small_world / "world.json").read_text(encoding="utf-8"))
    assert about["seed"] == 3
    counts = about["counts"]
    for name in ("ace", "swig"):
        for split in ("train", "dev"):
            records = json.loads((small_world / name / f"{split}.json").read_text("utf-8"))
            assert len(records) == counts[name][split]
    assert len(list((small_world / "m2e2" / "images").iterdir())) == counts["m2e2"]["images"]
    links = (small_world / "m2e2" / "crossmedia_coref.txt").read_text("utf-8").splitlines()
    assert len(links) == counts["m2e2"]["links"] > 0


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    calls: list[tuple[int, int, str]] = []
    build_world(
        tmp_path / "world",
        seed=1,
        scale=TINY,
        progress=lambda done, total, what: calls.append((done, total, what)),
    )
    assert [done for done, _, _ in calls] == list(range(1, calls[-1][1] + 1))
    assert {what for _, _, what in calls} == {"situations", "relations", "documents"}


def test_an_older_world_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "world"
    build_world(out, seed=1, scale=TINY)
    (out / "leftover.txt").write_text("old", encoding="utf-8")
    build_world(out, seed=2, scale=TINY)
    assert json.loads((out / "world.json").read_text("utf-8"))["seed"] == 2
    assert not (out / "leftover.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_a_folder_that_is_no_world_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "thesis.txt"
    precious.write_text("years of work", encoding="utf-8")
    with pytest.raises(RmplError, match="other than a synthetic corpus"):
        build_world(tmp_path, seed=1, scale=TINY)
    assert precious.read_text(encoding="utf-8") == "years of work"


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world").write_text("a file", encoding="utf-8")
    with pytest.raises(RmplError, match="a file of that name"):
        build_world(tmp_path / "world", seed=1, scale=TINY)


def test_a_folder_is_replaced_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "world"
    out.mkdir()
    (out / "notes.txt").write_text("notes", encoding="utf-8")
    build_world(out, seed=1, scale=TINY, overwrite=True)
    assert (out / "world.json").is_file()
    assert not (out / "notes.txt").exists()


def test_nothing_is_left_behind_by_a_build_that_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "world"
    build_world(out, seed=1, scale=TINY)
    before = digests(out)

    def stop(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_world(out, seed=2, scale=TINY, progress=stop)
    assert digests(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    for name in (".world.partial-1", ".world.old-ab", ".worlds.partial-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").touch()
    build_world(tmp_path / "world", seed=1, scale=TINY)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".worlds.partial-1", "world"]


def test_what_a_killed_rewrite_left_is_removed_where_the_old_one_is_kept(tmp_path: Path) -> None:
    world = tmp_path / "world"
    world.mkdir()
    marker = {"format": SYNTHETIC, "seed": 1, "scale": TINY}
    (world / "world.json").write_text(json.dumps(marker), encoding="utf-8")
    (tmp_path / ".world.partial-1").mkdir()
    assert build.is_built(world, seed=1, scale=TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


@pytest.mark.parametrize("content", ['{"format"', "[" * 100_000, "3", "\udcff"])
def test_a_broken_marker_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "world.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(RmplError, match=r"world\.json: (no|not) .*--fresh"):
        build.is_built(tmp_path, seed=1)


def test_a_folder_that_cannot_be_written_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, os.strerror(13), str(tmp_path / "world"))

    monkeypatch.setattr(build, "write_swig", refuse)
    with pytest.raises(RmplError, match="cannot write the synthetic corpus") as caught:
        build_world(tmp_path / "world", seed=1, scale=TINY)
    assert caught.value.remedy
    assert not list(tmp_path.iterdir())


def test_a_parent_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RmplError, match="cannot write"):
        build_world(tmp_path / "file" / "world", seed=1, scale=TINY)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_makes_no_sense_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(RmplError, match="not above 0"):
        build_world(tmp_path / "world", seed=1, scale=scale)
