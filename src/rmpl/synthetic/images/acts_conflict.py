"""Drawing attacks and demonstrations."""

from __future__ import annotations

from rmpl.synthetic.images.canvas import Frame, Point
from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import Act, Figure, Stage
from rmpl.synthetic.images.vehicles import BUILDS
from rmpl.synthetic.story.plot import VEHICLES, Happening

_COWERING: tuple[Pose, ...] = (
    Pose(near=(0.2, 0.86), far=(0.16, 0.95), lean=-0.07, stride=0.12),
    Pose(near=(0.17, 1.0), far=(-0.12, 1.0), stride=0.08),
    Pose(near=(0.2, 0.72), far=(0.14, 0.82), lean=-0.06, drop=0.2),
)


def play_attacking(stage: Stage, happening: Happening) -> None:
    """One raises a knife or a club over another, who wards it off."""
    (attacker,), (victim,) = happening.players("Attacker"), happening.players("Target")
    (weapon,) = happening.players("Instrument")
    left = -stage.width / 2
    part = stage.canvas.new_part()
    for n in reversed(range(victim.count)):
        pose = stage.rng.choice(_COWERING)
        stage.person(victim, "Target", left + 0.95 + 0.36 * n, pose, facing=-1, part=part)
    grip = stage.rng.choice(((0.22, 0.98), (0.3, 0.86)))
    pose = Pose(near=grip, far=(0.24, 0.62), lean=0.06, stride=0.15)
    figure = stage.person(attacker, "Attacker", left + 0.28, pose)
    knife = weapon.kind == "knife"
    degrees = stage.rng.uniform(-35, 10) if knife else stage.rng.uniform(10, 60)
    size = stage.visible_size(HEIGHTS[weapon.kind], 0.13)
    stage.thing(weapon, "Instrument", stage.held(figure, grip, size, degrees))
    stage.hands((figure, grip))


def play_shooting(stage: Stage, happening: Happening) -> None:
    """One aims a rifle, level, at somebody or at a vehicle in front of its muzzle."""
    (attacker,), (target,) = happening.players("Attacker"), happening.players("Target")
    (weapon,) = happening.players("Instrument")
    left, right = -stage.width / 2, stage.width / 2
    part = stage.canvas.new_part()
    if target.kind in VEHICLES:
        size = HEIGHTS[target.kind] * 0.75
        frame = stage.frame(
            right - size / 2, 0, size * stage.body, facing=stage.rng.choice((1, -1))
        )
        stage.thing(target, "Target", frame, part=part)
    else:
        for n in reversed(range(target.count)):
            pose = stage.rng.choice(_COWERING)
            stage.person(target, "Target", left + 1.35 + 0.36 * n, pose, facing=-1, part=part)
    kneel = 0.22 if stage.rng.random() < 0.35 else 0.0
    grip = (0.17, 0.73 - kneel)
    pose = Pose(near=grip, far=(0.36, 0.76 - kneel), lean=0.03, stride=0.14, drop=kneel)
    figure = stage.person(attacker, "Attacker", left + 0.25, pose)
    size = stage.visible_size(HEIGHTS["rifle"], 0.15)
    stage.thing(weapon, "Instrument", stage.held(figure, grip, size, stage.rng.uniform(-3, 4)))
    stage.hands((figure, grip), (figure, (0.34, 0.75 - kneel)))
    if stage.rng.random() < 0.6:
        stage.scenery()
        flash = stage.held(figure, grip, size, 0)
        flash.polygon(
            [(0.66, 0.01), (0.76, 0.1), (0.78, 0.04), (0.92, 0.01), (0.78, -0.03), (0.76, -0.09)],
            (255, 214, 70),
        )


def play_burning(stage: Stage, happening: Happening) -> None:
    """One holds a torch to a house, a tent or a vehicle, which is on fire."""
    (attacker,), (target,) = happening.players("Attacker"), happening.players("Target")
    (flames,) = happening.players("Instrument")
    left, right = -stage.width / 2, stage.width / 2
    rng, body = stage.rng, stage.body
    size = {"building": 1.55, "tent": 0.85}.get(target.kind, 1.45)
    reach = {"building": 0.42, "tent": 0.95}.get(target.kind, 0.5) * size
    frame = stage.frame(right - reach, 0, size * body, facing=rng.choice((1, -1)))
    stage.thing(target, "Target", frame)
    if target.kind in BUILDS:
        u, v, high = right - reach * rng.uniform(0.7, 1.2), BUILDS[target.kind].height * size, 0.55
        v *= 0.62
    else:
        u, v, high = right - reach * rng.uniform(0.5, 1.3), rng.uniform(0.1, 0.5) * size, 0.62
    stage.thing(flames, "Instrument", stage.frame(u, v, high * body))
    grip = (0.33, rng.uniform(0.7, 0.92))
    pose = Pose(near=grip, far=(-0.08, 0.42), lean=0.05, stride=0.14)
    figure = stage.person(attacker, "Attacker", left + 0.25, pose)
    torch = stage.held(figure, grip, 0.3 * body, 35)
    torch.line([(-0.25, 0.0), (0.75, 0.0)], 0.14, (92, 60, 36))
    torch.disc(0.85, 0.03, 0.24, (246, 138, 28))
    torch.disc(0.82, 0.03, 0.12, (254, 222, 84))
    stage.scenery()


def _hold_up(stage: Stage, happening: Happening, holders: list[tuple[Figure, Point]]) -> None:
    """Give the placards to the holders, spread evenly over the row."""
    size = stage.visible_size(HEIGHTS["placard"], 0.085)
    for placard in happening.players("Instrument"):
        part = stage.canvas.new_part()
        count = min(placard.count, len(holders))
        for n in range(count):
            figure, grip = holders[(n * len(holders)) // count]
            frame = stage.held(figure, grip, size, stage.rng.uniform(-8, 8))
            low = Frame(stage.canvas, *frame.at(0, -0.5), size, frame.u_axis, frame.v_axis)
            stage.thing(placard, "Instrument", low, part=part)
            stage.hands((figure, grip))


def play_demonstration(stage: Stage, happening: Happening) -> None:
    """Three or more hold placards up, before a house or a line of police if there is one."""
    rng, left = stage.rng, -stage.width / 2
    for building in happening.players("Place"):
        size = rng.uniform(1.85, 2.15)
        u = rng.uniform(-0.25, 0.25) * stage.width
        stage.thing(building, "Place", stage.frame(u, 0.25, size * stage.body))
    people = [(entity, stage.canvas.new_part()) for entity in happening.players("Entity")]
    row = [(entity, part) for entity, part in people for _ in range(entity.count)]
    police = happening.players("Police")
    holders: dict[int, tuple[Figure, Point]] = {}
    front = rng.random() < 0.4 and not police
    for n in sorted(range(len(row)), key=lambda n: -(n % 2)):  # the back row first
        entity, part = row[n]
        grip = (rng.uniform(0.1, 0.18), rng.uniform(0.93, 1.0))
        pose = Pose(near=grip, front=front, stride=0.06 if front else 0.12)
        u, v, scale = left + 0.25 + 0.37 * n, 0.08 * (n % 2), 0.95 if n % 2 else 1.0
        figure = stage.person(entity, "Entity", u, pose, v=v, part=part, scale=scale)
        holders[n] = (figure, grip)
    _hold_up(stage, happening, [holders[n] for n in sorted(holders)])
    for officer in police:
        part = stage.canvas.new_part()
        start = left + 0.25 + 0.37 * len(row) + 0.2
        for n in reversed(range(officer.count)):
            pose = Pose(near=(0.14, 0.5), far=(0.12, 0.56), stride=0.06)
            stage.person(officer, "Police", start + 0.3 * n, pose, facing=-1, part=part)


ACTS: dict[str, Act] = {
    "attacking": Act(play_attacking, (0.55, 0.42), 1.35),
    "shooting": Act(play_shooting, (1.0, 0.4)),
    "protesting": Act(play_demonstration, (0.5, 0.35), 1.5, indoors=False),
    "gathering": Act(play_demonstration, (0.45, 0.36), 1.5, indoors=False),
    "burning": Act(play_burning, (1.75, 0.3), 1.6, indoors=False),
}
