"""The imSitu verbs of the synthetic corpus: roles, their M2E2 roles and possible fillers.

Verbs, role names and the type and role each stands for are imSitu's and the corrected ACE-imSitu
mapping's; ``situations_plan`` names the roles added to them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from rmpl.synthetic.story.plot import PERSONS

ATTACK = "Conflict:Attack"
DEMONSTRATE = "Conflict:Demonstrate"
MEET = "Contact:Meet"
PHONE = "Contact:Phone-Write"
ARREST = "Justice:Arrest-Jail"
DIE = "Life:Die"
TRANSPORT = "Movement:Transport"
MONEY = "Transaction:Transfer-Money"

CIVILIANS = ("man", "woman", "worker")
FORCES = ("officer", "soldier")
ROAD_VEHICLES = ("car", "truck", "bus")


@dataclasses.dataclass(frozen=True)
class Situation:
    """An imSitu verb: its roles, their M2E2 roles and possible fillers.

    Parameters
    ----------
    verb
        An imSitu verb.
    event_type
        The M2E2 type, ``None`` for a near miss.
    order
        The verb's imSitu roles in imSitu's order, ``place`` last.
    roles
        imSitu role -> M2E2 role, or ``None``.
    fillers
        imSitu role -> entity kinds; a role without an entry is never filled (a blank in imSitu).
    abstract
        imSitu's template, roles in capitals.
    definition
        The definition of the verb, as in ``imsitu_space.json``.
    optional
        Roles that may be empty.
    groups
        imSitu role -> minimum and maximum number of members of its entity (1 to 1 if absent); only
        people and placards come in groups.
    several
        imSitu role -> minimum and maximum number of its entities (1 to 1 if absent).
    """

    verb: str
    event_type: str | None
    order: tuple[str, ...]
    roles: Mapping[str, str | None]
    fillers: Mapping[str, tuple[str, ...]]
    abstract: str
    definition: str
    optional: frozenset[str] = frozenset()
    groups: Mapping[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    several: Mapping[str, tuple[int, int]] = dataclasses.field(default_factory=dict)


def _situation(
    verb: str,
    event_type: str | None,
    roles: str,
    fillers: Mapping[str, tuple[str, ...]],
    abstract: str,
    definition: str,
    *,
    optional: str = "",
    groups: Mapping[str, tuple[int, int]] | None = None,
    several: Mapping[str, tuple[int, int]] | None = None,
) -> Situation:
    """Build a situation from ``"agent:Attacker victim:Target"``; a bare role has no M2E2 role."""
    pairs = [part.partition(":") for part in roles.split()]
    mapped: dict[str, str | None] = {name: role or None for name, _, role in pairs}
    mapped.setdefault("place", None)
    order = (*(name for name in mapped if name != "place"), "place")
    return Situation(
        verb=verb,
        event_type=event_type,
        order=order,
        roles=mapped,
        fillers=fillers,
        abstract=abstract,
        definition=definition,
        optional=frozenset(optional.split()),
        groups=groups or {},
        several=several or {},
    )


ALL_SITUATIONS: tuple[Situation, ...] = (
    _situation(
        "attacking",
        ATTACK,
        "agent:Attacker victim:Target weapon:Instrument place:Place",
        {"agent": PERSONS, "victim": PERSONS, "weapon": ("knife", "club")},
        "the AGENT attacks the VICTIM with the WEAPON at the PLACE",
        "take aggressive action against somebody, with or without a weapon",
        groups={"victim": (1, 2)},
    ),
    _situation(
        "shooting",
        ATTACK,
        "agent:Attacker firearm:Instrument target:Target",
        {
            "agent": ("soldier", "officer", "man", "woman"),
            "firearm": ("rifle",),
            "target": (*PERSONS, "car", "truck"),
        },
        "the AGENT shoots at the TARGET with the FIREARM at the PLACE",
        "fire a gun at somebody or something",
        groups={"target": (1, 2)},
    ),
    _situation(
        "burning",
        ATTACK,
        "agent:Attacker target:Target tool:Instrument place:Place",
        {
            "agent": ("man", "woman", "soldier"),
            "target": ("building", "car", "truck", "bus", "tent"),
            "tool": ("flames",),
        },
        "the AGENT burns the TARGET with the TOOL at the PLACE",
        "set fire to something in order to destroy it",
    ),
    _situation(
        "arresting",
        ARREST,
        "agent:Agent suspect:Person tool:Instrument place:Place",
        {"agent": FORCES, "suspect": CIVILIANS, "tool": ("handcuffs",)},
        "the AGENT arrests the SUSPECT with the TOOL at the PLACE",
        "seize somebody and take him or her into custody",
        optional="tool",
        groups={"agent": (1, 2)},
    ),
    _situation(
        "detaining",
        ARREST,
        "agent:Agent victim:Person tool:Instrument place:Place",
        {"agent": FORCES, "victim": CIVILIANS, "tool": ("handcuffs",)},
        "the AGENT detains the VICTIM with the TOOL at the PLACE",
        "hold somebody and push him or her into a vehicle of the police",
        optional="tool",
    ),
    _situation(
        "protesting",
        DEMONSTRATE,
        "agent:Entity tool:Instrument police:Police place:Place",
        {
            "agent": CIVILIANS,
            "tool": ("placard",),
            "police": ("officer",),
            "place": ("building",),
        },
        "the AGENT protests with the TOOL before the POLICE at the PLACE",
        "show in public that one is against something",
        optional="police place",
        groups={"agent": (3, 5), "tool": (2, 4), "police": (1, 3)},
    ),
    _situation(
        "gathering",
        DEMONSTRATE,
        "gatherers:Entity tool:Instrument place:Place",
        {"gatherers": CIVILIANS, "tool": ("placard",), "place": ("building",)},
        "the GATHERERS gather with the TOOL at the PLACE",
        "come together in public to make a demand",
        groups={"gatherers": (3, 4), "tool": (2, 3)},
        several={"gatherers": (1, 2)},
    ),
    _situation(
        "talking",
        MEET,
        "agent:Entity listener:Entity place:Place",
        {"agent": PERSONS, "listener": PERSONS},
        "the AGENT talks to the LISTENER at the PLACE",
        "exchange words face to face",
        groups={"listener": (1, 2)},
    ),
    _situation(
        "discussing",
        MEET,
        "agents:Entity place:Place",
        {"agents": CIVILIANS + FORCES},
        "the AGENTS discuss at the PLACE",
        "speak about a matter round a table",
        groups={"agents": (3, 4)},
        several={"agents": (1, 2)},
    ),
    _situation(
        "shaking",
        MEET,
        "agent:Entity item tool place:Place",
        {"agent": PERSONS},
        "the AGENT shakes the ITEM with the TOOL at the PLACE",
        "take the hand of another person in greeting",
        several={"agent": (2, 2)},
    ),
    _situation(
        "phoning",
        PHONE,
        "agent:Entity tool:Instrument place:Place",
        {"agent": PERSONS, "tool": ("phone",)},
        "the AGENT phones with the TOOL at the PLACE",
        "speak to somebody by telephone",
    ),
    _situation(
        "writing",
        PHONE,
        "agent:Entity target tool:Instrument place:Place",
        {"agent": PERSONS, "tool": ("letter",)},
        "the AGENT writes on the TARGET with the TOOL at the PLACE",
        "set down words for somebody on paper",
    ),
    _situation(
        "boarding",
        TRANSPORT,
        "agent:Artifact vehicle:Vehicle",
        {"agent": PERSONS, "vehicle": ("bus", "truck", "helicopter", "boat")},
        "the AGENT boards the VEHICLE at the PLACE",
        "get into a vehicle to be taken somewhere",
        groups={"agent": (1, 3)},
    ),
    _situation(
        "carrying",
        TRANSPORT,
        "agent:Agent item:Artifact agentpart",
        {"agent": PERSONS, "item": ("crate", "bag")},
        "the AGENT carries the ITEM on the AGENTPART at the PLACE",
        "bear something from one place to another",
    ),
    _situation(
        "loading",
        TRANSPORT,
        "agent:Agent item:Artifact destination tool:Vehicle",
        {
            "agent": ("man", "woman", "worker", "soldier"),
            "item": ("crate", "bag"),
            "tool": ("truck", "helicopter", "boat"),
        },
        "the AGENT loads the DESTINATION with the ITEM by the TOOL at the PLACE",
        "put goods into a vehicle to be taken away",
    ),
    _situation(
        "steering",
        TRANSPORT,
        "agent:Agent vehicle:Vehicle tool",
        {"agent": PERSONS, "vehicle": ("car", "truck", "bus", "boat")},
        "the AGENT steers the VEHICLE with the TOOL at the PLACE",
        "drive a vehicle",
    ),
    _situation(
        "burying",
        DIE,
        "agent item:Victim destination tool:Instrument",
        {"item": PERSONS, "tool": ("rifle", "knife", "club")},
        "the AGENT buries the ITEM in the DESTINATION with the TOOL at the PLACE",
        "lay out the dead",
        optional="tool",
        groups={"item": (1, 3)},
    ),
    _situation(
        "crashing",
        DIE,
        "agent item:Instrument against:Victim place:Place",
        {"item": ROAD_VEHICLES, "against": PERSONS},
        "the AGENT crashes the ITEM against the AGAINST at the PLACE",
        "run into somebody or something with a vehicle",
        groups={"against": (1, 2)},
    ),
    _situation(
        "paying",
        MONEY,
        "agent:Giver seller:Recipient good item:Money place:Place",
        {"agent": PERSONS, "seller": PERSONS, "item": ("money",)},
        "the AGENT pays the SELLER the ITEM for the GOOD at the PLACE",
        "hand over money",
    ),
    _situation(
        "buying",
        MONEY,
        "agent:Giver payment:Money seller:Recipient goods place:Place",
        {"agent": PERSONS, "payment": ("money",), "seller": PERSONS},
        "the AGENT buys the GOODS with the PAYMENT from the SELLER at the PLACE",
        "obtain something across a counter for money",
    ),
    _situation(
        "guarding",
        None,
        "agent item weapon",
        {
            "agent": (*FORCES, "man", "woman"),
            "item": ("building", "car", "truck", "man", "woman", "worker"),
            "weapon": ("rifle", "club"),
        },
        "the AGENT guards the ITEM with the WEAPON at the PLACE",
        "watch over somebody or something; the weapon is lowered",
        optional="item",
    ),
    _situation(
        "camping",
        None,
        "agent shelter",
        {"agent": PERSONS, "shelter": ("tent", "building")},
        "the AGENT camps in the SHELTER at the PLACE",
        "live outdoors for a time, beside a camp fire",
        groups={"agent": (1, 2)},
    ),
    _situation(
        "waiting",
        None,
        "agent",
        {"agent": PERSONS},
        "the AGENT waits at the PLACE",
        "stay where one is until something occurs; an officer may stand near",
    ),
    _situation(
        "leaning",
        None,
        "agent item against",
        {"agent": CIVILIANS, "item": ("placard",), "against": ("building",)},
        "the AGENT leans the ITEM against the AGAINST at the PLACE",
        "rest something against a wall and leave it there",
        groups={"agent": (1, 3)},
    ),
    _situation(
        "queuing",
        None,
        "agent",
        {"agent": CIVILIANS},
        "the AGENT queues at the PLACE",
        "form a line to wait for one's turn",
        groups={"agent": (3, 5)},
    ),
    _situation(
        "ignoring",
        None,
        "agent boringthing",
        {"agent": PERSONS, "boringthing": PERSONS},
        "the AGENT ignores the BORINGTHING at the PLACE",
        "turn one's back to somebody and take no notice",
    ),
    _situation(
        "sitting",
        None,
        "agent contact",
        {"agent": PERSONS, "contact": ("table",)},
        "the AGENT sits at the CONTACT at the PLACE",
        "be seated; a phone or a letter may lie on the table",
    ),
    _situation(
        "counting",
        None,
        "agent itemtype",
        {"agent": PERSONS, "itemtype": ("money",)},
        "the AGENT counts the ITEMTYPE at the PLACE",
        "find the number of things that lie on a table",
    ),
    _situation(
        "standing",
        None,
        "agent",
        {"agent": PERSONS},
        "the AGENT stands at the PLACE",
        "be upright on one's feet, near a parked vehicle or a crate on the ground",
        groups={"agent": (1, 2)},
    ),
    _situation(
        "sleeping",
        None,
        "agent",
        {"agent": PERSONS},
        "the AGENT sleeps at the PLACE",
        "rest on a bench with the eyes shut",
    ),
)
