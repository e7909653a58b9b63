"""What ``rmpl train --dry-run`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from rmpl.cli.tables import print_table

GPUS = 8
"""The number of GPUs assumed where none is given."""

if TYPE_CHECKING:
    from rmpl.training.dry_run.preflight import Preflight, StageFacts
    from rmpl.training.run import Run


def print_dry_run(run: Run, *, gpus: int | None, gpu_memory: float, verbose: bool) -> None:
    """Print what a run would train, and the steps, tokens and memory it would take.

    Parameters
    ----------
    run
        The run; nothing is written to its folder.
    gpus, gpu_memory
        The number of GPUs (``GPUS`` if none is given), and the memory of each in GiB.
    verbose
        Whether everything that is left out of the corpora is listed.

    Raises
    ------
    RmplError
        As ``preflight``; after everything was printed, if a corpus is not there.
    """
    from rmpl.training.dry_run.memory import GIB
    from rmpl.training.dry_run.preflight import preflight

    devices = GPUS if gpus is None else gpus
    facts = preflight(run, devices=devices, gpu_bytes=int(gpu_memory * GIB))
    typer.echo(
        f"{run.recipe.name}: {facts.model} ({facts.family}), {facts.parameters:,} parameters"
    )
    typer.echo(f"sizes from {facts.sizes_from}; lengths by {facts.tokens_from}")
    for name, report in run.readings.items():
        for line in report.lines(verbose=verbose):
            typer.echo(f"{name}: {line}")
    for stage in facts.stages:
        _show_stage(facts, stage)
    warnings = [f"{stage.name}: {said}" for stage in facts.stages for said in stage.warnings]
    for stage in facts.stages:
        if stage.undivided:  # a warning only where somebody asked for that many
            kind = "note" if gpus is None else "warning"
            typer.echo(f"{kind}: {stage.name}: not on {devices} GPUs: {stage.undivided}")
    for said in (*facts.warnings, *warnings):
        typer.echo(f"warning: {said}")
    typer.echo("nothing was trained or written")
    missing = dict.fromkeys(str(one) for stage in facts.stages for one in stage.missing)
    for said in list(missing)[1:]:
        typer.echo(f"error: {said}", err=True)
    for stage in facts.stages:
        for error in stage.missing:
            raise error


def _show_stage(facts: Preflight, stage: StageFacts) -> None:
    trained = sum(stage.trainable.values())
    parts = ", ".join(f"{part} {count:,}" for part, count in stage.trainable.items())
    steps = f"{stage.steps:,} steps" if stage.steps else "steps"
    tokens = "" if stage.missing else f", {stage.tokens:,} tokens"
    typer.echo(
        f"\n{stage.name}: {steps} of {stage.batch * stage.accumulate} samples "
        f"({stage.batch} x {stage.accumulate}){tokens}"
    )
    if stage.missing:
        typer.echo(f"data missing: {_assumed(stage)}")
    typer.echo(
        f"{stage.trained_as}: {trained:,} parameters trained, {trained / facts.parameters:.2%} of "
        f"the model: {parts}"
    )
    if not stage.missing:
        _show_sources(stage)
    _show_lengths(stage)
    _show_memory(stage)


def _assumed(stage: StageFacts) -> str:
    from rmpl.training.dry_run.assumed import WORDS

    shown = [one.lengths.largest for one in stage.sources if one.lengths.largest is not None]
    image = f" and images of {shown[0].width} x {shown[0].height} pixels" if shown else ""
    return f"lengths and memory are those of sentences of {WORDS} words{image} in its prompts"


def _show_sources(stage: StageFacts) -> None:
    print_table(
        ["source", "samples", "share", "epochs", "tokens"],
        [
            [
                source.name,
                f"{source.samples:,}",
                f"{source.share:.1%}",
                f"{source.epochs:.1f}",
                f"{source.tokens:,}",
            ]
            for source in stage.sources
        ],
    )


def _show_lengths(stage: StageFacts) -> None:
    print_table(
        ["mean tokens per sample", "text", "image", "answer", "longest"],
        [
            [
                source.name,
                *(f"{value:.0f}" for value in source.lengths[:3]),
                f"{source.lengths.longest:,}",
            ]
            for source in stage.sources
        ],
    )


def _show_memory(stage: StageFacts) -> None:
    from rmpl.training.dry_run.memory import CUDA_BYTES, GIB

    print_table(
        ["peak GiB", "all", "weights", "grads", "optim", "activ", "logits", "other"],
        [
            [
                name,
                *(
                    f"{size / GIB:.1f}"
                    for size in (
                        one.total + CUDA_BYTES,
                        one.weights,
                        one.gradients,
                        one.optimizer,
                        one.activations,
                        one.logits,
                        one.gathered + CUDA_BYTES,
                    )
                ),
            ]
            for name, one in stage.memory.items()
        ],
    )
