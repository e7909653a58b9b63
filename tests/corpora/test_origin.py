"""A synthetic corpus is known as one, wherever it is."""

import shutil

import pytest

from rmpl.corpora.origin import is_synthetic
from rmpl.corpora.registry import read_corpus


@pytest.mark.parametrize("name", ["ace", "swig", "mnre", "m2e2"])
def test_each_corpus_is_known_where_it_was_written_and_where_it_was_copied(
    name, small_world, tmp_path
):
    copied = shutil.copytree(small_world / name, tmp_path / "other")
    file = next(path for path in sorted(copied.iterdir()) if path.suffix in {".json", ".txt"})
    assert is_synthetic(small_world / name)
    assert is_synthetic(copied)
    assert is_synthetic(copied / file)


def test_what_version_0_1_wrote_is_known_by_the_folder_above_it(small_world, tmp_path):
    world = shutil.copytree(small_world, tmp_path / "world")
    (world / "ace" / "synthetic.json").unlink()
    assert is_synthetic(world / "ace")
    assert is_synthetic(world / "ace" / "train.json")


def test_others_are_not(twins, tmp_path):
    assert not is_synthetic(twins)
    assert not is_synthetic(tmp_path / "nowhere")
    (tmp_path / "world.json").write_text('{"type": "Topology"}')
    (tmp_path / "synthetic.json").write_text("[1]")
    assert not is_synthetic(tmp_path)


def test_a_corpus_of_others_beside_them_is_none(small_world, twins, tmp_path):
    world = shutil.copytree(small_world, tmp_path / "world")
    own = shutil.copytree(twins, world / "own")
    assert not is_synthetic(own)
    assert is_synthetic(world)


def test_the_mark_is_no_part_of_the_corpus(small_world):
    for name, reader in (("ace", "jmee"), ("m2e2", "m2e2"), ("swig", "swig"), ("mnre", "mnre")):
        assert next(iter(read_corpus(reader, small_world / name)))


def test_what_lies_in_a_corpus_is_known_by_it(small_world, tmp_path):
    images = small_world / "m2e2" / "images"
    assert is_synthetic(images)
    assert is_synthetic(min(images.iterdir()))
    world = shutil.copytree(small_world, tmp_path / "world")
    for marker in world.glob("*/synthetic.json"):  # as version 0.1 wrote it
        marker.unlink()
    assert is_synthetic(world / "m2e2" / "images")
    own = world / "own" / "images"
    own.mkdir(parents=True)
    assert not is_synthetic(own)
