"""Folders that appear only when they are complete."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rmpl.io.files import write_file
from rmpl.io.folders import appearing_folder


def test_a_folder_appears_when_it_is_complete_and_replaces_another(tmp_path: Path) -> None:
    place = tmp_path / "base"
    with appearing_folder(place) as written:
        write_file(written / "a", "old")
        assert not place.exists()
    with pytest.raises(KeyError), appearing_folder(place) as written:
        write_file(written / "a", "half")
        raise KeyError
    (tmp_path / ".base.partial-0123").mkdir()
    assert (place / "a").read_text() == "old"
    with appearing_folder(place) as written:
        write_file(written / "b", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["base"]
    assert [(p.name, p.read_text()) for p in place.iterdir()] == [("b", "new")]


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_who_may_read_a_folder_may_read_its_files(tmp_path: Path, mask: int, mode: int) -> None:
    """Libraries may write files for their owner alone; a mask that is strict stays so."""
    before = os.umask(mask)
    try:
        with appearing_folder(tmp_path / "new") as written:
            (written / "deep").mkdir()
            (written / "deep" / "weights").touch(0o600)
            (written / "link").symlink_to(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "deep" / "weights").stat().st_mode & 0o777 == mode


def test_the_older_folder_stays_where_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    place = tmp_path / "base"
    place.mkdir()
    (place / "a").touch()
    with pytest.raises(OSError), appearing_folder(place, flushed=False) as written:
        written.rmdir()
    assert [p.name for p in place.iterdir()] == ["a"]
    assert [p.name for p in tmp_path.iterdir()] == ["base"]


def test_an_empty_folder_is_filled_and_stays_where_somebody_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with appearing_folder(Path()) as written:
        write_file(written / "a", "one")
        assert not any(Path().iterdir())
    assert Path("a").read_text() == "one"
    assert [one.name for one in tmp_path.iterdir()] == ["here"]
