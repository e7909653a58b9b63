"""An image with its events: boxes and role labels in SVG over an embedded, downsized JPEG.

Boxes are positioned in percent of the original image, so they fit at every width, while labels and
lines have a constant size on the screen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rmpl.records import Image, ImageArgument
from rmpl.viewer.compare import ImagePair
from rmpl.viewer.drawing.palette import SIGNS, Palette, short
from rmpl.viewer.drawing.text import confidence, tip
from rmpl.viewer.drawing.thumbnails import EmbeddedImage
from rmpl.viewer.markup import NOTHING, Markup, el, join

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


def _place_label(
    box: _Rect, length: float, height: float, taken: list[_Rect]
) -> tuple[float, float]:
    """Return the position of a label's top left corner, relative to the image.

    It is the first of the box's outer, then inner corners where the label covers no other one; if
    there is none, the first corner. Labels stay within the image.
    """
    wide = (length + 8) / _ASSUMED_WIDTH
    tall = _LABEL_HEIGHT / (_ASSUMED_WIDTH * height)
    x1, y1, x2, y2 = box
    spots = [(x1, y1 - tall), (x1, y2), (x2 - wide, y1 - tall), (x2 - wide, y2)]
    spots += [(x1, y1), (x1, y2 - tall), (x2 - wide, y1), (x2 - wide, y2 - tall)]
    spots += [(x1, y1 + tall), (x1, y1 + 2 * tall)]
    positions = [
        (min(max(x, 0.0), max(0.0, 1 - wide)), min(max(y, 0.0), 1 - tall)) for x, y in spots
    ]
    for x, y in positions:
        rect = (x, y, x + wide, y + tall)
        if not any(_crosses(rect, other) for other in taken):
            break
    else:
        x, y = positions[0]
    taken.append((x, y, x + wide, y + tall))
    return x, y


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
    x, y = _place_label((x1, y1, x2, y2), _text_width(one.label), height / width, taken)
    length = _text_width(one.label)
    label = el(
        "svg",
        {"x": _percent(x), "y": _percent(y), "overflow": "visible", "class": f"tag {one.css}"},
        el("rect", {"width": length + 8, "height": _LABEL_HEIGHT, "rx": 3}),
        # The background's width is an estimate, so the text is scaled to fit it.
        el(
            "text",
            {"x": 4, "y": 12.5, "textLength": length, "lengthAdjust": "spacingAndGlyphs"},
            one.label,
        ),
    )
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
    attributes = {
        "class": f"mark trigger first last {palette.css(mention.event_type)} {sign.css}",
        "data-e": event.key,
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
