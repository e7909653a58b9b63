from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rmpl.ontology import load_mapping, load_ontology, load_relations
from rmpl.synthetic.story.situations_plan import ADDED_ROLES, SITUATIONS

NAMES = ["framenet", "imsitu", "propbank", "rams", "rams_loose", "wikievents"]


@pytest.mark.parametrize("name", NAMES)
def test_a_mapping_leads_into_the_inventory(name: str) -> None:
    events = load_ontology("m2e2").events
    for mapped in load_mapping(name).values():
        roles = {*mapped.roles.values(), *mapped.needs}
        assert roles <= set(events[mapped.event_type].roles)


def test_the_worlds_situations_are_mapped_as_they_were_made() -> None:
    mapping = load_mapping("imsitu")
    for situation in SITUATIONS.values():
        if situation.event_type is None:
            assert situation.verb not in mapping
            continue
        mapped = mapping[situation.verb]
        assert mapped.event_type == situation.event_type
        inventory = load_ontology("m2e2").events[situation.event_type].roles
        made = {role: own for role, own in situation.roles.items() if own in inventory}
        assert {role: mapped.roles.get(role) for role in made} == made


def test_the_published_mapping_is_mended(real_data: Callable[[str], Path]) -> None:
    rows = [
        line.split("\t")
        for line in (real_data("ace_imsitu_map") / "ace_sr_mapping.m2e2.txt")
        .read_text()
        .split("\n")
        if line
    ]
    types = {row[2].replace("||", ":").replace("|", "-") for row in rows}
    mapping = load_mapping("imsitu")
    assert len(rows) == 227
    assert {row[0] for row in rows} == set(mapping)
    assert len(mapping) == 67
    assert types - {mapped.event_type for mapped in mapping.values()} == {
        "Transaction:Transfer-MONEY"
    }
    assert {mapped.event_type for mapped in mapping.values()} == set(load_ontology("m2e2").events)
    cleaned = json.loads((real_data("ace_imsitu_map") / "imsitu_to_m2e2.cleaned.json").read_text())
    events = load_ontology("m2e2").events
    for verb, proposal in cleaned.items():
        inventory = events[proposal["m2e2_type"]].roles
        kept = {role: own for role, own in proposal["roles"].items() if own in inventory}
        added = {role for name, role in ADDED_ROLES if name == verb}
        assert {r: o for r, o in mapping[verb].roles.items() if r not in added} == kept


def test_relation_labels() -> None:
    labels = load_relations("mnre")
    assert {version: len(names) for version, names in labels.items()} == {"v1": 31, "v2": 23}
    assert labels["v2"][0] == labels["v1"][0] == "None"
    assert "/per/per/alumi" in labels["v2"]
    assert "/per/misc/creat" in labels["v1"]
