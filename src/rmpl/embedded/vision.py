"""Teaching the embedded model's vision tower to see, before it is joined to the language model.

The towers of real vision-language models have been trained on pictures for long. The embedded one
learns what stands where from pictures in which all that is visible is named and boxed: every token
that the tower hands to the language model has to tell, by one linear map, the words that name what
is there, those that a caption says it does, and the box of the foremost thing. Answers of a
language model alone teach far less a picture: after 22,000 of them the model gave one and the same
answer for every picture.
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
class Seen:
    """One picture as the tower gets it, and what each of its tokens has to tell.

    ``patches`` are the processor's, shape (patches, values), and ``grid`` is (1, 3). ``words`` and
    ``front`` are 0 or 1, shape (tokens, vocabulary): what is there, and what the foremost thing is
    called and does. ``box`` is that thing's x1, y1, x2, y2 in shares of the picture, shape
    (tokens, 4), and ``owned`` says which tokens have one, shape (tokens,).
    """

    patches: torch.Tensor
    grid: torch.Tensor
    words: torch.Tensor
    front: torch.Tensor
    box: torch.Tensor
    owned: torch.Tensor


def vocabulary(documents: Sequence[Document]) -> list[str]:
    """Return the words of all names of things and of what they do, sorted."""
    events = [event for document in documents for event in document.image_events]
    return sorted({word for event in events for told in _told(event) for word in told})


class NamedPictures(Dataset[Seen]):
    """Pictures in which all things are named; position ``index`` goes round them.

    Parameters
    ----------
    documents
        One picture each.
    backbone
        Whose processor resizes and cuts the pictures.
    known
        The words to tell.
    length
        How many positions there are.
    """

    def __init__(
        self, documents: Sequence[Document], backbone: Backbone, known: Sequence[str], length: int
    ) -> None:
        self._documents = documents
        self._processor = backbone.processor.image_processor
        self._numbers = {word: number for number, word in enumerate(known)}
        self._length = length
        self._kept: dict[int, Seen] = {}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Seen:
        place = index % len(self._documents)
        if place not in self._kept:
            self._kept[place] = self._seen(self._documents[place])
        return self._kept[place]

    def _seen(self, document: Document) -> Seen:
        image = document.images[0]
        things = [a for event in document.image_events for a in event.arguments]
        told = [words for event in document.image_events for words in _told(event)]
        inputs = self._processor(images=[open_image(Path(image.path or ""))], return_tensors="pt")
        merge = self._processor.merge_size
        _, height, width = (int(n) for n in inputs["image_grid_thw"][0])
        cells = _cells(height // merge, width // merge)
        boxes = torch.tensor([_shares(thing, image) for thing in things])
        names = torch.zeros(len(things), len(self._numbers))
        for row, words in zip(names, told, strict=True):
            row[[self._numbers[word] for word in words]] = 1.0
        inside = _inside(cells, boxes)
        sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        # The smaller of two things is the one in front, nearly always.
        foremost = torch.where(inside, sizes, torch.inf).argmin(dim=1)
        return Seen(
            inputs["pixel_values"],
            inputs["image_grid_thw"],
            ((inside.float() @ names) > 0).float(),
            names[foremost],
            boxes[foremost],
            inside.any(dim=1),
        )


def collate(batch: Sequence[Seen]) -> dict[str, torch.Tensor]:
    """Put the tokens of several pictures one after the other."""
    names = [field.name for field in dataclasses.fields(Seen)]
    return {name: torch.cat([getattr(seen, name) for seen in batch]) for name in names}


class Seer(nn.Module):
    """A vision tower with the linear maps that its training needs and that are thrown away.

    Besides the tower's last tokens, those that it hands to the language model from early layers
    ("deepstack") have to tell the words that are there.
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
        """Return the loss: words of all tokens, name and box of the owned ones (see ``Seen``)."""
        seen = self.tower(patches, grid_thw=grid)
        told, named, boxed = self._last(seen.pooler_output)
        cross = nn.functional.binary_cross_entropy_with_logits
        wrong = nn.functional.l1_loss(boxed[owned], box[owned], reduction="sum")
        loss = cross(told, words, reduction="sum") / len(words)
        loss = loss + cross(named[owned], front[owned], reduction="sum") / owned.sum()
        loss = loss + _BOX_WEIGHT * wrong / owned.sum()
        for tokens in seen.deepstack_features:
            early = cross(self.early_head(_normed(tokens)), words, reduction="sum")
            loss = loss + _EARLY_WEIGHT * early / len(words)
        return {"loss": loss}

    def tell(
        self, patches: torch.Tensor, grid: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the logits of ``words`` and of ``front``, and the boxes, for every token."""
        return self._last(self.tower(patches, grid_thw=grid).pooler_output)

    def _last(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        words, front, box = self.head(_normed(tokens)).split([self._words, self._words, 4], dim=-1)
        return words, front, box


def _normed(tokens: torch.Tensor) -> torch.Tensor:
    """Normalise as the language model does with what it reads: lengths must not carry anything."""
    return nn.functional.rms_norm(tokens.float(), tokens.shape[-1:])


def _told(event: ImageEvent) -> list[list[str]]:
    """Return, for each thing of a picture, the words of its name and of what it does.

    What it does are the words that the caption has beside the names of things.
    """
    names = [_words(thing.gloss or "") for thing in event.arguments]
    named = {word for name in names for word in name}
    does = [word for word in _words(event.caption or "") if word not in named]
    return [
        [*name, *(does if thing.role == ACTING else ())]
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
    """Return the middles (x, y) of the tokens' cells, row by row, shape (rows * columns, 2)."""
    ys, xs = torch.meshgrid(
        (torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns, indexing="ij"
    )
    return torch.stack([xs.flatten(), ys.flatten()], dim=1)


def _inside(cells: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """Return which cells a thing covers, shape (cells, things); each thing covers at least one."""
    x, y = cells[:, :1], cells[:, 1:]
    inside = (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    nearest = (cells[:, None] - middles[None]).square().sum(dim=-1).argmin(dim=0)
    inside[nearest, torch.arange(len(boxes))] = True
    return inside
