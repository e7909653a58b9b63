"""``rmpl calibrate``: calibrated confidences, from held-out training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rmpl.cli.options import Batch, RecipeData, RunArgument
from rmpl.cli.outputs import hold, releases_locks


@releases_locks
def command(
    run: RunArgument,
    data: RecipeData = None,
    limit: Annotated[
        int, typer.Option(help="Use at most this many texts and this many images.", min=1)
    ] = 400,
    batch: Batch = 32,
) -> None:
    """Calibrate a run's confidences on held-out training data.

        rmpl calibrate runs/tiny --data world

    Sets the thresholds of mentions and links, too. Writes calibration.json to the run folder;
    predict, extract and link use it from then on.
    """
    from rmpl.calibration.measure import calibrate, held_out_documents, save
    from rmpl.cli.progress import Bars
    from rmpl.cli.tables import print_table
    from rmpl.extraction.engines.local.engine import LocalEngine
    from rmpl.ontology import load_ontology
    from rmpl.runs.card import write_card
    from rmpl.runs.folder import RunFolder
    from rmpl.runs.trained import load_trained

    place = RunFolder(run)
    place.require_run()
    hold(place.calibration)
    recipe = place.read_recipe()
    held_out = held_out_documents(
        recipe, data if data is not None else Path(recipe.data), most=limit
    )
    backbone = load_trained(run)
    context = backbone.context(load_ontology(recipe.ontology))
    with Bars() as bars:
        found = calibrate(LocalEngine(backbone, batch=batch), context, held_out, bars.update)
    rows = [
        [
            task,
            f"{one.items:,}",
            f"{one.right / one.items:.0%}",
            *(f"{value:.3f}" for value in (one.brier_before, one.brier_after)),
            *(f"{value:.3f}" for value in (one.ece_before, one.ece_after)),
        ]
        for task, scale in found.scales.items()
        if (one := scale.measured) is not None
    ]
    print_table(["task", "items", "correct", "Brier", "after", "ECE", "after"], rows)
    few = [task for task, scale in found.scales.items() if scale.measured is None]
    if few:
        typer.echo(f"too few correct or wrong items, left uncalibrated: {', '.join(few)}")
    for task, least in found.thresholds.items():
        typer.echo(f"{task}: mentions with a score below {least:.3f} are left out")
    typer.echo(f"link threshold: {found.link_threshold:.3f}")
    typer.echo(f"measured on {found.data}")
    typer.echo(f"calibration: {save(found, run)}")
    write_card(run)  # the model card lists what is calibrated
