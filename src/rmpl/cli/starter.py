"""The files of ``rmpl init``: a schema, two documents with images and a link, a recipe."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import PIL.ImageDraw

from rmpl.runs.folder import RECIPE as RECIPE_FILE
from rmpl.runs.folder import SCHEMA as SCHEMA_FILE

SCHEMA = """\
# The event types to find, and the roles of each in texts and in images (docs/own_schema.md).
name: mine
events:
  "Disaster:Flood":
    description: water covers land that is usually dry
    text: [Place, Victim]
    image: [Victim]
  "Disaster:Rescue":
    description: somebody is brought out of danger
    text: [Agent, Person, Place]
    image: [Agent, Person]
"""

DOCUMENTS = """\
{"id": "d1", "sentences": [{"id": "d1_0", "text": "Firemen rescued two women in Lima."}, \
{"id": "d1_1", "text": "The river had flooded the town."}], \
"images": [{"id": "d1_a", "path": "images/rescue.png"}], \
"text_events": [{"id": "t1", "sentence_id": "d1_0", "event_type": "Disaster:Rescue", \
"trigger": {"char_start": 8, "char_end": 15, "text": "rescued"}, "arguments": [\
{"role": "Agent", "char_start": 0, "char_end": 7, "text": "Firemen"}, \
{"role": "Person", "char_start": 16, "char_end": 25, "text": "two women"}, \
{"role": "Place", "char_start": 29, "char_end": 33, "text": "Lima"}]}, \
{"id": "t2", "sentence_id": "d1_1", "event_type": "Disaster:Flood", \
"trigger": {"char_start": 14, "char_end": 21, "text": "flooded"}, "arguments": [\
{"role": "Place", "char_start": 22, "char_end": 30, "text": "the town"}]}], \
"image_events": [{"id": "i1", "image_id": "d1_a", "event_type": "Disaster:Rescue", \
"arguments": [{"role": "Agent", "box": {"x1": 30, "y1": 40, "x2": 60, "y2": 100}}, \
{"role": "Person", "box": {"x1": 80, "y1": 50, "x2": 104, "y2": 104}}]}], \
"links": [{"text": "t1", "image": "i1"}]}
{"id": "d2", "sentences": [{"id": "d2_0", "text": "The harbor was quiet."}, \
{"id": "d2_1", "text": "Soldiers brought the old man out of the house."}], \
"images": [{"id": "d2_a", "path": "images/flood.png"}], \
"text_events": [{"id": "t1", "sentence_id": "d2_1", "event_type": "Disaster:Rescue", \
"trigger": {"char_start": 9, "char_end": 16, "text": "brought"}, "arguments": [\
{"role": "Agent", "char_start": 0, "char_end": 8, "text": "Soldiers"}, \
{"role": "Person", "char_start": 17, "char_end": 28, "text": "the old man"}]}], \
"image_events": [{"id": "i1", "image_id": "d2_a", "event_type": "Disaster:Flood"}]}
"""

RECIPE = """\
# Two stages on the embedded model (docs/recipes.md); real data want more steps and a larger model.
name: mine
ontology: schema.yaml
data: .
backbone:
  {model: embedded, style: full, pad: " ", box_step: 20, min_pixels: 9216, max_pixels: 12544}
corpora:
  mine: {reader: documents, path: documents.jsonl}
stages:
  - name: stage1
    steps: 20
    batch: 4
    mixture:
      - {task: text-events, corpora: [mine]}
      - {task: image-events, corpora: [mine]}
  - name: stage2
    start: stage1
    steps: 20
    batch: 4
    mixture:
      - {task: text-emi, corpora: [mine]}
      - {task: text-are, corpora: [mine]}
      - {task: image-emi, corpora: [mine]}
      - {task: image-are, corpora: [mine]}
      - {task: same-event, corpora: [mine]}
"""

COMMANDS = (
    "rmpl check documents documents.jsonl --schema schema.yaml",
    "rmpl inspect documents documents.jsonl --recipe recipe.yaml",
    "rmpl train recipe.yaml --dry-run",
    "rmpl train recipe.yaml",
    "rmpl convert documents documents.jsonl --schema schema.yaml --to brat --out to_correct",
)
"""What to do next, in the folder."""


def write_starter(folder: Path) -> None:
    """Write the files into an empty folder."""
    (folder / SCHEMA_FILE).write_text(SCHEMA, encoding="utf-8")
    (folder / "documents.jsonl").write_text(DOCUMENTS, encoding="utf-8")
    (folder / RECIPE_FILE).write_text(RECIPE, encoding="utf-8")
    images = folder / "images"
    images.mkdir()
    _rescue().save(images / "rescue.png")
    _flood().save(images / "flood.png")


def _scene() -> tuple[PIL.Image.Image, PIL.ImageDraw.ImageDraw]:
    image = PIL.Image.new("RGB", (128, 112), "lightblue")
    draw = PIL.ImageDraw.Draw(image)
    draw.rectangle((0, 84, 127, 111), fill="steelblue")
    return image, draw


def _rescue() -> PIL.Image.Image:
    """Return an image of one figure that leads another."""
    image, draw = _scene()
    for (x1, y1, x2, y2), colour in (((30, 40, 60, 100), "red"), ((80, 50, 104, 104), "purple")):
        head = (x2 - x1) // 4
        middle = (x1 + x2) // 2
        draw.ellipse((middle - head, y1, middle + head, y1 + 2 * head), fill="tan")
        draw.rectangle((x1, y1 + 2 * head, x2 - 1, y2 - 1), fill=colour)
    draw.line((60, 70, 80, 74), fill="black", width=3)
    return image


def _flood() -> PIL.Image.Image:
    """Return an image of a house in water."""
    image, draw = _scene()
    draw.polygon(((40, 50), (64, 26), (88, 50)), fill="brown")
    draw.rectangle((44, 50, 84, 92), fill="beige")
    return image
