"""A loaded model with its processor: prompts in, tensors out, and how both are saved."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
import transformers

from rmpl.backbones import embedded, family_of
from rmpl.backbones.family import Family
from rmpl.corpora.images import open_image
from rmpl.errors import RmplError
from rmpl.ontology import Ontology
from rmpl.tasks import Context, Prompt
from rmpl.tasks.base import Style

# Loading a model shows its own bars, one a shard: those of a run say more.
transformers.utils.logging.disable_progress_bar()

IGNORE = -100
SETTINGS = "rmpl.json"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What training fixes and inference must repeat; saved as ``rmpl.json`` beside the weights.

    ``min_pixels`` and ``max_pixels`` bound what the processor resizes a picture to; 0 leaves the
    checkpoint's own bound.
    """

    style: Style = "full"
    pad: str = ""
    box_step: int = 1
    min_pixels: int = 0
    max_pixels: int = 0


@dataclasses.dataclass
class Encoded:
    """One tokenised sample.

    ``input_ids`` holds prompt and target; labels are its entries from ``prompt_length`` on.
    ``per_token`` are further rows of the same length that a family's model wants (token types).
    ``vision`` holds the picture's tensors, empty for a text-only sample.
    """

    input_ids: list[int]
    prompt_length: int
    per_token: dict[str, list[int]]
    vision: dict[str, torch.Tensor]


class Backbone:
    """A vision-language model, its processor, and the settings it was trained with."""

    def __init__(self, model: Any, processor: Any, family: Family, settings: Settings) -> None:
        self.model = model
        self.processor = processor
        self.tokenizer = processor.tokenizer
        self.family = family
        self.settings = settings
        size = processor.image_processor.size
        if settings.min_pixels:
            size["shortest_edge"] = settings.min_pixels
        if settings.max_pixels:
            size["longest_edge"] = settings.max_pixels

    def context(self, ontology: Ontology) -> Context:
        """Return what tasks need to know of this model."""
        return family_context(self.family, self.settings, ontology)

    def encode(self, prompt: Prompt, target: str | None = None) -> Encoded:
        """Tokenise a prompt and, for training, its target with the end-of-turn token."""
        content: list[dict[str, Any]] = []
        if prompt.image is not None:
            content.append({"type": "image", "image": open_image(Path(prompt.image.path or ""))})
        content.append({"type": "text", "text": prompt.text})
        inputs = self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )
        tokens = {"input_ids", "attention_mask"}
        ids = inputs["input_ids"][0].tolist()
        length = len(ids)
        rows = {
            name: value[0].tolist()
            for name, value in inputs.items()
            if name not in tokens and value.dim() == 2 and value.shape == (1, length)
        }
        vision = {
            name: value for name, value in inputs.items() if name not in tokens and name not in rows
        }
        if target is not None:
            answer = self.tokenizer(target, add_special_tokens=False)["input_ids"]
            answer.append(self.tokenizer.eos_token_id)
            ids = ids + answer
            rows = {name: row + [0] * len(answer) for name, row in rows.items()}
        return Encoded(ids, length, rows, vision)

    def collate(self, batch: Sequence[Encoded], *, pad_left: bool) -> dict[str, torch.Tensor]:
        """Pad samples to one length and stack them, shape (batch, length).

        Pads left for generation, right (with labels) for training.
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
        tensors = {name: torch.tensor(values) for name, values in rows.items()}
        for name in sorted({name for sample in batch for name in sample.vision}):
            parts = [sample.vision[name] for sample in batch if name in sample.vision]
            tensors[name] = torch.cat(parts)
        return tensors

    def save(self, path: Path) -> None:
        """Save model (safetensors), processor and settings into a folder."""
        self.model.save_pretrained(path)
        self.processor.save_pretrained(path)
        (path / SETTINGS).write_bytes(msgspec.json.format(msgspec.json.encode(self.settings)))


def read_settings(folder: Path) -> Settings | None:
    """Return the settings saved in a folder, ``None`` if it has none."""
    path = folder / SETTINGS
    if not path.is_file():
        return None
    return msgspec.json.decode(path.read_bytes(), type=Settings)


def context_of(source: str, settings: Settings, ontology: Ontology) -> Context:
    """Return what tasks need to know of a model that is not loaded."""
    where = _where(source)
    return family_context(family_of(_model_type(where), where), settings, ontology)


def family_context(family: Family, settings: Settings, ontology: Ontology) -> Context:
    """Return what tasks need to know of a family with some settings."""
    return Context(ontology, family.boxes(settings.box_step), settings.style, settings.pad)


def _where(source: str) -> str:
    return str(embedded.folder()) if source == embedded.NAME else source


def load_backbone(source: str, settings: Settings | None = None) -> Backbone:
    """Load a model by hub id, by folder, or ``embedded``.

    ``settings`` default to those saved with the model, else to the family's usual ones.

    Raises
    ------
    RmplError
        If the folder is no model, its family is unknown, or the hub cannot be reached.
    """
    where = _where(source)
    if settings is None:
        settings = read_settings(Path(where)) or Settings()
    family = family_of(_model_type(where), where)
    model_class = getattr(transformers, family.model_class)
    # Eager attention beats the fused kernels on a CPU at the embedded model's size.
    attention = None if torch.cuda.is_available() else "eager"
    model = model_class.from_pretrained(
        where, use_safetensors=True, attn_implementation=attention, dtype=torch.float32
    )
    return Backbone(model, family.load_processor(where), family, settings)


def _model_type(source: str) -> str:
    path = Path(source)
    if path.is_dir():
        config = path / "config.json"
        if not config.is_file():
            raise RmplError(
                "no config.json, so this is not a model folder",
                where=source,
                remedy="name a folder saved by save_pretrained, a hub id, or 'embedded'",
            )
        return str(json.loads(config.read_text(encoding="utf-8")).get("model_type", ""))
    try:
        return str(transformers.AutoConfig.from_pretrained(source).model_type)
    except (OSError, ValueError) as error:
        raise RmplError(
            f"cannot load model {source!r}",
            remedy="check the name, or download it where a network is "
            "(`hf download NAME --local-dir DIR`) and give that folder",
        ) from error
