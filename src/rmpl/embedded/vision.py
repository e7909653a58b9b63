"""Pretraining the embedded model's vision tower, before it is joined to the language model.

The vision towers of large models are pretrained on many images. The embedded one is pretrained on
images in which every object is named and has a box: from each token of the tower's output, a linear
map predicts the words for the objects there, the words for what the foremost object is and does,
and its box. Training with a language model alone is much less effective: after 22,000 answers the
model gave the same answer for every image.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import Dataset

from rmpl.backbones.backbone import Backbone
from rmpl.io.images import open_image
from rmpl.records import Document, Image, ImageArgument, ImageEvent
from rmpl.synthetic.gallery import ACTING

_FUNCTION_WORDS = frozenset(
    "a against an and at before by for from in into of off on onto out someone something the to "
    "with".split()
)
_BOX_WEIGHT = 5.0
_EARLY_WEIGHT = 0.3


@dataclasses.dataclass
class TowerSample:
    """One image as the tower's input, and the targets of each of its tokens.

    ``patches`` are the processor's, shape (patches, values), and ``grid`` is (1, 3). ``words`` and
    ``front`` are 0 or 1, shape (tokens, vocabulary): words of all objects there, and of the
    foremost object and what it does. ``box`` is that object's x1, y1, x2, y2 as fractions of the
    image, shape (tokens, 4), and ``owned`` whether a token has an object, shape (tokens,).
    """

    patches: torch.Tensor
    grid: torch.Tensor
    words: torch.Tensor
    front: torch.Tensor
    box: torch.Tensor
    owned: torch.Tensor


def vocabulary(documents: Sequence[Document]) -> list[str]:
    """Return the words of all objects' names and actions, sorted."""
    events = [event for document in documents for event in document.image_events]
    return sorted({word for event in events for words in _words_of(event) for word in words})


class NamedImages(Dataset[TowerSample]):
    """Images in which all objects are named; position ``index`` is taken modulo their number.

    Parameters
    ----------
    documents
        One image each.
    backbone
        Its processor resizes the images and splits them into patches.
    known
        The vocabulary to predict.
    length
        The number of positions.
    """

    def __init__(
        self, documents: Sequence[Document], backbone: Backbone, known: Sequence[str], length: int
    ) -> None:
        self._documents = documents
        self._processor = backbone.processor.image_processor
        self._numbers = {word: number for number, word in enumerate(known)}
        self._length = length
        self._cached: dict[int, TowerSample] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> TowerSample:
        place = index % len(self._documents)
        if place not in self._cached:
            self._cached[place] = self._sample(self._documents[place])
        return self._cached[place]

    def _sample(self, document: Document) -> TowerSample:
        image = document.images[0]
        things = [a for event in document.image_events for a in event.arguments]
        named = [words for event in document.image_events for words in _words_of(event)]
        inputs = self._processor(images=[open_image(Path(image.path or ""))], return_tensors="pt")
        merge = self._processor.merge_size
        _, height, width = (int(n) for n in inputs["image_grid_thw"][0])
        cells = _cells(height // merge, width // merge)
        boxes = torch.tensor([_shares(thing, image) for thing in things])
        names = torch.zeros(len(things), len(self._numbers))
        for row, words in zip(names, named, strict=True):
            row[[self._numbers[word] for word in words]] = 1.0
        inside = _inside(cells, boxes)
        sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        # The smaller of two objects is nearly always the one in front.
        foremost = torch.where(inside, sizes, torch.inf).argmin(dim=1)
        return TowerSample(
            inputs["pixel_values"],
            inputs["image_grid_thw"],
            ((inside.float() @ names) > 0).float(),
            names[foremost],
            boxes[foremost],
            inside.any(dim=1),
        )


def collate(batch: Sequence[TowerSample]) -> dict[str, torch.Tensor]:
    """Concatenate the tokens of several images."""
    names = [field.name for field in dataclasses.fields(TowerSample)]
    return {name: torch.cat([getattr(sample, name) for sample in batch]) for name in names}


class VisionPretraining(nn.Module):
    """A vision tower with linear heads that are used only in its pretraining.

    Besides the tower's output, its features from early layers ("deepstack") also predict the words
    of the objects.
    """

    def __init__(self, tower: nn.Module, hidden: int, words: int) -> None:
        super().__init__()
        self.tower = tower
        self.head = nn.Linear(hidden, 2 * words + 4)
        self.early_head = nn.Linear(hidden, words)
        self._words = words

    def forward(
        self,
        patches: torch.Tensor,
        grid: torch.Tensor,
        words: torch.Tensor,
        front: torch.Tensor,
        box: torch.Tensor,
        owned: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        """Return the loss: words of all objects, words and box of the foremost one."""
        features = self.tower(patches, grid_thw=grid)
        present, named, boxed = self._last(features.pooler_output)
        cross = nn.functional.binary_cross_entropy_with_logits
        wrong = nn.functional.l1_loss(boxed[owned], box[owned], reduction="sum")
        loss = cross(present, words, reduction="sum") / len(words)
        loss = loss + cross(named[owned], front[owned], reduction="sum") / owned.sum()
        loss = loss + _BOX_WEIGHT * wrong / owned.sum()
        for tokens in features.deepstack_features:
            early = cross(self.early_head(_normed(tokens)), words, reduction="sum")
            loss = loss + _EARLY_WEIGHT * early / len(words)
        return {"loss": loss}

    def predict(
        self, patches: torch.Tensor, grid: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the logits of ``words`` and of ``front``, and the boxes, for every token."""
        return self._last(self.tower(patches, grid_thw=grid).pooler_output)

    def _last(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        words, front, box = self.head(_normed(tokens)).split([self._words, self._words, 4], dim=-1)
        return words, front, box


def _normed(tokens: torch.Tensor) -> torch.Tensor:
    """Normalise as the language model does, so that norms carry no information."""
    return nn.functional.rms_norm(tokens.float(), tokens.shape[-1:])


def _words_of(event: ImageEvent) -> list[list[str]]:
    """Return, for each object of an image, the words of its name and of its action.

    The action is the words of the caption that are not in objects' names.
    """
    names = [_words(thing.gloss or "") for thing in event.arguments]
    named = {word for name in names for word in name}
    action = [word for word in _words(event.caption or "") if word not in named]
    return [
        [*name, *(action if thing.role == ACTING else ())]
        for name, thing in zip(names, event.arguments, strict=True)
    ]


def _words(text: str) -> list[str]:
    return [word for word in text.split() if word not in _FUNCTION_WORDS]


def _shares(thing: ImageArgument, image: Image) -> list[float]:
    box = thing.box
    return [
        box.x1 / image.width,
        box.y1 / image.height,
        box.x2 / image.width,
        box.y2 / image.height,
    ]


def _cells(rows: int, columns: int) -> torch.Tensor:
    """Return the centres (x, y) of the tokens' cells, row by row, shape (rows * columns, 2)."""
    ys, xs = torch.meshgrid(
        (torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns, indexing="ij"
    )
    return torch.stack([xs.flatten(), ys.flatten()], dim=1)


def _inside(cells: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return which cells each object covers, at least one, shape (cells, objects)."""
    x, y = cells[:, :1], cells[:, 1:]
    inside = (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    nearest = (cells[:, None] - middles[None]).square().sum(dim=-1).argmin(dim=0)
    inside[nearest, torch.arange(len(boxes))] = True
    return inside
