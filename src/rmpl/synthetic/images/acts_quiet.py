"""Drawing near misses: the people and things of an event without the event."""

from __future__ import annotations

from rmpl.synthetic.images.acts_movement import LENGTHS, cover
from rmpl.synthetic.images.acts_people import TABLE_HEIGHT, place_table, sit_at
from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import SEATED, STANDING, Act, Stage
from rmpl.synthetic.images.things import draw_bench
from rmpl.synthetic.story.plot import PERSONS, VEHICLES, Entity, Happening

_IDLE: tuple[Pose, ...] = (STANDING, Pose(), Pose(near=(0.06, 0.42), far=(0.1, 0.44)))


def stand_row(stage: Stage, entity: Entity, role: str | None, start: float, step: float) -> None:
    """Put a group in a row; nobody faces anybody, which would look like a talk."""
    part, facing = stage.canvas.new_part(), stage.rng.choice((1, -1))
    for n in range(entity.count):
        pose = stage.rng.choice(_IDLE)
        stage.person(entity, role, start + step * n, pose, facing=facing, part=part)


def play_guarding(stage: Stage, happening: Happening) -> None:
    """One stands with a lowered weapon, turned away from whoever is there."""
    (guard,), (weapon,) = happening.players("agent"), happening.players("weapon")
    left = -stage.width / 2
    for item in happening.players("item"):
        if item.kind in PERSONS:
            stage.person(item, "item", left + 1.0, stage.rng.choice(_IDLE), facing=1)
        else:
            size = 1.45 if item.kind == "building" else LENGTHS[item.kind] * 0.9
            stage.thing(item, "item", stage.frame(left + 1.15, 0.1, size * stage.body))
    grip = (0.1, 0.5)
    pose = Pose(near=grip, far=(0.16, 0.44), stride=0.05)
    facing = stage.rng.choice((-1, -1, 1))
    figure = stage.person(guard, "agent", left + 0.3, pose, facing=facing)
    size = stage.visible_size(HEIGHTS[weapon.kind], 0.14)
    frame = stage.held(figure, grip, size, stage.rng.uniform(-70, -50))
    stage.thing(weapon, "weapon", frame)
    stage.hands((figure, grip))


def play_camping(stage: Stage, happening: Happening) -> None:
    """People sit at a camp fire; tent or house stands well away from it."""
    (camper,), (shelter,) = happening.players("agent"), happening.players("shelter")
    left, right = -stage.width / 2, stage.width / 2
    size = 1.3 if shelter.kind == "building" else 0.75
    reach = 0.42 * size if shelter.kind == "building" else 0.95 * size
    stage.thing(shelter, "shelter", stage.frame(right - reach, 0.2, size * stage.body))
    part = stage.canvas.new_part()
    for n in range(camper.count):
        pose = Pose(near=(0.26, 0.4), far=(0.22, 0.36), drop=0.2, seated=True)
        u, facing = ((left + 0.2, 1), (left + 1.2, -1))[n]
        stage.stool(u, facing)
        stage.person(camper, "agent", u, pose, facing=facing, part=part)
    stage.scenery()
    fire = stage.frame(left + 0.72, 0.0, 0.36 * stage.body)
    fire.line([(-0.5, 0.0), (0.5, 0.12)], 0.12, (84, 58, 38))
    fire.line([(-0.5, 0.12), (0.5, 0.0)], 0.12, (84, 58, 38))
    stage.thing(Entity("flames"), None, stage.frame(left + 0.72, 0.03, 0.36 * stage.body))


def play_waiting(stage: Stage, happening: Happening) -> None:
    """Somebody stands about; an officer stands near, hands off, and looks elsewhere.

    The officer may have handcuffs at the belt: they alone make no arrest.
    """
    (waiter,) = happening.players("agent")
    officer = stage.stranger(("officer", "soldier"))
    gap = stage.rng.uniform(0.25, 0.36)
    stage.person(waiter, "agent", gap, stage.rng.choice(_IDLE))
    figure = stage.person(officer, None, -gap, stage.rng.choice(_IDLE), facing=-1)
    if stage.rng.random() < 0.4:
        size = stage.visible_size(HEIGHTS["handcuffs"], 0.1)
        stage.thing(Entity("handcuffs"), None, stage.held(figure, (-0.06, 0.42), size, -20))


def play_leaning(stage: Stage, happening: Happening) -> None:
    """Lean a placard at a wall; people stand about with empty hands."""
    (people,), (placard,) = happening.players("agent"), happening.players("item")
    left = -stage.width / 2
    for wall in happening.players("against"):
        stage.thing(wall, "against", stage.frame(0.1, 0.1, 1.55 * stage.body))
    size = stage.visible_size(HEIGHTS["placard"], 0.085)
    frame = stage.frame(left + 0.3, 0.02, size, degrees=stage.rng.choice((-1, 1)) * 18)
    stage.thing(placard, "item", frame)
    stand_row(stage, people, "agent", left + 0.8, 0.38)


def play_queuing(stage: Stage, happening: Happening) -> None:
    """Put people in a row, all turned the same way, hands down."""
    (people,) = happening.players("agent")
    part = stage.canvas.new_part()
    for n in range(people.count):
        pose = Pose(stride=stage.rng.uniform(0.03, 0.08))
        stage.person(people, "agent", -stage.width / 2 + 0.25 + 0.34 * n, pose, part=part)


def play_ignoring(stage: Stage, happening: Happening) -> None:
    """Two stand back to back, at a distance."""
    (one,), (other,) = happening.players("agent"), happening.players("boringthing")
    gap = stage.rng.uniform(0.25, 0.45)
    stage.person(one, "agent", -gap, Pose(far=(0.1, 0.5)), facing=-1)
    stage.person(other, "boringthing", gap, Pose(), facing=1)


def play_sitting(stage: Stage, happening: Happening) -> None:
    """Somebody sits at a table on which a phone or a letter lies untouched."""
    (sitter,) = happening.players("agent")
    place_table(stage, 0.3, 0.95, role="contact")
    sit_at(stage, sitter, "agent", -0.42, SEATED)
    lying = stage.rng.choice(("phone", "letter", "letter", None))
    if lying == "phone":
        size = stage.visible_size(HEIGHTS["phone"], 0.105)
        frame = stage.frame(0.5, TABLE_HEIGHT + 0.07, size, degrees=90)
        stage.thing(Entity("phone"), None, frame)
    elif lying == "letter":
        size = stage.visible_size(HEIGHTS["letter"], 0.075)
        stage.thing(Entity("letter"), None, stage.frame(0.42, TABLE_HEIGHT + 0.01, size))


def play_counting(stage: Stage, happening: Happening) -> None:
    """Bank notes lie on a table; those beside it keep their hands to themselves."""
    (counter,), (money,) = happening.players("agent"), happening.players("itemtype")
    if stage.rng.random() < 0.6:
        other = stage.stranger(PERSONS)
        stage.person(other, None, 0.5, stage.rng.choice(_IDLE), facing=stage.rng.choice((1, -1)))
    place_table(stage, 0.1, 0.6)
    pose = Pose(near=(0.2, 0.5), nod=0.04)
    stage.person(counter, "agent", -0.45, pose)
    size = stage.visible_size(HEIGHTS["money"], 0.085)
    stage.thing(money, "itemtype", stage.frame(0.1, TABLE_HEIGHT + 0.04, size))


def play_standing(stage: Stage, happening: Happening) -> None:
    """People stand before a parked vehicle, turned all one way, or by a crate on the ground."""
    (people,) = happening.players("agent")
    left, right = -stage.width / 2, stage.width / 2
    if stage.rng.random() < 0.75:
        vehicle = stage.stranger(VEHICLES)
        length = LENGTHS[vehicle.kind]
        facing = stage.rng.choice((1, -1))
        frame = stage.frame(right - length / 2, 0.12, length * stage.body, facing=facing)
        stage.thing(vehicle, None, frame, style=stage.rng.choice(("", "", "open")))
    stand_row(stage, people, "agent", left + 0.25, 0.4)
    if stage.rng.random() < 0.6:
        load = stage.stranger(("crate", "bag"))
        u = left + 0.25 + 0.4 * people.count + 0.05
        stage.thing(load, None, stage.frame(u, 0.0, stage.visible_size(0.3, 0.12)))


def play_sleeping(stage: Stage, happening: Happening) -> None:
    """Somebody lies on a park bench, perhaps under a sheet."""
    (sleeper,) = happening.players("agent")
    stage.scenery()
    draw_bench(stage.frame(0.0, 0.0, 0.24 * stage.body))
    figure = stage.lying(sleeper, "agent", 0.0, 0.25)
    if stage.rng.random() < 0.4:
        cover(stage, figure, sleeper.kind)


ACTS: dict[str, Act] = {
    "guarding": Act(play_guarding, (1.4, 0.15), 1.55),
    "camping": Act(play_camping, (2.2, 0.15), 1.3, indoors=False, bulk=False),
    "waiting": Act(play_waiting, (1.05, 0.0)),
    "leaning": Act(play_leaning, (0.75, 0.38), 1.6, indoors=False),
    "queuing": Act(play_queuing, (0.25, 0.34)),
    "ignoring": Act(play_ignoring, (1.3, 0.0)),
    "sitting": Act(play_sitting, (1.5, 0.0)),
    "counting": Act(play_counting, (1.45, 0.0)),
    "standing": Act(play_standing, (1.85, 0.3), 1.15, indoors=False),
    "sleeping": Act(play_sleeping, (1.35, 0.0), 0.85),
}
