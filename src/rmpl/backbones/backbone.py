"""A model with its processor: turns prompts into tensors, loads and saves both."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import PIL.Image
import torch
import transformers
from msgspec import UNSET

from rmpl.backbones import embedded
from rmpl.backbones.checkpoints import ask_hub, model_type_of, place_to_load
from rmpl.backbones.end_of_turn import end_of_turn
from rmpl.backbones.families import family_of
from rmpl.backbones.family import Family
from rmpl.backbones.features import FEATURES, PIXELS, Features, join_features, same_shape
from rmpl.backbones.known import hub_id
from rmpl.backbones.loading import (
    Attention,
    Weights,
    as_one_block,
    check_device,
    loading_options,
)
from rmpl.backbones.model_files import WEIGHTS_NEED, model_folder, read_by_libraries
from rmpl.backbones.private_api import image_token_counts
from rmpl.backbones.processed_image import BLANK, processing_once
from rmpl.backbones.prompts.frames import (
    PROBE,
    Frame,
    Inputs,
    find_frame,
    inputs_of,
    is_framed,
)
from rmpl.backbones.prompts.image_frames import ImageFrames
from rmpl.backbones.prompts.plain_text import Place, PlainText, placeholders
from rmpl.backbones.settings import (
    Settings,
    bound_pixels,
    pixel_bounds,
    read_settings,
    write_settings,
)
from rmpl.errors import RmplError
from rmpl.io.images import open_image
from rmpl.io.saved import COPY_AGAIN
from rmpl.ontology import Ontology
from rmpl.records import Image
from rmpl.tasks import Context, Prompt
from rmpl.tasks.schema import places_of_boxes
from rmpl.tasks.trigger_words import TriggerWords

# transformers shows a progress bar per weight shard; runs have progress bars of their own.
transformers.utils.logging.disable_progress_bar()

IGNORE = -100


@dataclasses.dataclass
class Encoded:
    """One tokenised sample.

    ``input_ids`` holds prompt and target; labels are its entries from ``prompt_length`` on.
    ``per_token`` holds further rows of the same length that some families need (token types).
    ``vision`` holds the image's tensors and is empty for text-only samples; with ``features``,
    computed by a frozen vision tower, the pixel values are not needed.
    """

    input_ids: list[int]
    prompt_length: int
    per_token: dict[str, list[int]]
    vision: dict[str, torch.Tensor]
    features: Features | None = None


class Backbone:
    """A model, its processor, and the settings it was trained with."""

    def __init__(self, model: Any, processor: Any, family: Family, settings: Settings) -> None:
        self.model = model
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.family = family
        self.settings = bound_pixels(processor, family, settings)
        self.end_id = end_of_turn(model, self.tokenizer, family)
        self.placeholders = placeholders(processor)
        self._text = PlainText(self.tokenizer, self.placeholders)
        self._image_tokens: dict[tuple[int, int], int] = {}

    def context(self, ontology: Ontology) -> Context:
        """Return what tasks need to know about this model."""
        return family_context(self.family, self.settings, ontology)

    def encode(
        self,
        prompt: Prompt,
        target: str | None = None,
        *,
        image: PIL.Image.Image | None = None,
        processor: Any = None,
    ) -> Encoded:
        """Tokenise a prompt and, for training, its target with the end-of-turn token.

        Nothing is ever cut off: see ``fits`` for samples that are too long.

        Parameters
        ----------
        prompt, target
            The question and the expected answer.
        image
            An upright RGB image, used instead of the file that the prompt names.
        processor
            Used instead of the model's own processor; see ``processed_image``.

        Raises
        ------
        RmplError
            If the image cannot be opened, or the processor refuses it.
        """
        text = prompt.text
        shown = prompt.image if image is None else image
        if shown is None and self._text_frame is not None and is_framed(text):
            return self._answered(self._text_frame.around(self._tokens(prompt)), target)
        return self._answered(self._lay_out(shown, prompt, processor), target)

    def frame(self, image: Image) -> Frame | None:
        """Return the frame that all prompts about an image share, with the image's tensors.

        ``None`` where a text's tokens may depend on the tokens around it.

        Raises
        ------
        RmplError
            If the image cannot be opened, or the processor refuses it.
        """
        self.family.check_reads(image)
        if self._image_frame is None:
            return None
        with self._refusals(image, PROBE):
            return self._frames.of(open_image(Path(image.path or "")))

    def encode_in(self, frame: Frame, prompt: Prompt, target: str | None = None) -> Encoded | None:
        """Tokenise a prompt as ``encode`` does, in its image's frame.

        ``None`` where the text's tokens may depend on the frame.
        """
        if not is_framed(prompt.text):
            return None
        return self._answered(frame.around(self._tokens(prompt)), target)

    def count(self, target: str) -> int:
        """Return the number of tokens of a target, without the end-of-turn token."""
        return len(self._text.tokens(target, self._named_in_answer(target)))

    def _tokens(self, prompt: Prompt) -> list[int]:
        return self._text.tokens(prompt.text, self._named(prompt.text, prompt.boxes))

    def _named(self, text: str, boxes: Sequence[Place]) -> list[Place]:
        """Return the places of the family's own tokens in a text's boxes."""
        named = re.compile(self.family.box_tokens or "(?!)")
        return [found.span() for box in boxes for found in named.finditer(text, *box)]

    def _named_in_answer(self, target: str) -> list[Place]:
        if not self.family.box_tokens:
            return []
        return self._named(target, places_of_boxes(target, self._box_key))

    @functools.cached_property
    def _box_key(self) -> str:
        bounds = pixel_bounds(self.family, self.settings)
        return self.family.boxes(self.settings.box_step, bounds).key

    def _answered(self, inputs: Inputs, target: str | None) -> Encoded:
        ids, rows = inputs.ids, inputs.rows
        if target is not None:
            answer = [*self._text.tokens(target, self._named_in_answer(target)), self.end_id]
            ids = ids + answer
            types = self.family.target_types
            rows = {name: row + [types.get(name, 0)] * len(answer) for name, row in rows.items()}
        return Encoded(ids, len(inputs.ids), rows, dict(inputs.others))

    def _lay_out(
        self, image: Image | PIL.Image.Image | None, prompt: Prompt, processor: Any = None
    ) -> Inputs:
        self.family.check_reads(image)
        opened = open_image(Path(image.path or "")) if isinstance(image, Image) else image
        with self._refusals(image, prompt.text):
            return self._laid_out(opened, prompt, processor or self.processor)

    def _laid_out(self, image: PIL.Image.Image | None, prompt: Prompt, processor: Any) -> Inputs:
        """Lay a prompt out by the checkpoint's own template, its text as plain text."""
        text, refusal = prompt.text, None
        for plain in self._text.masked(text, self._named(text, prompt.boxes)):
            laid_out = inputs_of(self.family.chat(processor, image, plain.masked))
            try:
                return plain.put_into(laid_out)
            except ValueError as error:
                refusal = error
        raise refusal or ValueError("its tokenizer has no token that can stand in for others")

    @contextlib.contextmanager
    def _refusals(self, image: Image | PIL.Image.Image | None, text: str) -> Iterator[None]:
        """Turn a processor's ``ValueError`` into an error that names the sample."""
        try:
            yield
        except ValueError as error:
            raise RmplError(
                f"the processor of {self.family.name} refuses this sample ({error})",
                where=image.path if isinstance(image, Image) else text[:60],
            ) from error

    @functools.cached_property
    def _frames(self) -> ImageFrames:
        return ImageFrames(functools.partial(self.family.chat, self.processor), self.processor)

    def length(self, prompt: Prompt, target: str | None = None) -> int:
        """Return the number of tokens that ``encode`` would return.

        The image is not opened: its ``width`` and ``height`` must be known.
        """
        answer = 0 if target is None else self.count(target) + 1
        image = prompt.image
        self.family.check_reads(image)
        frame = self._text_frame if image is None else self._image_frame
        if frame is not None and is_framed(prompt.text):
            around = len(frame) + len(self._tokens(prompt))
        else:
            small = None if image is None else BLANK
            around = len(self._laid_out(small, prompt, self._blank_processor).ids)
        more = 0 if image is None else self._extra_tokens(image.width, image.height)
        return around + more + answer

    @functools.cached_property
    def _text_frame(self) -> Frame | None:
        with self._refusals(None, PROBE):
            layout = functools.partial(self.family.chat, self.processor, None)
            return find_frame(layout, self.tokenizer)

    @functools.cached_property
    def _image_frame(self) -> Frame | None:
        """The frame of a blank image: the same tokens surround those of every image."""
        layout = functools.partial(self.family.chat, self._blank_processor, BLANK)
        return find_frame(layout, self.tokenizer)

    @functools.cached_property
    def _blank_processor(self) -> Any:
        return processing_once(self.processor)

    def _extra_tokens(self, width: int, height: int) -> int:
        """Return the number of tokens of an image of this size beyond those of ``BLANK``."""
        if (width, height) not in self._image_tokens:
            sizes = [(BLANK.height, BLANK.width), (height, width)]
            try:
                blank, full = image_token_counts(self.processor, sizes)
            except ValueError as error:
                raise RmplError(
                    f"the processor of {self.family.name} refuses an image of {width} x {height} "
                    f"pixels ({error})"
                ) from error
            self._image_tokens[width, height] = full - blank
        return self._image_tokens[width, height]

    def fits(self, prompt: Prompt, target: str | None, max_length: int) -> bool:
        """Return whether a sample has at most ``max_length`` tokens, including its image's."""
        return self.length(prompt, target) <= max_length

    def read(self, ids: Sequence[int]) -> str:
        """Return the text of a generated answer, up to the end of its turn."""
        ids = list(ids)
        if self.end_id in ids:
            ids = ids[: ids.index(self.end_id)]
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))

    def collate(self, batch: Sequence[Encoded], *, pad_left: bool) -> dict[str, Any]:
        """Pad samples to one length and stack them, shape (batch, length).

        Pads left for generation, right (with labels) for training. Images are passed as features
        if all images of the batch have them, else as pixel values.
        """
        length = max(len(sample.input_ids) for sample in batch)
        rows: dict[str, list[list[int]]] = {"input_ids": [], "attention_mask": []}
        names = sorted({name for sample in batch for name in sample.per_token})
        rows.update({name: [] for name in names})
        if not pad_left:
            rows["labels"] = []
        for sample in batch:
            ids = sample.input_ids
            gap = length - len(ids)

            def pad(row: list[int], filler: int, gap: int = gap) -> list[int]:
                return [filler] * gap + row if pad_left else row + [filler] * gap

            rows["input_ids"].append(pad(ids, self.tokenizer.pad_token_id))
            rows["attention_mask"].append(pad([1] * len(ids), 0))
            for name in names:
                rows[name].append(pad(sample.per_token.get(name, [0] * len(ids)), 0))
            if not pad_left:
                start = sample.prompt_length
                rows["labels"].append(pad([IGNORE] * start + ids[start:], IGNORE))
        inputs: dict[str, Any] = {name: torch.tensor(values) for name, values in rows.items()}
        shown = [sample for sample in batch if sample.vision or sample.features is not None]
        features = [sample.features for sample in shown if sample.features is not None]
        if features and len(features) == len(shown):
            inputs[FEATURES] = {"image": join_features(features)}
        for name in sorted({name for sample in shown for name in sample.vision}):
            if not (name == PIXELS and FEATURES in inputs):
                parts = [sample.vision[name] for sample in shown if name in sample.vision]
                inputs[name] = torch.cat(same_shape(parts))
        return inputs

    def save(self, path: Path) -> None:
        """Save model (safetensors), processor and settings into a folder."""
        self.model.save_pretrained(path)
        self.save_without_weights(path)

    def save_without_weights(self, path: Path) -> None:
        """Save everything but the weights into a folder that already holds them."""
        self.model.config.save_pretrained(path)
        self.model.generation_config.save_pretrained(path)
        self.processor.save_pretrained(path)
        write_settings(self.settings, path)


def context_of(source: str, settings: Settings, ontology: Ontology) -> Context:
    """Return what tasks need to know about a model, without loading it."""
    return family_context(family_of(model_type_of(source), source), settings, ontology)


def family_context(family: Family, settings: Settings, ontology: Ontology) -> Context:
    """Return what tasks need to know about a model of a family with these settings."""
    boxes = family.boxes(settings.box_step, pixel_bounds(family, settings))
    known = TriggerWords({} if settings.trigger_words is UNSET else settings.trigger_words)
    return Context(
        ontology,
        boxes,
        settings.style,
        settings.pad,
        settings.link_directions,
        reads_images=family.reads_images,
        captions=settings.captions is True,
        trigger_words=known if known.by_type and known.know(ontology) else None,
    )


def load_backbone(
    source: str,
    settings: Settings | None = None,
    *,
    weights: Weights = "fp32",
    attention: Attention = "auto",
) -> Backbone:
    """Load a model by hub id, by folder, by a name of ``rmpl models list``, or ``embedded``.

    ``settings`` default to those saved with the model, else to the family's usual ones.

    Raises
    ------
    RmplError
        If the folder is no model, its family is unknown, its weights are missing or pickled, or
        the hub cannot be reached.
    """
    where = place_to_load(source)
    if settings is None:
        settings = read_settings(Path(where)) or Settings()
    family = family_of(model_type_of(where), where)
    ask_hub(where)
    folder = str(model_folder(where))
    options = loading_options(family, folder, weights, attention)
    processor = family.load_processor(folder)
    with read_by_libraries(folder, "cannot load the weights", WEIGHTS_NEED):
        model = getattr(transformers, family.model_class).from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, **options
        )
    model.get_output_embeddings().register_forward_pre_hook(as_one_block)
    if folder != source != embedded.NAME:
        # Saved files then name the hub's model, not this machine's copy.
        model.name_or_path = model.config.name_or_path = hub_id(source)
    with read_by_libraries(folder, "its files do not fit together", COPY_AGAIN):
        return Backbone(model, processor, family, settings)


def load_to_answer(
    source: str, settings: Settings | None = None, device: str | None = None
) -> Backbone:
    """Load a model for inference: on a GPU in bf16, elsewhere in fp32.

    ``device`` is torch's name of one, by default a GPU, if there is one.

    Raises
    ------
    RmplError
        As ``load_backbone``, or if there is no such device.
    """
    place = check_device(device)
    backbone = load_backbone(source, settings, weights="bf16" if place.type == "cuda" else "fp32")
    backbone.model = backbone.model.to(place)
    return backbone
