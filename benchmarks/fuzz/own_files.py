"""JSON and YAML of one's own: texts, documents, prediction files, recipes and schemas."""

from __future__ import annotations

import functools
import io
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import yaml
from documents_made import document, prediction
from shown import Outcome, Written, difference
from twisted import SAID, SAME, Twist, as_json, as_yaml, twisted

from rmpl.errors import RmplError, one_line
from rmpl.inputs.reading import Reader
from rmpl.inputs.sources import find_sources
from rmpl.io.documents import read_documents
from rmpl.io.read_report import ReadReport
from rmpl.ontology import load_ontology
from rmpl.predictions.file import read_predictions
from rmpl.predictions.results import read_extracted
from rmpl.recipe.recipe import load_recipe

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 10_000
"""Characters of a line that a user is shown."""
Result = tuple[Any, list[str]]
"""What was read, and all that was said."""


def judged(twist: Twist, read: Callable[[bytes], Result], expected: Any) -> Outcome:
    """Read a text with a mistake and say how that ended."""
    found, said = read(twist.content)
    if any(len(one_line(one)) > LONGEST for one in said):
        return Outcome("traceback", f"not one line: {said}")
    is_silent = not said and (twist.owed == SAID or (twist.owed == SAME and found != expected))
    if is_silent:
        return Outcome("silent", f"{twist.how}: {twist.content[:2000].decode('utf-8', 'replace')}")
    return Outcome("refused" if said and not found else "read", "; ".join(said)[:300])


def _told(report: ReadReport, refused: list[RmplError]) -> list[str]:
    return [*map(str, refused), *report.warnings, *report.cases]


def texts(rng: random.Random, folder: Path) -> Outcome:
    """Read a file or standard input of texts as JSON, as ``rmpl extract`` does."""
    if not (folder / "a.png").exists():
        PIL.Image.new("RGB", (8, 8)).save(folder / "a.png")
    written = Written(rng)
    for _ in range(rng.randrange(1, 12)):
        written.word()
        written.sign(rng.choice((" ", " ", "\n", ". ", "\n\n", ", ", "\t")), 1)
    name = rng.choice(("a.json", "a.jsonl", "-"))
    tree: dict[str, Any] = {rng.choice(("id", "doc_id")): "a", "text": written.text}
    if name != "-" and rng.randrange(2):
        key = rng.choice(("images", "image", "image_paths"))
        tree[key] = rng.choice((["a.png"], [{"id": "i", "path": "a.png"}]))
    if rng.randrange(3) == 0:
        tree |= {"title": "T", "date": 1}

    def read(content: bytes) -> Result:
        refused: list[RmplError] = []
        report = ReadReport()
        if name == "-":
            sys.stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))
        else:
            (folder / name).write_bytes(content)
        where = name if name == "-" else str(folder / name)
        sources = find_sources([where], report, refused.append)
        found = [one.document for one in Reader(report, refused.append).read(sources)]
        return found, _told(report, refused)

    try:
        expected, said = read(as_json(tree).encode())
        wrong = difference(expected[0], written.text, written) if expected else "nothing"
        if said or wrong:
            return Outcome("silent", f"{said} {wrong}")
        return judged(twisted(tree, rng, frozenset({"title", "date"})), read, expected)
    finally:
        sys.stdin = sys.__stdin__


def own(rng: random.Random, folder: Path) -> Outcome:
    """Read documents of one's own."""
    tree = document(rng, "d")

    def read(content: bytes) -> Result:
        path, report = folder / "own.jsonl", ReadReport()
        path.write_bytes(b'{"id":"first"}\n' + content + b"\n")
        found = list(read_documents(path, on_error="count", report=report))
        return found[1:], _told(report, [])

    expected, _ = read(as_json(tree).encode())
    return judged(twisted(tree, rng), read, expected)


def predictions(rng: random.Random, folder: Path) -> Outcome:
    """Read a prediction file, or what ``rmpl extract`` wrote."""
    tree, is_extracted = prediction(rng, "d"), rng.randrange(3) == 0
    if is_extracted:
        made = document(rng, "d")
        tree |= {"sentences": made["sentences"], "images": made["images"]}
        tree |= {"text_events": [], "image_events": [], "links": []}

    def read(content: bytes) -> Result:
        path, report = folder / "p.jsonl", ReadReport()
        path.write_bytes(b'{"doc_id":"first"}\n' + content + b"\n")
        reader = read_extracted if is_extracted else read_predictions
        found = list(reader(path, on_error="count", report=report))
        return found[1:], _told(report, [])

    expected, _ = read(as_json(tree).encode())
    return judged(twisted(tree, rng, frozenset({"score"})), read, expected)


@functools.cache
def _recipes() -> list[dict[str, Any]]:
    paths = sorted((ROOT / "recipes").glob("*.yaml"))
    whole = [load_recipe(path) for path in paths if path.stem != "embedded_base"]
    return [one.model_dump(mode="json", exclude_unset=True) for one in whole]


@functools.cache
def _schema() -> dict[str, Any]:
    path = ROOT / "src" / "rmpl" / "ontology" / "m2e2.yaml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def recipes(rng: random.Random, folder: Path) -> Outcome:
    """Read a recipe or a schema of one's own."""
    is_schema = rng.randrange(3) == 0
    tree = _schema() if is_schema else rng.choice(_recipes())
    path = folder / "own.yaml"

    def read(content: bytes) -> Result:
        path.write_bytes(content)
        try:
            return (load_ontology(path) if is_schema else load_recipe(path)), []
        except RmplError as error:
            if not error.where:
                raise
            return None, [str(error)]

    expected, _ = read(as_yaml(tree).encode())
    write = as_yaml if rng.randrange(3) else as_json
    free = frozenset(tree["events"]) if is_schema else frozenset[str]()
    return judged(twisted(tree, rng, free, write), read, expected)
