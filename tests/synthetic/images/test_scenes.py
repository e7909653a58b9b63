"""Scenes show every participant, tightly boxed, and come out the same from the same seed."""

import random

import pytest

from rmpl.ontology import load_ontology
from rmpl.synthetic.images.scenes import (
    NEAR_MISSES,
    TIE_KINDS,
    TIES,
    draw_happening,
    draw_still,
    draw_tie,
)
from rmpl.synthetic.story.plot import COLOURS, HELD_OUT_LOOKS, Entity
from rmpl.synthetic.story.situations_plan import COLOURED, SITUATIONS, invent

VERBS = sorted(SITUATIONS)


def scene_of(verb, seed, *, held_out=False, clutter=0.5):
    rng = random.Random(f"{verb} {seed}")
    happening = invent(verb, rng, held_out=held_out)
    return happening, draw_happening(happening, rng, clutter=clutter)


def looks(scene):
    return {(p.entity.kind, p.entity.colour) for p in scene.placed}


def assert_boxes_inside(scene):
    width, height = scene.image.size
    for placed in scene.placed:
        for x1, y1, x2, y2 in (placed.box, *placed.members):
            assert 0 <= x1 < x2 <= width
            assert 0 <= y1 < y2 <= height
        if placed.members:
            assert len(placed.members) == placed.entity.count > 1
            assert placed.box[0] == min(box[0] for box in placed.members)
            assert placed.box[3] == max(box[3] for box in placed.members)


@pytest.mark.parametrize("verb", VERBS)
def test_same_seed_same_picture(verb):
    _, first = scene_of(verb, 1)
    _, again = scene_of(verb, 1)
    assert first.image.tobytes() == again.image.tobytes()
    assert first.placed == again.placed
    assert scene_of(verb, 2)[1].image.tobytes() != first.image.tobytes()


@pytest.mark.parametrize("verb", VERBS)
def test_every_participant_is_placed_once_with_its_role(verb):
    for seed in range(12):
        happening, scene = scene_of(verb, seed, held_out=bool(seed % 2), clutter=seed / 11)
        played = [(p.role, p.entity) for p in scene.placed if p.role]
        assert sorted(played, key=str) == sorted(happening.roles, key=str)
        assert_boxes_inside(scene)
        for placed in scene.placed:
            if placed.role:
                assert bool(placed.members) == (placed.entity.count > 1)


@pytest.mark.parametrize("verb", VERBS)
def test_what_carries_a_role_is_large_enough_to_be_seen(verb):
    for seed in range(12):
        _, scene = scene_of(verb, seed)
        for placed in scene.placed:
            if placed.role:
                for x1, y1, x2, y2 in placed.members or (placed.box,):
                    assert max(x2 - x1, y2 - y1) >= 0.085 * max(scene.image.size)


@pytest.mark.parametrize("verb", VERBS)
def test_held_out_looks_only_when_asked_for(verb):
    for seed in range(12):
        _, scene = scene_of(verb, seed, clutter=1.0)
        assert not looks(scene) & HELD_OUT_LOOKS
        _, scene = scene_of(verb, seed, held_out=True)
        assert looks(scene) & HELD_OUT_LOOKS


@pytest.mark.parametrize("verb", VERBS)
def test_no_bystander_looks_like_a_participant(verb):
    for seed in range(12):
        _, scene = scene_of(verb, seed, clutter=1.0)
        cast = {(p.entity.kind, p.entity.colour) for p in scene.placed if p.role}
        others = {(p.entity.kind, p.entity.colour) for p in scene.placed if not p.role}
        assert not {look for look in cast & others if look[1]}


def test_every_image_role_of_the_ontology_is_drawn():
    wanted = {(name, r) for name, kind in load_ontology("m2e2").events.items() for r in kind.image}
    drawn = set()
    for verb in VERBS:
        for seed in range(12):
            happening, scene = scene_of(verb, seed)
            drawn |= {(happening.event_type, p.role) for p in scene.placed}
    assert wanted <= drawn
    assert all(scene_of(verb, 0)[0].event_type is None for verb in NEAR_MISSES)


def test_pictures_vary_in_size_and_orientation():
    sizes = [scene_of("phoning", seed)[1].image.size for seed in range(40)]
    assert all(160 <= width <= 288 for width, _ in sizes)
    assert {width > height for width, height in sizes} == {True, False}


def test_a_still_shows_what_it_is_given():
    given = [Entity("bus", "red"), Entity("man", "blue", 3), Entity("knife")]
    for seed in range(20):
        scene = draw_still(random.Random(seed), entities=given, n=4)
        assert [placed.entity for placed in scene.placed[:3]] == given
        assert all(placed.role is None for placed in scene.placed)
        assert_boxes_inside(scene)


def test_a_still_of_strangers_keeps_held_out_looks_for_the_test_world():
    scenes = [draw_still(random.Random(seed)) for seed in range(60)]
    assert not any(looks(scene) & HELD_OUT_LOOKS for scene in scenes)
    scenes = [draw_still(random.Random(seed), held_out=True) for seed in range(60)]
    assert any(looks(scene) & HELD_OUT_LOOKS for scene in scenes)


@pytest.mark.parametrize("tie", TIES)
def test_ties_show_head_and_tail(tie):
    for seed in range(15):
        rng = random.Random(seed)
        pair = []
        for kinds in TIE_KINDS[tie]:
            kind = rng.choice(kinds)
            pair.append(Entity(kind, rng.choice(list(COLOURS)) if kind in COLOURED else None))
        scene = draw_tie(*pair, tie, rng)
        assert [(p.role, p.entity) for p in scene.placed[:2]] == list(
            zip(("head", "tail"), pair, strict=True)
        )
        assert_boxes_inside(scene)


def test_impossible_ties_are_refused():
    with pytest.raises(ValueError, match="no tie"):
        draw_tie(Entity("man", "red"), Entity("man", "blue"), "married", random.Random(0))
    with pytest.raises(ValueError, match="does not go with"):
        draw_tie(Entity("man", "red"), Entity("man", "blue"), "inside", random.Random(0))
