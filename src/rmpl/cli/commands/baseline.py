"""``rmpl baseline``: baselines for comparison with trained models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rmpl.cli.former_options import with_former_options
from rmpl.cli.help import Command, Group
from rmpl.cli.options import Batch, CorpusOption, Limit, Unconstrained
from rmpl.cli.outputs import hold_folder, releases_locks

if TYPE_CHECKING:
    from rmpl.records import Document

Examples = Annotated[
    Path | None, typer.Option(help="Recipe whose training corpora provide the examples.")
]
ExamplesData = Annotated[
    Path | None, typer.Option(help="Data folder of --examples. Default: the recipe's.")
]
Seed = Annotated[int, typer.Option(help="Random seed of the choice of examples.", min=0)]

app = typer.Typer(
    cls=Group,
    help="Baselines for comparison with trained models.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def baselines() -> None:
    """Baselines for comparison with trained models."""


@app.command("prompt", cls=Command)
@releases_locks
def prompt(
    model: Annotated[str, typer.Argument(help="Hub id or model folder.")],
    data: Annotated[Path, typer.Option(help="Corpus folder of the benchmark.")],
    corpus: CorpusOption = "m2e2",
    shots: Annotated[int, typer.Option(help="Examples per task, in every prompt.", min=0)] = 0,
    examples: Examples = None,
    examples_data: ExamplesData = None,
    out: Annotated[
        Path | None, typer.Option(help="Output folder. Default: runs/prompt/MODEL-SHOTS.")
    ] = None,
    seed: Seed = 0,
    batch: Batch = 8,
    limit: Limit = None,
    min_pixels: Annotated[
        int,
        typer.Option(
            help="Minimum pixels per image. Default: the checkpoint's.", min=0, show_default=False
        ),
    ] = 0,
    max_pixels: Annotated[
        int,
        typer.Option(
            help="Maximum pixels per image. Default: the checkpoint's.", min=0, show_default=False
        ),
    ] = 0,
    *,
    unconstrained: Unconstrained = False,
) -> None:
    """Prompt a model that was not trained for the task; score it.

        rmpl baseline prompt qwen2.5-vl-7b --data data/m2e2 --limit 20

    Prompts are the same as for trained models. Few-shot examples come from training corpora only;
    documents that share an id or a sentence with the benchmark are left out. Scores are strict.
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
    write_predictions(found, RunFolder(folder).predictions, media=about["media"])
    write_json(folder / "baseline.json", about)
    _show(about)
    if benchmark.missing:
        typer.echo(f"{benchmark.missing:,} images are missing: tasks that need them were not run")
    typer.echo(f"predictions: {RunFolder(folder).predictions}")


@app.command("export", cls=with_former_options({}))
@releases_locks
def export(
    out: Annotated[
        Path, typer.Option(help="Output folder for m2e2_text.jsonl and m2e2_image.jsonl.")
    ],
    folder: Annotated[Path | None, typer.Argument(hidden=True, metavar="")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Corpus folder of the benchmark.  [required]")
    ] = None,
    corpus: CorpusOption = "m2e2",
    shots: Annotated[int, typer.Option(help="Examples in every prompt.", min=0)] = 0,
    examples: Examples = None,
    examples_data: ExamplesData = None,
    seed: Seed = 0,
) -> None:
    """Write the benchmark's prompts for lm-evaluation-harness.

        rmpl baseline export --data world/m2e2 --out rows

    One row per sentence or image, for lmms-eval too, with the task files of both harnesses in
    lm_eval/ and lmms_eval/. The rows contain the benchmark's texts, so its terms apply to them.
    """
    import msgspec

    from rmpl.errors import RmplError
    from rmpl.experiments.evaluation import Benchmark
    from rmpl.experiments.harness import harness_context, rows
    from rmpl.experiments.prompting import examples_of, without_overlap
    from rmpl.io.files import replacing
    from rmpl.recipe.shipped import copy_shipped
    from rmpl.tasks.media import MEDIA

    place = data if data is not None else folder  # the argument is the option's former form
    if place is None:
        raise RmplError("no benchmark", remedy="pass its folder with --data")
    benchmark = Benchmark(corpus, place)
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
    for copy in (out / "lm_eval", out / "lmms_eval"):
        if copy.exists():
            typer.echo(f"{copy}: task files already exist, not overwritten")
        else:
            copy_shipped(f"integrations/{copy.name}", copy)
            typer.echo(f"{copy}: task files")
    if benchmark.missing:
        typer.echo(f"{benchmark.missing:,} images are missing and have no row")


@app.command("lexicon", cls=Command)
@releases_locks
def lexicon(
    examples: Annotated[
        Path, typer.Option(help="Recipe whose training corpora the words are counted in.")
    ],
    data: Annotated[Path, typer.Option(help="Corpus folder of the benchmark.")],
    corpus: CorpusOption = "m2e2",
    split: Annotated[str | None, typer.Option(help="Split of the benchmark.")] = None,
    examples_data: ExamplesData = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("runs/lexicon"),
    share: Annotated[
        float, typer.Option(help="Share of a word's occurrences that are triggers.", min=0, max=1)
    ] = 0.5,
    least: Annotated[
        int, typer.Option(help="Number of times that a word is a trigger.", min=1)
    ] = 1,
) -> None:
    """Tag every word that is mostly a trigger; needs no model.

        rmpl baseline lexicon --examples recipes/tiny.yaml --data world/m2e2

    Finds text events without arguments. Documents that share an id or a sentence with the benchmark
    are left out. Scores are strict.
    """
    from rmpl.cli.scoring import write_json
    from rmpl.corpora.contamination import OVERLAP
    from rmpl.corpora.registry import read_corpus
    from rmpl.errors import RmplError
    from rmpl.experiments.lexicon_baseline import lexicon_baseline
    from rmpl.predictions.file import write_predictions
    from rmpl.recipe.recipe import load_recipe
    from rmpl.runs.folder import RunFolder
    from rmpl.scoring import score
    from rmpl.scoring.tables import score_lines

    recipe = load_recipe(examples)
    place = examples_data if examples_data is not None else Path(recipe.data)
    gold = list(read_corpus(corpus, data, split=split))
    made = lexicon_baseline(recipe, place, gold, share=share, least=least)
    if made is None:
        raise RmplError(
            "no corpus with text events of its schema's types",
            where=str(examples),
            remedy="name a recipe with a corpus such as wikievents or propbank",
        )
    hold_folder(out)
    write_predictions(made.found, RunFolder(out).predictions, media=("text",))
    made.lexicon.write(out / "lexicon.json")
    scores = score(gold, made.found, settings=("text",))
    about = {
        "words": len(made.lexicon.words),
        "share": share,
        "least": least,
        "documents": made.documents,
        "left_out": made.report.left_out[OVERLAP],
        "scores": {task: counts.to_dict() for task, counts in scores.items()},
    }
    write_json(out / "baseline.json", about)
    typer.echo(f"{len(made.lexicon.words):,} words of {made.documents:,} documents")
    for line in made.report.lines():
        typer.echo(line)
    typer.echo("\n".join(score_lines("strict", scores)))
    typer.echo(f"predictions: {RunFolder(out).predictions}")


def _show(about: dict[str, Any]) -> None:
    from rmpl.scoring import Counts
    from rmpl.scoring.tables import score_lines

    for task, asked in about["asked"].items():
        broken = about["not_readable_whole"][task]
        typer.echo(f"{task}: {asked} prompts, {broken} unparseable answers")
    scores = {
        task: Counts(one["tp"], one["n_pred"], one["n_gold"])
        for task, one in about["scores"].items()
    }
    typer.echo("\n".join(score_lines("strict", scores)))


def _training(shots: int, recipe: Path | None, data: Path | None) -> list[Document]:
    """Read the training corpora of a recipe; evaluation corpora are refused."""
    from rmpl.errors import RmplError
    from rmpl.recipe.recipe import load_recipe
    from rmpl.training.data.training_data import published_documents

    if not shots:
        return []
    if recipe is None:
        raise RmplError(
            f"--shots {shots} without --examples",
            remedy="pass a recipe with --examples, for example recipes/paper.yaml",
        )
    loaded = load_recipe(recipe)
    place = data if data is not None else Path(loaded.data)
    return [one for documents in published_documents(loaded, place).values() for one in documents]
