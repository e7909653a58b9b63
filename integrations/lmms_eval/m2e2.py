"""Functions called by the task files in this folder; prompts, parsing and scoring are rmpl's."""

from __future__ import annotations

import PIL.Image
import PIL.ImageOps

from rmpl.experiments.harness import Row, f1, results_of

__all__ = ["doc_to_text", "doc_to_visual", "f1", "results_of"]


def doc_to_text(row: Row, lmms_eval_specific_kwargs: object = None) -> str:  # noqa: ARG001
    """Return the prompt; the harness puts images before it."""
    return row["prompt"]


def doc_to_visual(row: Row) -> list[PIL.Image.Image]:
    """Return the image, upright; nothing for a sentence."""
    if not row["image"]:
        return []
    with PIL.Image.open(row["image"]) as image:
        return [PIL.ImageOps.exif_transpose(image).convert("RGB")]
