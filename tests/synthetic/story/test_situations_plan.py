"""The plan uses imSitu's verbs, the mapping's types and roles, and invents fitting happenings."""

import json
import random
from pathlib import Path

import pytest

from rmpl.ontology import load_ontology
from rmpl.synthetic.story.plot import HELD_OUT_LOOKS
from rmpl.synthetic.story.situations_plan import (
    ADDED_ROLES,
    NEAR_MISSES,
    SITUATIONS,
    imsitu_players,
    invent,
)

DATA = Path(__file__).parents[4] / "shared" / "data"
VERBS = sorted(SITUATIONS)


def looks(happening):
    return [(entity.kind, entity.colour) for _, entity in happening.roles]


@pytest.mark.parametrize("verb", VERBS)
def test_same_seed_same_happening(verb):
    first = [invent(verb, random.Random(5), held_out=h) for h in (False, True)]
    again = [invent(verb, random.Random(5), held_out=h) for h in (False, True)]
    assert first == again


@pytest.mark.parametrize("verb", VERBS)
def test_held_out_looks_only_when_asked_for(verb):
    for seed in range(60):
        assert not HELD_OUT_LOOKS & set(looks(invent(verb, random.Random(seed), held_out=False)))
        assert HELD_OUT_LOOKS & set(looks(invent(verb, random.Random(seed), held_out=True)))


@pytest.mark.parametrize("verb", VERBS)
def test_participants_look_different_and_fit_their_role(verb):
    situation = SITUATIONS[verb]
    for seed in range(60):
        happening = invent(verb, random.Random(seed), held_out=bool(seed % 2))
        assert len(set(looks(happening))) == len(happening.roles)
        players = imsitu_players(happening)
        assert sum(map(len, players.values())) == len(happening.roles)
        for role, entities in players.items():
            assert {entity.kind for entity in entities} <= set(situation.fillers[role])
        for role in set(situation.fillers) - situation.optional:
            assert players[role]


def test_every_image_role_of_the_ontology_is_played():
    wanted = {
        (name, role) for name, kind in load_ontology("m2e2").events.items() for role in kind.image
    }
    played = {
        (happening.event_type, role)
        for verb in VERBS
        for seed in range(30)
        for happening in [invent(verb, random.Random(seed), held_out=False)]
        for role, _ in happening.roles
        if happening.event_type
    }
    assert wanted <= played


def test_demonstrations_have_three_people_or_more():
    for verb in ("protesting", "gathering"):
        for seed in range(60):
            happening = invent(verb, random.Random(seed), held_out=False)
            assert sum(entity.count for entity in happening.players("Entity")) >= 3


def test_abstract_names_every_role():
    for situation in SITUATIONS.values():
        for role in situation.fillers:
            assert role.upper() in situation.abstract


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is absent")
def test_verbs_and_roles_are_those_of_the_real_mapping():
    mapping = json.loads((DATA / "ace_imsitu_map" / "imsitu_to_m2e2.cleaned.json").read_text())
    verbs = set((DATA / "imsitu" / "verb_indices.txt").read_text().split())
    roles = set((DATA / "imsitu" / "role_indices.txt").read_text().split())
    assert set(SITUATIONS) <= verbs
    assert not set(NEAR_MISSES) & set(mapping)
    for verb, situation in SITUATIONS.items():
        assert set(situation.order) <= roles | {role for _, role in ADDED_ROLES}
        if situation.event_type is None:
            continue
        assert mapping[verb]["m2e2_type"] == situation.event_type
        for role in situation.fillers:
            if (verb, role) not in ADDED_ROLES:
                assert mapping[verb]["roles"][role] == situation.roles[role]
