"""An image with its events: boxes and role labels in SVG over an embedded, downsized JPEG.

Boxes are positioned in percent of the original image, so they fit at every width, while labels and
lines have a constant size on the screen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from rmpl.records import Image, ImageArgument
from rmpl.viewer.compare import ImagePair
from rmpl.viewer.drawing.items import shown_score
from rmpl.viewer.drawing.palette import SIGNS, Palette, short
from rmpl.viewer.drawing.text import confidence, tip
from rmpl.viewer.drawing.thumbnails import EmbeddedImage
from rmpl.viewer.markup import NOTHING, Attribute, Markup, el, join

_LABEL_HEIGHT = 17.0
_ASSUMED_WIDTH = 290.0
"""The display width in pixels that is assumed when label collisions are avoided."""


@dataclasses.dataclass(frozen=True)
class DrawnImageEvent:
    """One side of a paired image event; ``side`` is the name of the side."""

    pair: ImagePair
    key: str
    side: str
    badges: Markup = NOTHING


@dataclasses.dataclass(frozen=True)
class _Labelled:
    argument: ImageArgument
    label: str
    css: str
    tip: str
    key: str


def _text_width(label: str) -> float:
    """Estimate the width of a label in pixels at a font size of 12 pixels."""
    return sum(3.6 if c in " ijlftrI.,:;'|()[]" else 9.8 if c in "mwMW" else 6.9 for c in label)


def _percent(value: float) -> str:
    return f"{100 * value:.3f}%"


def _labelled(events: Sequence[DrawnImageEvent], gold: bool, palette: Palette) -> list[_Labelled]:
    found = []
    several = sum(event.pair.side(gold) is not None for event in events) > 1
    for event in events:
        mention = event.pair.side(gold)
        if mention is None:
            continue
        for pair in event.pair.arguments:
            argument = pair.side(gold)
            if argument is None:
                continue
            words = [argument.role + confidence(argument.score), SIGNS[pair.verdict].glyph]
            words += ["(group)"] if argument.box.group else []
            words += [f"[{short(mention.event_type)}]"] if several else []
            what = f"{argument.role} of {mention.event_type}"
            if argument.gloss:
                what += f" ({argument.gloss})"
            found.append(
                _Labelled(
                    argument,
                    " ".join(word for word in words if word),
                    f"{palette.css(mention.event_type)} {SIGNS[pair.verdict].css}",
                    tip(what, event.side, pair.verdict, argument.score),
                    event.key,
                )
            )
    # Large boxes first, so that a small one inside a large one can be hovered over.
    return sorted(found, key=lambda one: -_area(one.argument))


def _area(argument: ImageArgument) -> float:
    box = argument.box
    return abs(box.x2 - box.x1) * abs(box.y2 - box.y1)


_Rect = tuple[float, float, float, float]


def _crosses(a: _Rect, b: _Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


class _Spot(NamedTuple):
    """A label's top left corner: a point of the image, and pixels of the screen from there."""

    x: float
    y: float
    right: float = 0.0
    down: float = 0.0

    def within(self, wide: float, tall: float) -> _Spot:
        """Return the spot, or the nearest one where a label stays within the image.

        Pixels are those of the assumed width; ``wide`` and ``tall`` are shares of the image.
        """
        x = self.x + self.right / _ASSUMED_WIDTH
        y = self.y + self.down * tall / _LABEL_HEIGHT
        inside = min(max(x, 0.0), max(0.0, 1 - wide)), min(max(y, 0.0), 1 - tall)
        return self if inside == (x, y) else _Spot(*inside)

    def rect(self, wide: float, tall: float) -> _Rect:
        """Return what a label covers there."""
        x = self.x + self.right / _ASSUMED_WIDTH
        y = self.y + self.down * tall / _LABEL_HEIGHT
        return x, y, x + wide, y + tall


def _place_label(box: _Rect, length: float, height: float, taken: list[_Rect]) -> _Spot:
    """Return the spot of a label.

    It is the first of the box's outer, then inner corners where the label covers no other one; if
    there is none, the first corner. Labels stay within the image, and at their corner at any width.
    """
    long, up = length + 8, _LABEL_HEIGHT
    wide, tall = long / _ASSUMED_WIDTH, up / (_ASSUMED_WIDTH * height)
    x1, y1, x2, y2 = box
    spots = [_Spot(x1, y1, 0, -up), _Spot(x1, y2), _Spot(x2, y1, -long, -up), _Spot(x2, y2, -long)]
    spots += [_Spot(x1, y1), _Spot(x1, y2, 0, -up), _Spot(x2, y1, -long), _Spot(x2, y2, -long, -up)]
    spots += [_Spot(x1, y1, 0, up), _Spot(x1, y1, 0, 2 * up)]
    spots = [spot.within(wide, tall) for spot in spots]
    free = (
        spot for spot in spots if not any(_crosses(spot.rect(wide, tall), other) for other in taken)
    )
    chosen = next(free, spots[0])
    taken.append(chosen.rect(wide, tall))
    return chosen


def _box(one: _Labelled, width: float, height: float, taken: list[_Rect]) -> tuple[Markup, Markup]:
    """Return the rectangle and the label of one argument."""
    box = one.argument.box
    x1, x2 = sorted((box.x1 / width, box.x2 / width))
    y1, y2 = sorted((box.y1 / height, box.y2 / height))
    place = {
        "x": _percent(x1),
        "y": _percent(y1),
        "width": _percent(x2 - x1),
        "height": _percent(y2 - y1),
    }
    title = el("title", None, one.tip)
    frame = el(
        "g",
        {"class": f"box {one.css}", "data-e": one.key, "tabindex": "0", "role": "img"},
        title,
        el("rect", {"class": "halo", **place}),
        el("rect", {"class": "line", **place}),
    )
    length = _text_width(one.label)
    spot = _place_label((x1, y1, x2, y2), length, height / width, taken)
    place_of_label: dict[str, Attribute] = {
        "x": _percent(spot.x),
        "y": _percent(spot.y),
        "overflow": "visible",
        "class": f"tag {one.css}",
        "data-e": one.key,
    }
    back: dict[str, Attribute] = {
        "x": spot.right,
        "y": spot.down,
        "width": length + 8,
        "height": _LABEL_HEIGHT,
        "rx": 3,
    }
    # The background's width is an estimate, so the text is scaled to fit it.
    words: dict[str, Attribute] = {
        "x": spot.right + 4,
        "y": spot.down + 12.5,
        "textLength": length,
        "lengthAdjust": "spacingAndGlyphs",
    }
    label = el("svg", place_of_label, el("rect", back), el("text", words, one.label))
    return frame, label


def _backdrop(embedded: EmbeddedImage, image: Image, first: bool) -> Markup:
    """Return the image (defined once per page and reused) or its placeholder."""
    width, height = embedded.width, embedded.height
    size = {"width": width, "height": height}
    if embedded.data_uri is None:
        body = join(
            el("rect", {"class": "absent", **size}),
            el(
                "path",
                {"class": "absent", "d": f"M0 0L{width:g} {height:g}M{width:g} 0L0 {height:g}"},
            ),
        )
    elif first:
        body = el(
            "image",
            {"id": embedded.key, "href": embedded.data_uri, "preserveAspectRatio": "none", **size},
        )
    else:
        body = el("use", {"href": f"#{embedded.key}"})
    attributes = {
        "class": "photo",
        "viewBox": f"0 0 {width:g} {height:g}",
        "role": "img",
        "aria-label": f"image {image.id}",
    }
    return el("svg", attributes, body)


def _event_chip(event: DrawnImageEvent, gold: bool, palette: Palette) -> Markup | None:
    mention = event.pair.side(gold)
    if mention is None:
        return None
    verdict = event.pair.verdict
    sign = SIGNS[verdict]
    attributes: dict[str, Attribute] = {
        "class": f"mark trigger first last {palette.css(mention.event_type)} {sign.css}",
        "data-e": event.key,
        "data-score": shown_score(mention),
        "title": tip(mention.event_type, event.side, verdict, mention.score),
        "tabindex": "0",
    }
    return el(
        "span",
        attributes,
        short(mention.event_type) + confidence(mention.score),
        el("b", {"class": "glyph", "aria-label": sign.word}, sign.glyph) if sign.glyph else None,
        event.badges or None,
    )


def draw_image(
    image: Image,
    embedded: EmbeddedImage,
    events: Sequence[DrawnImageEvent],
    *,
    gold: bool,
    palette: Palette,
    first: bool = True,
) -> Markup:
    """Return an image with one side (gold or predicted) of its events drawn over it.

    Parameters
    ----------
    image
        The embedded image, or a placeholder with the reason why it is missing; its width and
        height are those of the original in pixels, like the boxes.
    first
        Whether this is the image's first drawing on the page; later ones refer to it.
    """
    chips = [_event_chip(event, gold, palette) for event in events]
    taken: list[_Rect] = []
    frames, labels = [], []
    for one in _labelled(events, gold, palette):
        frame, label = _box(one, embedded.width, embedded.height, taken)
        frames.append(frame)
        labels.append(label)
    overlay = el("svg", {"class": "boxes"}, *frames, *labels)
    note = el("p", {"class": "absent"}, embedded.problem) if embedded.problem else None
    shown = [chip for chip in chips if chip is not None]
    return join(
        el("div", {"class": "chips"}, *(shown or [el("span", {"class": "none"}, "no event")])),
        el("div", {"class": "drawn-image"}, _backdrop(embedded, image, first), overlay),
        note,
    )
