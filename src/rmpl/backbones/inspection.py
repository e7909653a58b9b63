"""Input inspection: the image and the tokens that a model actually receives.

The processor's tensors are converted back to images. Where a point of the original lies on them is
measured, not derived from a family's rules: a probe image of the same size, whose colours encode
the position of each pixel, goes through the same processor. So cropping, padding and stretching
become visible as they are.
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.features import PIXELS
from rmpl.io.images import open_image
from rmpl.records import Box, Document, Image
from rmpl.tasks import Prompt, Sample

_GRID = "image_grid_thw"
_MARK = 200
"""The probe is blue everywhere; pixels with less blue than this are padding."""

Pixels = NDArray[np.floating[Any]]


@dataclasses.dataclass(frozen=True)
class AxisMap:
    """Maps pixels of the original to pixels of a tile along one axis: ``scale * x + shift``."""

    scale: float
    shift: float

    def at(self, value: float) -> float:
        """Map a coordinate of the original to pixels of the tile."""
        return self.scale * value + self.shift


@dataclasses.dataclass(frozen=True)
class InspectedImage:
    """An image as a model receives it.

    Parameters
    ----------
    tiles
        The RGB images that the model receives, in order; in many families the whole image and
        parts of it.
    whole
        The index of the tile that covers most of the image.
    across, down
        The maps from the original's pixels to that tile's.
    """

    tiles: tuple[PIL.Image.Image, ...]
    whole: int
    across: AxisMap
    down: AxisMap

    def box(self, box: Box) -> Box:
        """Map a box of the original to pixels of the whole tile."""
        return Box(
            self.across.at(box.x1),
            self.down.at(box.y1),
            self.across.at(box.x2),
            self.down.at(box.y2),
            box.group,
        )


def inspect_image(backbone: Backbone, image: Image) -> InspectedImage:
    """Return an image as a model receives it.

    Raises
    ------
    RmplError
        If the image cannot be opened, or the processor refuses it.
    """
    opened = open_image(Path(image.path or ""))
    width, height = opened.size
    shown = _tiles(backbone, image, opened)
    probe = PIL.Image.fromarray(_probe(width, height))
    fits = [_fit(tile, width, height) for tile in _tiles(backbone, image, probe)]
    whole = max(range(len(fits)), key=lambda number: (fits[number][0], -number))
    _, across, down = fits[whole]
    tiles = [PIL.Image.fromarray(np.clip(tile.round(), 0, 255).astype(np.uint8)) for tile in shown]
    return InspectedImage(tuple(tiles), whole, across, down)


def inspected_document(document: Document, image: InspectedImage) -> Document:
    """Return a one-image document with its image size and boxes in pixels of the whole tile.

    Its image has no path, because it is the tile.
    """
    tile = image.tiles[image.whole]
    width, height = tile.size
    images = tuple(
        msgspec.structs.replace(one, path=None, width=width, height=height)
        for one in document.images
    )
    events = tuple(
        msgspec.structs.replace(
            event,
            arguments=tuple(
                msgspec.structs.replace(one, box=image.box(one.box)) for one in event.arguments
            ),
        )
        for event in document.image_events
    )
    return msgspec.structs.replace(document, images=images, image_events=events)


def _probe(width: int, height: int) -> NDArray[np.uint8]:
    """Return an image, shape (height, width, 3), with x in red, y in green, and full blue."""
    probe = np.full((height, width, 3), 255, dtype=np.uint8)
    probe[..., 0] = np.linspace(0, 255, width)[None, :].round()
    probe[..., 1] = np.linspace(0, 255, height)[:, None].round()
    return probe


def _fit(tile: Pixels, width: int, height: int) -> tuple[float, AxisMap, AxisMap]:
    """Return the fraction of the probe that a tile covers, and the maps from probe to tile."""
    is_probe = tile[..., 2] > _MARK
    if not is_probe.any():
        return 0.0, AxisMap(1.0, 0.0), AxisMap(1.0, 0.0)
    rows, columns = np.nonzero(is_probe)
    # A pixel's centre lies half a pixel after its corner, in both images.
    x = tile[rows, columns, 0] / 255 * (width - 1) + 0.5
    y = tile[rows, columns, 1] / 255 * (height - 1) + 0.5
    covered = float(np.ptp(x) / width * np.ptp(y) / height)
    return covered, _axis_map(x, columns + 0.5, width), _axis_map(y, rows + 0.5, height)


def _axis_map(original: Pixels, shown: Pixels, length: int) -> AxisMap:
    """Fit a line by least squares, without the ends, where colours saturate and edges blur."""
    inner = np.abs(original - length / 2) < 0.45 * length
    x, y = (original[inner], shown[inner]) if inner.sum() > 1 else (original, shown)
    spread = float(np.var(x))
    if spread == 0.0:
        return AxisMap(1.0, float(np.mean(y) - np.mean(x)))
    scale = float(np.mean((x - x.mean()) * (y - y.mean())) / spread)
    return AxisMap(scale, float(y.mean() - scale * x.mean()))


def _tiles(backbone: Backbone, image: Image, opened: PIL.Image.Image) -> list[Pixels]:
    """Return the processor's images, shape (height, width, 3), 0 to 255."""
    vision = backbone.encode(Prompt("", image), image=opened).vision
    processor = backbone.processor.image_processor
    pixels = vision[PIXELS].float()
    if _GRID in vision:
        pixels = _joined(pixels, vision[_GRID][0].tolist(), processor)
    pixels = pixels.reshape(-1, *pixels.shape[-3:])
    if getattr(processor, "do_normalize", True):
        mean, std = (
            torch.tensor(values).view(3, 1, 1)
            for values in (processor.image_mean, processor.image_std)
        )
        pixels = pixels * std + mean
    if getattr(processor, "do_rescale", True):
        pixels = pixels / processor.rescale_factor
    return [tile.permute(1, 2, 0).numpy().astype(np.float64) for tile in pixels]


def _joined(patches: torch.Tensor, grid: list[int], processor: Any) -> torch.Tensor:
    """Reassemble an image from Qwen's patches, shape (patches, values), ordered by merge window.

    Source: ``Qwen2VLImageProcessor`` of transformers. The two frames are the same; the first is
    used.
    """
    frames, high, wide = grid
    merged, patch, depth = processor.merge_size, processor.patch_size, processor.temporal_patch_size
    blocks = patches.reshape(
        frames, high // merged, wide // merged, merged, merged, 3, depth, patch, patch
    )[0, ..., 0, :, :]
    ordered = blocks.permute(4, 0, 2, 5, 1, 3, 6)
    return ordered.reshape(1, 3, high * patch, wide * patch)


@dataclasses.dataclass(frozen=True)
class InspectedTokens:
    """A sample's tokens: their text in pieces, and for each whether it is a special token.

    ``tokens`` is the number of tokens of the prompt and of the target.
    """

    prompt: tuple[tuple[str, bool], ...]
    target: tuple[tuple[str, bool], ...]
    tokens: tuple[int, int]


def inspect_tokens(backbone: Backbone, sample: Sample) -> InspectedTokens:
    """Return the tokens of a sample's prompt and target.

    Special tokens are marked; a run of the same one (an image's) is one piece with its count.

    Raises
    ------
    RmplError
        As ``inspect_image``.
    """
    encoded = backbone.encode(sample.prompt, sample.target)
    split = encoded.prompt_length
    prompt, target = encoded.input_ids[:split], encoded.input_ids[split:]
    return InspectedTokens(
        _pieces(backbone.tokenizer, prompt),
        _pieces(backbone.tokenizer, target),
        (len(prompt), len(target)),
    )


def _pieces(tokenizer: Any, ids: list[int]) -> tuple[tuple[str, bool], ...]:
    own = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    pieces: list[tuple[str, bool]] = []
    for is_own, run in itertools.groupby(ids, key=lambda one: one in own):
        if not is_own:
            pieces.append((tokenizer.decode(list(run)), False))
            continue
        for number, same in itertools.groupby(run):
            count = len(list(same))
            name = tokenizer.convert_ids_to_tokens(number)
            pieces.append((name if count == 1 else f"{name} x {count}", True))
    return tuple(pieces)
