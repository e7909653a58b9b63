"""Loading processors, with and without torchvision.

Only video needs torchvision, and rmpl uses images only. Where a family's stock processor requires
its video part, the family's file has a subclass without it (of ``ImageOnly``, where that fits),
which is used everywhere, so that machines with and without torchvision produce the same prompts.
With torchvision, transformers selects the image processor's faster backend by itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import transformers

from rmpl.backbones.model_files import check_model, read_by_libraries
from rmpl.backbones.prompts.layouts import flat_template, flat_text_template
from rmpl.errors import RmplError


class ImageOnly:
    """A stock processor without its video half; reads folders that the stock one saved.

    Classes are made of this one and the stock one, in this order. Folders that they save name the
    stock class, which other programs know.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__name__ = cls.__bases__[-1].__name__

    # ProcessorMixin reads the names of these parameters: **kwargs alone would lose the template.
    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        **kwargs: Any,
    ) -> None:
        stock: Any = super()
        stock.__init__(image_processor, tokenizer, None, chat_template=chat_template, **kwargs)


def load(processor_class: Any, source: str, *, template: bool = True) -> Any:
    """Load the processor of a folder or hub id.

    Parameters
    ----------
    processor_class
        The transformers class, or the family's subclass without video.
    source
        A folder or hub id.
    template
        Whether the family uses a chat template.

    Raises
    ------
    RmplError
        If files are missing, the hub cannot be reached, or there is no image processor.
    """
    if Path(source).is_dir():
        check_model(Path(source))
    needs = (
        "the folder needs the tokenizer's files and preprocessor_config.json or "
        "processor_config.json of the checkpoint"
    )
    with read_by_libraries(source, "cannot load the processor", needs):
        processor = processor_class.from_pretrained(source, trust_remote_code=False)
    # transformers silently returns a bare tokenizer if it does not know the processor.
    if getattr(processor, "image_processor", None) is None:
        raise RmplError(
            "no image processor among the processor's files",
            where=source,
            remedy="download the whole checkpoint, preprocessor_config.json too",
        )
    if template:
        _check_template(processor, source)
        with _naming(source):
            for shows_image in (False, True):
                flat_template(processor, shows_image=shows_image)
    return processor


@contextlib.contextmanager
def _naming(source: str) -> Iterator[None]:
    """Name the checkpoint in an error about its template."""
    try:
        yield
    except RmplError as error:
        raise RmplError(error.what, where=error.where or source, remedy=error.remedy) from error


def _check_template(processor: Any, source: str) -> None:
    if not processor.chat_template:
        raise RmplError(
            "this checkpoint has no chat template",
            where=source,
            remedy="use the instruction-tuned checkpoint, or add its chat_template.jinja",
        )


class TextProcessor:
    """The processor of a model without images: its tokenizer alone."""

    image_processor: Any = None

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    @property
    def chat_template(self) -> Any:
        """The tokenizer's chat template."""
        return self.tokenizer.chat_template

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the tokenizer's files into a folder."""
        self.tokenizer.save_pretrained(folder)


def load_text(source: str) -> Any:
    """Load the tokenizer of a folder or hub id as the processor of a model without images.

    Raises
    ------
    RmplError
        If files are missing, the hub cannot be reached, or there is no chat template.
    """
    if Path(source).is_dir():
        check_model(Path(source))
    needs = "the folder needs tokenizer.json and tokenizer_config.json of the checkpoint"
    with read_by_libraries(source, "cannot load the tokenizer", needs):
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    # These models have no token types, whatever the tokenizer's class says.
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    processor = TextProcessor(tokenizer)
    _check_template(processor, source)
    with _naming(source):
        flat_text_template(processor)
    return processor
