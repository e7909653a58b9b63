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


def _show_stage(facts: Preflight, stage: StageFacts) -> None:
    from rmpl.training.dry_run.memory import CUDA_BYTES, GIB

    trained = sum(stage.trainable.values())
    parts = ", ".join(f"{part} {count:,}" for part, count in stage.trainable.items())
    typer.echo(
        f"\n{stage.name}: {stage.steps:,} steps of {stage.batch * stage.accumulate} samples "
        f"({stage.batch} x {stage.accumulate}), {stage.tokens:,} tokens"
    )
    typer.echo(
        f"{stage.trained_as}: {trained:,} parameters trained, {trained / facts.parameters:.2%} of "
        f"the model: {parts}"
    )
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
