"""Arguments and options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from rmpl.errors import RmplError


def _types(given: str) -> Literal["mapped", "all"]:
    known: dict[str, Literal["mapped", "all"]] = {"mapped": "mapped", "all": "all"}
    if given not in known:
        raise RmplError(f"--types {given} is unknown", remedy="use mapped or all")
    return known[given]


# Corpora
CorpusArgument = Annotated[
    str, typer.Argument(help="Corpus format, as listed by rmpl list corpora.")
]
CorpusOption = Annotated[str, typer.Option(help="Corpus format, as listed by rmpl list corpora.")]
CorpusPath = Annotated[Path, typer.Argument(help="Corpus folder, or one of its files.")]
AllSplits = Annotated[
    str | None, typer.Option(help="Read only this split. Default: all that exist.")
]
FirstSplit = Annotated[
    str | None, typer.Option(help="Read only this split. Default: the first that exists.")
]
Images = Annotated[
    Path | None, typer.Option(help="Image folder. Default: images/ beside the annotations.")
]
Types = Annotated[
    Literal["mapped", "all"],
    typer.Option(
        parser=_types,
        metavar="mapped|all",
        help="Events of a text corpus: of M2E2's types, or all with their own types and roles.",
    ),
]
LabelMapping = Annotated[
    Path | None,
    typer.Option(
        "--mapping",
        help="What a tool's labels mean, a YAML file. Default: labels.yaml beside its files.",
    ),
]
Limit = Annotated[int | None, typer.Option(help="Process at most this many documents.", min=1)]

Verbose = Annotated[
    bool, typer.Option("--verbose", help="List every event type and role that is left out.")
]

# Recipes and runs
RecipeArgument = Annotated[
    Path, typer.Argument(help="Recipe: a YAML file, or a name listed by rmpl recipes.")
]
RecipeData = Annotated[
    Path | None,
    typer.Option(help="Data folder; corpus paths are relative to it. Default: the recipe's."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a key, such as stages.0.steps=100; repeatable."),
]
RunArgument = Annotated[Path, typer.Argument(help="Run folder.")]

# Models
Batch = Annotated[int, typer.Option(help="Prompts per batch.", min=1)]
AutoBatch = Annotated[
    int | None, typer.Option(help="Prompts per batch. Default: 64 on a CPU, else 32.", min=1)
]
Unconstrained = Annotated[
    bool, typer.Option("--unconstrained", help="Turn the output grammar off.")
]

# Schemas and scores
RunSchema = Annotated[
    str | None,
    typer.Option(help="Schema, a name or a YAML file. Default: that of the run, else m2e2."),
]
SchemaOfData = Annotated[
    str | None,
    typer.Option("--schema", help="Schema of the data, a name or a YAML file. Default: m2e2."),
]
ModelSchema = Annotated[
    str | None, typer.Option(help="Schema, a name or a YAML file. Default: that of the model.")
]
Protocols = Annotated[
    list[str] | None,
    typer.Option(
        help="Scoring protocol, as listed by rmpl list protocols; repeatable. Default: strict."
    ),
]
ScoredSettings = Annotated[
    list[str] | None,
    typer.Option(
        help="Settings to score, comma-separated: text, image, multimedia. Leave out those that "
        "were not predicted. Default: all."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
