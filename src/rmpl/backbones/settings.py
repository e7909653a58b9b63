"""Settings that are fixed in training and must be the same at inference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rmpl.errors import RmplError
from rmpl.io import formats
from rmpl.io.saved import saved_record
from rmpl.tasks.base import Directions, Style

if TYPE_CHECKING:  # it needs packages that the base install lacks
    from rmpl.backbones.family import Family

SETTINGS = "rmpl.json"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings fixed in training, the same at inference; saved as ``rmpl.json`` beside the weights.

    ``min_pixels`` and ``max_pixels`` bound the number of pixels of a resized image; 0 means the
    family's usual bound. A loaded model's settings hold the bounds in force. ``captions`` is
    whether questions about images hold captions, ``trigger_words`` the words that a model trained
    on text-trigger is asked about, see ``TriggerWords``; both are written only where they are
    used, so that older versions read the others.
    """

    style: Style = "full"
    pad: str = ""
    box_step: int = 1
    min_pixels: int = 0
    max_pixels: int = 0
    link_directions: Directions = "one"
    captions: bool | msgspec.UnsetType = msgspec.UNSET
    trigger_words: dict[str, list[str]] | msgspec.UnsetType = msgspec.UNSET


def bound_pixels(processor: Any, family: Family, settings: Settings) -> Settings:
    """Set the processor's bounds; return the settings with the bounds in force."""
    low, high = pixel_bounds(family, settings)
    if family.pixels is None:
        return settings
    size = processor.image_processor.size
    if low:
        size["shortest_edge"] = low
    if high:
        size["longest_edge"] = high
    return msgspec.structs.replace(
        settings, min_pixels=size["shortest_edge"], max_pixels=size["longest_edge"]
    )


def pixel_bounds(family: Family, settings: Settings) -> tuple[int, int]:
    """Return the minimum and maximum pixels of a resized image; 0 is the checkpoint's own.

    Raises
    ------
    RmplError
        If the settings have bounds and the family's resizing has none, or they contradict.
    """
    wanted = (settings.min_pixels, settings.max_pixels)
    if family.pixels is None:
        if any(wanted):
            raise RmplError(
                f"{family.name} does not support min_pixels and max_pixels",
                remedy="leave them out",
            )
        return 0, 0
    low, high = (own or usual for own, usual in zip(wanted, family.pixels, strict=True))
    if high and low > high:
        raise RmplError(f"min_pixels {low} is more than max_pixels {high}", remedy="swap them")
    return low, high


def inference_settings(
    trained: Settings, *, min_pixels: int = 0, max_pixels: int = 0, other_pixels: bool = False
) -> Settings:
    """Return the settings for inference: those of training, unless others are explicitly allowed.

    Raises
    ------
    RmplError
        If the bounds differ from those of training and ``other_pixels`` does not allow it.
    """
    wanted = (min_pixels or trained.min_pixels, max_pixels or trained.max_pixels)
    if wanted == (trained.min_pixels, trained.max_pixels):
        return trained
    if not other_pixels:
        raise RmplError(
            f"images of {wanted[0]} to {wanted[1]} pixels, but the model was trained with "
            f"{trained.min_pixels} to {trained.max_pixels}",
            remedy="leave min_pixels and max_pixels out, or allow others explicitly: answers get "
            "worse, and boxes of some families shift",
        )
    return msgspec.structs.replace(trained, min_pixels=wanted[0], max_pixels=wanted[1])


class _File(Settings, frozen=True, forbid_unknown_fields=True):
    format: str = formats.SETTINGS


def write_settings(settings: Settings, folder: Path) -> None:
    """Save settings in a folder."""
    content = msgspec.json.encode(_File(**msgspec.structs.asdict(settings)))
    (folder / SETTINGS).write_bytes(msgspec.json.format(content))


def read_settings(folder: Path) -> Settings | None:
    """Return the settings saved in a folder, ``None`` if it has none.

    Raises
    ------
    RmplError
        If they are damaged or of a newer version.
    """
    path = folder / SETTINGS
    if not path.is_file():
        return None
    read = saved_record(path, _File, formats.SETTINGS, "the settings of a model")
    found = msgspec.structs.asdict(read)
    return Settings(**{name: found[name] for name in Settings.__struct_fields__})
