"""What the task files beside this one call; the prompts, reading and scoring are rmpl's."""

from __future__ import annotations

import PIL.Image
import PIL.ImageOps

from rmpl.experiments.harness import Row, f1, results_of

__all__ = ["doc_to_image", "doc_to_text", "doc_to_text_with_image", "f1", "results_of"]


def doc_to_text(row: Row) -> str:
    """Return the prompt of a sentence."""
    return row["prompt"]


def doc_to_text_with_image(row: Row) -> str:
    """Return the prompt of a picture, which stands where the harness puts it."""
    return f"<image>\n{row['prompt']}"


def doc_to_image(row: Row) -> list[PIL.Image.Image]:
    """Return the picture, upright."""
    with PIL.Image.open(row["image"]) as picture:
        return [PIL.ImageOps.exif_transpose(picture).convert("RGB")]
