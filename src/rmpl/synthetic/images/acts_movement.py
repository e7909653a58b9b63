"""Drawing transports and deaths."""

from __future__ import annotations

from rmpl.synthetic.images.canvas import Frame
from rmpl.synthetic.images.drawing import HEIGHTS
from rmpl.synthetic.images.figures import Pose
from rmpl.synthetic.images.stage import Act, Figure, Stage
from rmpl.synthetic.images.vehicles import BUILDS, draw_hull
from rmpl.synthetic.story.plot import COLOURS, Entity, Happening

LENGTHS: dict[str, float] = {"car": 1.5, "truck": 1.7, "bus": 1.9, "boat": 1.7, "helicopter": 1.8}


def play_boarding(stage: Stage, happening: Happening) -> None:
    """People climb into a vehicle by its open door, one behind the other."""
    (people,), (vehicle,) = happening.players("Artifact"), happening.players("Vehicle")
    length = LENGTHS[vehicle.kind] * (1.15 if vehicle.kind != "bus" else 1.05)
    build = BUILDS[vehicle.kind]
    # Trucks and boats are entered from behind, the others by a door in the side.
    middle = stage.width / 2 - length / 2
    frame = stage.frame(middle, 0.06, length * stage.body)
    stage.thing(vehicle, "Vehicle", frame, style="open")
    door = middle + build.door[0] * length
    part = stage.canvas.new_part()
    for n in range(people.count):
        if n == 0:
            pose = Pose(near=(0.24, 0.8), far=(0.26, 0.6), lean=0.07, stride=0.11, lift=0.13)
            stage.person(people, "Artifact", door - 0.12, pose, v=0.08, part=part, scale=0.92)
        else:
            pose = Pose(near=(0.13, 0.5), stride=0.13, lean=0.03)
            stage.person(people, "Artifact", door - 0.2 - 0.36 * n, pose, part=part, scale=0.96)


def play_carrying(stage: Stage, happening: Happening) -> None:
    """One walks with a crate in both arms or a bag on the shoulder."""
    (carrier,), (load,) = happening.players("Agent"), happening.players("Artifact")
    if load.kind == "crate":
        grip = (0.24, 0.5)
        pose = Pose(near=grip, far=(0.3, 0.5), lean=-0.03, stride=0.15)
        spot, size = (0.27, 0.47), stage.visible_size(0.3, 0.12)
    else:
        grip = (-0.02, 0.84)
        pose = Pose(near=grip, far=(0.12, 0.5), lean=0.05, nod=0.03, stride=0.15)
        spot, size = (-0.2, 0.58), stage.visible_size(0.32, 0.12)
    figure = stage.person(carrier, "Agent", 0.0, pose)
    stage.thing(load, "Artifact", stage.held(figure, spot, size))
    stage.hands((figure, grip))


def play_loading(stage: Stage, happening: Happening) -> None:
    """One lifts a load to the open side of a vehicle."""
    (loader,), (load,) = happening.players("Agent"), happening.players("Artifact")
    (vehicle,) = happening.players("Vehicle")
    length = LENGTHS[vehicle.kind] * 1.1
    middle = stage.width / 2 - length / 2
    frame = stage.frame(middle, 0.06, length * stage.body)
    stage.thing(vehicle, "Vehicle", frame, style="open")
    door = middle + BUILDS[vehicle.kind].door[0] * length
    high = stage.rng.uniform(0.5, 0.66)
    pose = Pose(near=(0.3, high), far=(0.34, high + 0.02), lean=0.05, stride=0.13)
    figure = stage.person(loader, "Agent", door - 0.42, pose)
    size = stage.visible_size(0.28, 0.11)
    stage.thing(load, "Artifact", stage.held(figure, (0.42, high - 0.06), size))
    stage.hands((figure, (0.3, high)))


def seat_driver(
    stage: Stage, driver: tuple[Entity, str], vehicle: tuple[Entity, str], length: float
) -> Frame:
    """Draw a vehicle ``length`` body heights long with somebody at its wheel; return its frame."""
    what, role = vehicle
    pixels = length * stage.body
    frame = stage.frame(0.05, 0.0, pixels)
    u, v, high = BUILDS[what.kind].window
    if what.kind == "boat":
        ink = stage.canvas.own(what, role)
        draw_hull(frame, COLOURS[what.colour or "white"])
        stage.bust(*driver, frame.at(u, 0.14), 0.32 * pixels / 0.45, 1)
        stage.canvas.resume(ink)
        draw_hull(frame, COLOURS[what.colour or "white"])
    else:
        stage.thing(what, role, frame)
        stage.bust(*driver, frame.at(u, v), high * pixels / 0.47, 1)
    stage.scenery()
    return frame


def play_steering(stage: Stage, happening: Happening) -> None:
    """Somebody is seen at the wheel of a vehicle on the move."""
    (driver,), (vehicle,) = happening.players("Agent"), happening.players("Vehicle")
    frame = seat_driver(stage, (driver, "Agent"), (vehicle, "Vehicle"), stage.width * 0.9)
    for n in range(4):
        v = 0.04 + 0.09 * n
        reach = stage.rng.uniform(0.06, 0.14)
        frame.line([(-0.53 - reach, v), (-0.53, v)], 0.012, (236, 236, 236))
    for n in range(3):
        frame.disc(-0.55 - 0.05 * n, 0.05, 0.025 + 0.008 * n, (178, 178, 180), outline=False)


def _blood(stage: Stage, u: float, v: float) -> None:
    stage.scenery()
    x, y = stage.at(u, v)
    stage.canvas.ellipse((x, y), 0.26 * stage.body, 0.07 * stage.body, (120, 16, 20), outline=False)


def cover(stage: Stage, figure: Figure, kind: str) -> None:
    """Spread a sheet over the lower half of somebody who lies, so that the garment stays seen."""
    stage.canvas.own(Entity("sheet"))
    low, high = (0.12, 0.4) if kind == "woman" else (0.06, 0.48)
    figure.frame.polygon(
        [
            (-0.17, low - 0.02),
            (0.12, low),
            (0.21, low + 0.1),
            (0.2, high - 0.06),
            (0.15, high),
            (-0.17, high + 0.02),
        ],
        (226, 228, 232),
    )
    for fold in (low + 0.12, low + 0.24):
        figure.frame.line([(-0.1, fold), (0.15, fold - 0.03)], 0.015, (180, 184, 194))


def play_burying(stage: Stage, happening: Happening) -> None:
    """Lay the dead on the ground, under a sheet or beside the weapon; a mourner may stand by."""
    (victim,), weapons = happening.players("Victim"), happening.players("Instrument")
    rng = stage.rng
    if rng.random() < 0.6:
        mourner = stage.stranger(("man", "woman", "officer", "worker"))
        pose = Pose(near=(0.1, 0.48), far=(0.12, 0.46), nod=0.07, stride=0.03)
        side = rng.choice((-1, 1))
        stage.person(mourner, None, -0.78 * side, pose, facing=side, v=0.3, scale=0.9)
    part = stage.canvas.new_part()
    for n in reversed(range(victim.count)):
        shift, v = rng.uniform(-0.1, 0.1), 0.34 * n
        if weapons or rng.random() < 0.3:
            _blood(stage, shift + 0.2, v + 0.02)
        figure = stage.lying(victim, "Victim", shift, v, part=part)
        if not weapons:
            cover(stage, figure, victim.kind)
    for weapon in weapons:
        size = stage.visible_size(HEIGHTS[weapon.kind], 0.13)
        edge = (stage.ground - stage.canvas.height) / stage.body
        v = max(-0.12, edge + 0.1)
        frame = stage.frame(rng.uniform(-0.35, 0.2), v, size, degrees=rng.uniform(-10, 10))
        stage.thing(weapon, "Instrument", frame)
    stage.scenery()


def play_crashing(stage: Stage, happening: Happening) -> None:
    """Somebody lies on the ground before the dented front of a vehicle."""
    (vehicle,), (victim,) = happening.players("Instrument"), happening.players("Victim")
    rng, length = stage.rng, LENGTHS[vehicle.kind] * 0.95
    stage.scenery()
    left = -stage.width / 2
    for v in (0.02, -0.05):
        x1, y1 = stage.at(left - 0.2, v + 0.06)
        x2, y2 = stage.at(left + length, v + 0.04)
        stage.canvas.line([(x1, y1), (x2, y2)], 0.03 * stage.body, (48, 46, 48))
    frame = stage.frame(left + length / 2, 0.05, length * stage.body, degrees=rng.uniform(-4, 0))
    ink = stage.thing(vehicle, "Instrument", frame)
    stage.canvas.resume(ink)
    frame.polygon(
        [(0.52, 0.02), (0.38, 0.1), (0.44, 0.15), (0.37, 0.2), (0.52, 0.26)], (54, 52, 54)
    )
    stage.scenery()
    for n, r in enumerate((0.05, 0.07, 0.09)):
        frame.disc(0.42 + 0.03 * n, 0.3 + 0.1 * n, r, (196, 196, 198), outline=False)
    part = stage.canvas.new_part()
    for n in reversed(range(victim.count)):
        u = left + length + 0.45
        _blood(stage, u + 0.2, 0.3 * n - 0.05)
        stage.lying(victim, "Victim", u + 0.06 * n, 0.3 * n - 0.08, part=part)
    stage.scenery()


ACTS: dict[str, Act] = {
    "boarding": Act(play_boarding, (2.1, 0.3), 1.2, indoors=False),
    "carrying": Act(play_carrying, (0.8, 0.0)),
    "loading": Act(play_loading, (2.45, 0.0), 1.15, indoors=False),
    "steering": Act(play_steering, (1.9, 0.0), 1.0, indoors=False),
    "burying": Act(play_burying, (1.3, 0.06), 1.3),
    "crashing": Act(play_crashing, (2.6, 0.0), 1.1, indoors=False),
}
