"""Drawing meetings, calls and letters, payments and arrests."""

from __future__ import annotations

from rmpl.synthetic.images.canvas import Point
from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import Act, Figure, Stage
from rmpl.synthetic.story.plot import Entity, Happening

TABLE_HEIGHT = 0.38


def place_table(stage: Stage, u: float, wide: float = 1.0, role: str | None = None) -> None:
    """Set a table on the ground, its middle at u, reaching ``wide`` / 2 to either side."""
    frame = stage.frame(u, 0, TABLE_HEIGHT * stage.body)
    stage.canvas.own(Entity("table"), role)
    top, half = 1.0, wide / 2 / TABLE_HEIGHT
    for leg in (-half * 0.85, half * 0.85):
        frame.rect(leg - 0.08, 0.0, leg + 0.08, 0.9, (96, 66, 40))
    frame.polygon(
        [(-half, top), (half, top), (half * 0.88, top + 0.3), (-half * 0.88, top + 0.3)],
        (158, 112, 70),
    )
    frame.rect(-half, top - 0.15, half, top, (120, 84, 52))


def _chair(stage: Stage, u: float, facing: int) -> None:
    stage.scenery()
    frame = stage.frame(u, 0, stage.body, facing=facing)
    frame.line([(-0.1, 0.0), (-0.12, 0.55)], 0.035, (70, 56, 46))
    frame.line([(-0.12, 0.235), (0.13, 0.235)], 0.04, (70, 56, 46))
    frame.line([(0.12, 0.235), (0.12, 0.0)], 0.03, (70, 56, 46))


def sit_at(
    stage: Stage, entity: Entity, role: str | None, u: float, pose: Pose, facing: int = 1
) -> Figure:
    """Seat one person on a chair at u."""
    _chair(stage, u, facing)
    return stage.person(entity, role, u, pose, facing=facing)


def play_talking(stage: Stage, happening: Happening) -> None:
    """Two or three stand close, face to face, and gesture."""
    agent, listener = happening.players("Entity")
    rng, left = stage.rng, -stage.width / 2
    part = stage.canvas.new_part()
    for n in reversed(range(listener.count)):
        near: Point | None = (0.17, rng.uniform(0.55, 0.72)) if n == 0 else None
        pose = Pose(near=near, stride=0.04)
        stage.person(listener, "Entity", left + 0.88 + 0.33 * n, pose, facing=-1, part=part)
    hand = (0.22, rng.uniform(0.6, 0.8))
    pose = Pose(near=hand, far=(0.16, 0.55), stride=0.04, lean=0.02)
    stage.person(agent, "Entity", left + 0.27, pose)


def play_shaking(stage: Stage, happening: Happening) -> None:
    """Two people shake hands."""
    one, other = happening.players("Entity")
    half = stage.rng.uniform(0.29, 0.34)
    hand = (half + 0.01, 0.56)
    first = stage.person(one, "Entity", -half, Pose(near=hand, stride=0.07, lean=0.02))
    second = stage.person(other, "Entity", half, Pose(near=hand, stride=0.07, lean=0.02), facing=-1)
    stage.hands((first, hand), (second, hand))


def play_discussing(stage: Stage, happening: Happening) -> None:
    """Three or four sit round a table, turned to one another."""
    people = [(entity, stage.canvas.new_part()) for entity in happening.players("Entity")]
    seats = [(entity, part) for entity, part in people for _ in range(entity.count)]
    rng, half = stage.rng, stage.width / 2
    middle = seats[1:-1]
    for n, (entity, part) in enumerate(middle):
        u = (n + 1) / (len(middle) + 1) * (half * 2 - 0.5) - half + 0.25
        pose = Pose(near=(0.14, 0.5), far=(-0.14, 0.52), drop=0.1, front=True)
        stage.person(entity, "Entity", u, pose, part=part, v=0.12, scale=0.95)
    place_table(stage, 0.0, stage.width - 0.75)
    ends = ((seats[0], -half + 0.2, 1), (seats[-1], half - 0.2, -1))
    for (entity, part), u, facing in ends:
        _chair(stage, u, facing)
        hand = (0.28, rng.uniform(0.48, 0.62))
        pose = Pose(near=hand, far=(0.25, 0.48), drop=0.19, seated=True, lean=0.03)
        stage.person(entity, "Entity", u, pose, facing=facing, part=part)


def play_phoning(stage: Stage, happening: Happening) -> None:
    """One holds a phone at the ear, standing, walking or seated."""
    (caller,), (phone,) = happening.players("Entity"), happening.players("Instrument")
    manner = stage.rng.choice(("stands", "walks", "sits"))
    drop = 0.19 if manner == "sits" else 0.0
    grip = (0.05, 0.86 - drop)
    pose = Pose(
        near=grip, stride=0.14 if manner == "walks" else 0.05, drop=drop, seated=manner == "sits"
    )
    if manner == "sits":
        figure = sit_at(stage, caller, "Entity", 0.0, pose)
    else:
        figure = stage.person(caller, "Entity", 0.0, pose)
    size = stage.visible_size(HEIGHTS["phone"], 0.105)
    frame = stage.held(figure, (0.03, 0.82 - drop), size, stage.rng.uniform(-14, 4))
    stage.thing(phone, "Instrument", frame)
    stage.hands((figure, grip))


def play_writing(stage: Stage, happening: Happening) -> None:
    """One sits bent over a table and writes on a sheet of paper."""
    (writer,), (letter,) = happening.players("Entity"), happening.players("Instrument")
    u = -0.38
    grip = (0.4, 0.46)
    pose = Pose(near=grip, far=(0.3, 0.42), drop=0.19, seated=True, lean=0.07, nod=0.05)
    place_table(stage, 0.25, 0.95)
    figure = sit_at(stage, writer, "Entity", u, pose)
    size = stage.visible_size(HEIGHTS["letter"], 0.075)
    x = stage.rng.uniform(0.1, 0.18)
    stage.thing(letter, "Instrument", stage.frame(x, TABLE_HEIGHT + 0.01, size), style="written")
    stage.hands((figure, grip))


def play_paying(stage: Stage, happening: Happening) -> None:
    """One hands bank notes to another, who holds out a hand."""
    (giver,), (taker,) = happening.players("Giver"), happening.players("Recipient")
    (money,) = happening.players("Money")
    counter = happening.verb == "buying"
    give, take = (0.34, 0.62), (0.27, 0.52)
    right = stage.person(taker, "Recipient", 0.45, Pose(near=take, stride=0.05), facing=-1)
    if counter:
        place_table(stage, 0.02, 0.62)
        goods = stage.stranger(("crate", "bag"))
        frame = stage.frame(0.12, TABLE_HEIGHT + 0.05, stage.visible_size(0.2, 0.09))
        stage.thing(goods, None, frame)
    left = stage.person(giver, "Giver", -0.42, Pose(near=give, stride=0.05, lean=0.03))
    size = stage.visible_size(HEIGHTS["money"], 0.085)
    stage.thing(money, "Money", stage.held(left, (0.4, 0.56), size, stage.rng.uniform(-15, 15)))
    stage.hands((left, give), (right, take))


def play_arresting(stage: Stage, happening: Happening) -> None:
    """Officers grip the arms of somebody whose hands are bound or held."""
    (agent,), (suspect,) = happening.players("Agent"), happening.players("Person")
    down = stage.rng.random() < 0.3
    drop = 0.22 if down else 0.0
    part = stage.canvas.new_part()
    if agent.count > 1:
        pose = Pose(near=(0.24, 0.55 - drop / 2), far=(0.26, 0.66 - drop), lean=0.02, stride=0.08)
        stage.person(agent, "Agent", 0.45, pose, facing=-1, part=part)
    held = (0.17, 0.48 - drop * 0.8)
    pose = Pose(near=held, far=(0.19, 0.5 - drop * 0.8), nod=0.05, drop=drop)
    captive = stage.person(suspect, "Person", 0.06, pose)
    grip, grip2 = (0.33, 0.62 - drop * 0.6), (0.3, 0.74 - drop)
    pose = Pose(near=grip, far=grip2, lean=0.05, stride=0.1)
    figure = stage.person(agent, "Agent", -0.34, pose, part=part)
    stage.hands((captive, held))
    _cuffs(stage, happening, captive, held)
    stage.hands((figure, grip))


def _cuffs(stage: Stage, happening: Happening, captive: Figure, held: Point) -> None:
    for cuffs in happening.players("Instrument"):
        size = stage.visible_size(HEIGHTS["handcuffs"], 0.1)
        stage.thing(cuffs, "Instrument", stage.held(captive, (held[0], held[1]), size, -12))


def play_detaining(stage: Stage, happening: Happening) -> None:
    """Have an officer push somebody bent forward into the open door of a vehicle."""
    (agent,), (suspect,) = happening.players("Agent"), happening.players("Person")
    car = stage.stranger(("car", "truck", "bus"))
    length = {"car": 1.55, "truck": 1.75, "bus": 1.9}[car.kind]
    frame = stage.frame(stage.width / 2 - length / 2, 0.05, length * stage.body)
    stage.thing(car, None, frame, style="open")
    u = stage.width / 2 - length - 0.02
    held = (0.26, 0.46)
    pose = Pose(near=held, far=(0.28, 0.5), lean=0.13, nod=0.07, stride=0.1)
    captive = stage.person(suspect, "Person", u + 0.1, pose)
    pose = Pose(near=(0.33, 0.62), far=(0.34, 0.75), lean=0.06, stride=0.14)
    figure = stage.person(agent, "Agent", u - 0.32, pose)
    stage.hands((captive, held))
    _cuffs(stage, happening, captive, held)
    stage.hands((figure, (0.33, 0.62)))


ACTS: dict[str, Act] = {
    "talking": Act(play_talking, (0.45, 0.36)),
    "shaking": Act(play_shaking, (1.1, 0.0)),
    "discussing": Act(play_discussing, (0.95, 0.24)),
    "phoning": Act(play_phoning, (0.6, 0.0)),
    "writing": Act(play_writing, (1.45, 0.0)),
    "paying": Act(play_paying, (1.4, 0.0)),
    "buying": Act(play_paying, (1.4, 0.0)),
    "arresting": Act(play_arresting, (0.45, 0.32)),
    "detaining": Act(play_detaining, (2.35, 0.0), 1.15, indoors=False),
}
