"""``rmpl baseline``: what is to be compared with a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.outputs import hold_folder, lets_go

if TYPE_CHECKING:
    from rmpl.records import Document

Examples = Annotated[
    Path | None, typer.Option(help="A recipe, whose training corpora the examples are taken from.")
]
ExamplesData = Annotated[
    Path | None, typer.Option(help="What its paths are relative to; default the recipe's.")
]
Seed = Annotated[int, typer.Option(help="Of the choice of examples.", min=0)]

app = typer.Typer(
    help="Baselines to compare a trained model with.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def baselines() -> None:
    """Baselines to compare a trained model with."""


@app.command("prompt")
@lets_go
def prompt(
    model: Annotated[str, typer.Argument(help="A hub id or a model's folder.")],
    data: Annotated[Path, typer.Option(help="The benchmark's folder.")],
    corpus: Annotated[str, typer.Option(help="Its format.")] = "m2e2",
    shots: Annotated[int, typer.Option(help="Worked examples a task, in every prompt.", min=0)] = 0,
    examples: Examples = None,
    examples_data: ExamplesData = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default runs/prompt/MODEL-SHOTS.")
    ] = None,
    seed: Seed = 0,
    batch: Annotated[int, typer.Option(help="Prompts answered together.", min=1)] = 8,
    limit: Annotated[
        int | None, typer.Option(help="Only the first so many documents.", min=1)
    ] = None,
    min_pixels: Annotated[
        int, typer.Option(help="Least pixels of a picture; default the checkpoint's.", min=0)
    ] = 0,
    max_pixels: Annotated[
        int, typer.Option(help="Most pixels of a picture; default the checkpoint's.", min=0)
    ] = 0,
    *,
    unconstrained: Annotated[
        bool, typer.Option("--unconstrained", help="Free answers: let the model write anything.")
    ] = False,
) -> None:
    """Prompt a vision-language model that was not trained for the task, and score it strictly.

    The prompts are those that trained models are asked with. Examples come from training corpora
    only; what shares an id or a sentence with the benchmark is left out of them.
    """
    from rmpl.cli.progress import Bars
    from rmpl.cli.scoring import write_json
    from rmpl.experiments.evaluation import Benchmark
    from rmpl.experiments.prompting import prompt_model, without_overlap
    from rmpl.predictions.file import write_predictions
    from rmpl.runs.card import public_name
    from rmpl.runs.folder import RunFolder

    name = public_name(model).replace("/", "--")
    folder = out if out is not None else Path("runs") / "prompt" / f"{name}-{shots}"
    shown = _training(shots, examples, examples_data)
    benchmark = Benchmark(corpus, data, limit=limit)
    hold_folder(folder)
    with Bars() as bars:
        found, about = prompt_model(
            model,
            benchmark,
            without_overlap(shown, benchmark.documents),
            shots=shots,
            seed=seed,
            batch=batch,
            pixels=(min_pixels, max_pixels),
            constrained=not unconstrained,
            progress=bars.update,
        )
    write_predictions(found, RunFolder(folder).predictions)
    write_json(folder / "baseline.json", about)
    _show(about)
    if benchmark.missing:
        typer.echo(f"{benchmark.missing:,} pictures are missing: what needs them was not run")
    typer.echo(f"predictions: {RunFolder(folder).predictions}")


@app.command("export")
@lets_go
def export(
    data: Annotated[Path, typer.Argument(help="The benchmark's folder.")],
    out: Annotated[Path, typer.Option(help="Folder to write m2e2_text.jsonl and so on to.")],
    corpus: Annotated[str, typer.Option(help="Its format.")] = "m2e2",
    shots: Annotated[int, typer.Option(help="Worked examples in every prompt.", min=0)] = 0,
    examples: Examples = None,
    examples_data: ExamplesData = None,
    seed: Seed = 0,
) -> None:
    """Write the prompts of the benchmark as rows for lm-evaluation-harness and lmms-eval.

    One row a sentence or picture; the harnesses' task files come with them, in lm_eval/ and
    lmms_eval/. The rows hold the benchmark's texts: its terms hold for them.
    """
    import msgspec

    from rmpl.experiments.evaluation import Benchmark
    from rmpl.experiments.harness import harness_context, rows
    from rmpl.experiments.prompting import examples_of, without_overlap
    from rmpl.io.files import replacing
    from rmpl.recipe.shipped import copy_shipped
    from rmpl.tasks.media import MEDIA

    benchmark = Benchmark(corpus, data)
    shown = without_overlap(_training(shots, examples, examples_data), benchmark.documents)
    tasks = [medium.whole.name for medium in MEDIA.values()]
    worked = examples_of(shown, harness_context(), shots, seed=seed, tasks=tasks)
    hold_folder(out)
    for medium in MEDIA:
        path = out / f"m2e2_{medium}.jsonl"
        count = 0
        with replacing(path) as file:
            for row in rows(benchmark.documents, medium, worked):
                file.write(msgspec.json.encode(row) + b"\n")
                count += 1
        typer.echo(f"{path}: {count:,} rows")
    for place in (out / "lm_eval", out / "lmms_eval"):
        if place.exists():
            typer.echo(f"{place}: task files, there already and left as they are")
        else:
            copy_shipped(f"integrations/{place.name}", place)
            typer.echo(f"{place}: task files")
    if benchmark.missing:
        typer.echo(f"{benchmark.missing:,} pictures are missing and have no row")


def _show(about: dict[str, Any]) -> None:
    from rmpl.scoring import Counts
    from rmpl.scoring.tables import score_lines

    for task, asked in about["asked"].items():
        broken = about["not_readable_whole"][task]
        typer.echo(f"{task}: {asked} prompts, {broken} answers not readable whole")
    scores = {
        task: Counts(one["tp"], one["n_pred"], one["n_gold"])
        for task, one in about["scores"].items()
    }
    typer.echo("\n".join(score_lines("strict", scores)))


def _training(shots: int, recipe: Path | None, data: Path | None) -> list[Document]:
    """Read the training corpora of a recipe; corpora for evaluation are refused."""
    from rmpl.errors import RmplError
    from rmpl.recipe.recipe import load_recipe
    from rmpl.training.data.training_data import recipe_data

    if not shots:
        return []
    if recipe is None:
        raise RmplError(
            f"{shots} examples are asked for, and nothing to take them from",
            remedy="name a recipe by --examples: recipes/paper.yaml, say",
        )
    loaded = load_recipe(recipe)
    place = data if data is not None else Path(loaded.data)
    whole = {
        name: corpus.model_copy(update={"made_up_names": 0})
        for name, corpus in loaded.corpora.items()
    }
    corpora = recipe_data(loaded.model_copy(update={"corpora": whole}), place)
    return [document for name in whole for document in corpora.documents(name)]
