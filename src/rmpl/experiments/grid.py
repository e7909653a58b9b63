"""The grid of an ablation: a base recipe, the changes of every cell, and the seeds.

All cells must have the same budget, in steps and in samples. The grid is a YAML file, with changes
in the same form as in recipes that extend one another::

    name: tiny
    base: ../tiny.yaml
    seeds: [7, 8, 9, 10, 11]
    cells:
      rmpl: {about: the whole}
      no_stage1:
        about: stage 2 alone
        changes: {stages: {stage1: null, stage2: {start: base}}}
        fill: stage2
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pydantic

from rmpl.errors import RmplError
from rmpl.recipe.inheritance import merge, read_tree
from rmpl.recipe.recipe import (
    Name,
    Positive,
    Recipe,
    StageRecipe,
    Strict,
    changed_tree,
    validated,
)
from rmpl.recipe.shipped import find_recipe

MIN_SEEDS = 5
"""Minimum number of seeds: fewer give a poor estimate of the spread."""
KEYS = "docs/ablations.md"
Medium = Literal["text", "image"]


class BenchmarkGrid(Strict):
    """The benchmark of all cells: a reader, a path relative to the data, a number of documents."""

    reader: str = "m2e2"
    path: str = "m2e2"
    limit: Positive | None = None


class CellGrid(Strict):
    """One cell: its differences from the base recipe.

    ``changes`` are written as in a recipe that extends the base. ``times`` multiplies the weights
    of a task in every stage that has it. ``one_stage`` then merges all stages into one with the
    same samples. ``fill`` names the stage that gets the remaining steps of the base's budget.
    ``media`` are those that the cell is trained and evaluated on.
    """

    about: str
    changes: dict[str, Any] = pydantic.Field(default={})
    times: dict[str, Annotated[float, pydantic.Field(gt=0)]] = pydantic.Field(default={})
    one_stage: bool = False
    fill: str | None = None
    media: list[Medium] = pydantic.Field(default=["text", "image"], min_length=1)


class Grid(Strict):
    """A grid file: the base recipe, the cells, and the reference for tests."""

    name: Name
    base: str
    benchmark: BenchmarkGrid = BenchmarkGrid()
    seeds: list[int] = pydantic.Field(min_length=MIN_SEEDS)
    reference: str = "rmpl"
    cells: dict[Name, CellGrid] = pydantic.Field(min_length=2)

    @pydantic.model_validator(mode="after")
    def _refers_to_what_exists(self) -> Grid:
        if self.reference not in self.cells:
            raise ValueError(f"the reference {self.reference} is not one of the cells")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("a seed is listed twice")
        return self


class Budget(NamedTuple):
    """The length of a training: optimizer steps, and samples with repetitions."""

    steps: int
    samples: int

    def __str__(self) -> str:
        return f"{self.steps:,} steps and {self.samples:,} samples"


class Cell(NamedTuple):
    """A cell ready to run: its recipe with the grid's changes, still without a seed."""

    name: str
    about: str
    recipe: Recipe
    media: tuple[Medium, ...]

    def seeded(self, seed: int) -> Recipe:
        """Return the cell's recipe with a seed."""
        return self.recipe.model_copy(update={"seed": seed})

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings of the benchmark that the cell is scored in."""
        return (*self.media, "multimedia") if len(self.media) > 1 else self.media


class Plan(NamedTuple):
    """A grid with the recipes of its cells."""

    grid: Grid
    cells: tuple[Cell, ...]
    budget: Budget


def load_plan(path: Path, overrides: Sequence[str] = ()) -> Plan:
    """Read a grid, build every cell's recipe, and check that all have the same budget.

    Parameters
    ----------
    path
        The grid file.
    overrides
        ``dotted.key=value`` changes to the base recipe, before any cell's own.

    Raises
    ------
    RmplError
        For a misspelt key, a change that does not apply, or a cell with another budget.
    """
    path = find_recipe(path)
    grid = validated(Grid, read_tree(path), str(path), keys=KEYS)
    base = changed_tree(path.parent / grid.base, list(overrides))
    whole = budget_of(validated(Recipe, base, grid.base), grid.base)
    cells = tuple(
        Cell(
            name,
            cell.about,
            _recipe(name, cell, base, f"{path}: cells.{name}"),
            tuple(dict.fromkeys(cell.media)),
        )
        for name, cell in grid.cells.items()
    )
    for one in cells:
        found = budget_of(one.recipe, f"{path}: cells.{one.name}")
        if found != whole:
            raise RmplError(
                f"{found}, but {grid.base} has {whole}",
                where=f"{path}: cells.{one.name}",
                remedy="give every cell the same budget, for example by 'fill'",
            )
    return Plan(grid, cells, whole)


def budget_of(recipe: Recipe, where: str) -> Budget:
    """Return the budget of a recipe.

    Raises
    ------
    RmplError
        If a stage's length is given in epochs, which depend on the data.
    """
    steps = samples = 0
    for stage in recipe.stages:
        if stage.steps is None:
            raise RmplError(
                f"stage {stage.name} is given in epochs",
                where=where,
                remedy="give it in steps, so that budgets can be compared",
            )
        steps += stage.steps
        samples += stage.steps * _samples_a_step(stage)
    return Budget(steps, samples)


def _samples_a_step(stage: StageRecipe) -> int:
    return stage.batch * stage.accumulate


def _recipe(name: str, cell: CellGrid, base: dict[str, Any], where: str) -> Recipe:
    tree = merge(copy.deepcopy(base), {**cell.changes, "name": name}, where)
    for task, factor in cell.times.items():
        _multiply(tree["stages"], task, factor, where)
    if cell.one_stage:
        tree["stages"] = [_one_stage(validated(Recipe, tree, where))]
    if cell.fill is not None:
        _fill(tree["stages"], cell.fill, _steps(base["stages"]), where)
    return validated(Recipe, tree, where)


def _multiply(stages: list[dict[str, Any]], task: str, factor: float, where: str) -> None:
    """Multiply the weight of a task in all stages."""
    sources = [source for stage in stages for source in stage["mixture"]]
    chosen = [source for source in sources if source["task"] == task]
    if not chosen:
        raise RmplError(
            f"times: {task}: no stage has this task",
            where=where,
            remedy=f"its tasks: {', '.join(dict.fromkeys(one['task'] for one in sources))}",
        )
    for source in chosen:
        source["weight"] = source.get("weight", 1.0) * factor


def _one_stage(recipe: Recipe) -> dict[str, Any]:
    """Merge all stages: the last one's settings, and the same number of samples per source."""
    mixture = []
    for stage in recipe.stages:
        total = sum(source.weight for source in stage.mixture)
        drawn = (stage.steps or 0) * _samples_a_step(stage)
        for source in stage.mixture:
            share = drawn * source.weight / total
            mixture.append({**source.model_dump(mode="json"), "weight": share})
    last: dict[str, Any] = recipe.stages[-1].model_dump(mode="json", exclude_none=True)
    steps = sum(stage.steps or 0 for stage in recipe.stages)
    return {**last, "name": "joint", "start": "base", "mixture": mixture, "steps": steps}


def _fill(stages: list[dict[str, Any]], name: str, steps: int, where: str) -> None:
    """Give a stage the steps that the other stages leave of the budget."""
    chosen = [stage for stage in stages if stage["name"] == name]
    left = steps - _steps([stage for stage in stages if stage["name"] != name])
    if not chosen or left < 1:
        what = "no such stage" if not chosen else "no step is left for this stage"
        raise RmplError(
            f"fill: {name}: {what}",
            where=where,
            remedy=f"its stages: {', '.join(stage['name'] for stage in stages)}",
        )
    chosen[0]["steps"] = left


def _steps(stages: list[dict[str, Any]]) -> int:
    return sum(stage.get("steps") or 0 for stage in stages)
