"""``rmpl stats``: lengths, counts and label balance of a corpus."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.options import (
    AsJson,
    CorpusOption,
    CorpusPath,
    FirstSplit,
    LabelMapping,
    SchemaOfData,
    Types,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rmpl.corpora.summary import Lengths
    from rmpl.records import Document


def command(
    path: CorpusPath,
    corpus: CorpusOption = "documents",
    split: FirstSplit = None,
    backbone: Annotated[
        str,
        typer.Option(help="Tokenizer to count with: embedded, a hub id, a model folder, or none."),
    ] = "embedded",
    types: Types = "mapped",
    mapping: LabelMapping = None,
    schema: SchemaOfData = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure a corpus: lengths, events per sentence, label balance.

        rmpl stats world/ace --corpus jmee

    Lengths are in words and tokens; arguments and boxes per event are counted, too.
    """
    from rmpl.cli.tables import print_counts, print_table
    from rmpl.corpora.registry import read_corpus
    from rmpl.corpora.summary import Lengths, Summary
    from rmpl.ontology import load_ontology

    count_tokens = _token_counter(backbone)
    summary = Summary()
    titles = {  # by the keys of --json
        "words a sentence": "words per sentence",
        f"{backbone} tokens a sentence": f"{backbone} tokens per sentence",
        "events a sentence": "events per sentence",
        "arguments a text event": "arguments per text event",
        "boxes an image event": "boxes per image event",
        "pictures a document": "images per document",
    }
    lengths = {name: Lengths() for name in titles}
    for document in read_corpus(
        corpus,
        path,
        split=split,
        types=types,
        mapping=mapping,
        ontology=load_ontology(schema or "m2e2"),
    ):
        summary.add(document)
        _measure(document, list(lengths.values()), count_tokens)
    if as_json:
        found = {name: length.as_dict() for name, length in lengths.items()}
        typer.echo(json.dumps({"lengths": found, **summary.as_dict()}, ensure_ascii=False))
        return
    columns = ("n", "mean", "median", "p95", "max")
    rows = [[titles[name], *_row(length, columns)] for name, length in lengths.items()]
    print_table(["", *columns], rows)
    for title, counter in (
        ("text event type", summary.text_types),
        ("image event type", summary.image_types),
        ("relation", summary.labels),
    ):
        print_counts(title, {"count": counter, "percent": _percent(counter)})


def _measure(
    document: Document, lengths: list[Lengths], count_tokens: Callable[[list[str]], list[int]]
) -> None:
    words, tokens, events, arguments, boxes, images = lengths
    words.extend(len(sentence.tokens) for sentence in document.sentences)
    tokens.extend(count_tokens([sentence.text for sentence in document.sentences]))
    by_sentence = Counter(event.sentence_id for event in document.text_events)
    events.extend(by_sentence[sentence.id] for sentence in document.sentences)
    arguments.extend(len(event.arguments) for event in document.text_events)
    boxes.extend(len(event.arguments) for event in document.image_events)
    images.add(len(document.images))


def _row(length: Lengths, columns: tuple[str, ...]) -> list[str]:
    values = length.as_dict()
    return [f"{values[name]:,}" for name in columns]


def _percent(counter: Counter[str]) -> Counter[str]:
    total = counter.total() or 1
    return Counter({key: round(100 * count / total) for key, count in counter.items()})


def _token_counter(backbone: str) -> Callable[[list[str]], list[int]]:
    """Return a function that counts the tokens of texts; only the tokenizer is loaded."""
    from rmpl.errors import RmplError

    if backbone == "none":
        return lambda _: []
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise RmplError(
            "counting tokens needs a tokenizer",
            remedy="pip install 'rmpl[train]', or use --backbone none",
        ) from error
    tokenizer = _load(Tokenizer, backbone)

    def count(texts: list[str]) -> list[int]:
        encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    return count


def _load(tokenizer: Any, backbone: str) -> Any:
    from importlib import resources

    from rmpl.errors import RmplError

    folder = Path(backbone)
    if backbone == "embedded":
        folder = Path(str(resources.files("rmpl.backbones") / "embedded_base"))
    file = folder / "tokenizer.json"
    if file.is_file():
        return tokenizer.from_file(str(file))
    if folder.is_dir() or backbone == "embedded":
        raise RmplError("no tokenizer.json", where=str(folder), remedy="pass a model folder")
    try:
        return tokenizer.from_pretrained(backbone)
    except Exception as error:  # the hub's errors have no common class
        raise RmplError(
            f"no tokenizer of {backbone} ({type(error).__name__})",
            remedy="pass the id of a model on the hub, or a model folder",
        ) from error
