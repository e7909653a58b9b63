"""Functions called by the task files in this folder; prompts, parsing and scoring are rmpl's."""

from __future__ import annotations

import PIL.Image
import PIL.ImageOps

from rmpl.experiments.harness import Row, f1, results_of

__all__ = ["doc_to_image", "doc_to_text", "doc_to_text_with_image", "f1", "results_of"]


def doc_to_text(row: Row) -> str:
    """Return the prompt of a sentence."""
    return row["prompt"]


def doc_to_text_with_image(row: Row) -> str:
    """Return the prompt of an image, with the placeholder that the harness replaces."""
    return f"<image>\n{row['prompt']}"


def doc_to_image(row: Row) -> list[PIL.Image.Image]:
    """Return the image, upright."""
    with PIL.Image.open(row["image"]) as image:
        return [PIL.ImageOps.exif_transpose(image).convert("RGB")]
