"""Loading processors, with and without torchvision.

Only video needs torchvision, and this project shows models pictures. Where a family's stock
processor asks for its video half, the family's file has a subclass without it; that subclass is
used everywhere, so that a machine with torchvision and one without write the same prompts. With
torchvision, transformers picks the image processor's faster backend by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rmpl.backbones.model_files import check_model
from rmpl.backbones.prompts.layouts import flat_template
from rmpl.errors import RmplError


def load(processor_class: Any, source: str, *, template: bool = True) -> Any:
    """Load the processor of a folder or hub id.

    Parameters
    ----------
    processor_class
        The transformers class, or the family's subclass without video.
    source
        A folder or hub id.
    template
        Whether the family lays its prompts out by a chat template.

    Raises
    ------
    RmplError
        If files are missing, the hub cannot be reached, or what is there cannot read pictures.
    """
    if Path(source).is_dir():
        check_model(Path(source))
    try:
        processor = processor_class.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, TypeError, AttributeError, ImportError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise RmplError(
            f"cannot load the processor ({reason})",
            where=source,
            remedy="the folder needs the tokenizer's files and preprocessor_config.json or "
            "processor_config.json of the checkpoint",
        ) from error
    # transformers hands out a bare tokenizer, silently, where it does not know a processor.
    if getattr(processor, "image_processor", None) is None:
        raise RmplError(
            "no image processor among the processor's files",
            where=source,
            remedy="download the whole checkpoint, preprocessor_config.json too",
        )
    if template and not processor.chat_template:
        raise RmplError(
            "this checkpoint has no chat template",
            where=source,
            remedy="take the instruction-tuned checkpoint, or add its chat_template.jinja",
        )
    if template:
        for shows_picture in (False, True):
            flat_template(processor, shows_picture=shows_picture)
    return processor
