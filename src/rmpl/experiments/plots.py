"""Figures for papers, drawn with matplotlib (``rmpl[plot]``), readable in black and white.

Colours are those of Okabe and Ito (2008), as in reports; bars also differ by hatching, lines by
dashes. The same input gives byte-identical files.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmpl.errors import RmplError
from rmpl.experiments.plot_inputs import Ablation, PlotInputs, Score
from rmpl.io.files import appearing
from rmpl.scoring.protocols import MARK
from rmpl.viewer.drawing.palette import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rmpl.viewer.curves import Point

FORMATS = ("svg", "png", "pdf")
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#5f6368", "#f0e442")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "|||", "+++")
DASHES = ("-", "--", ":", "-.")
TASKS = {
    "text_emi": "text EMI",
    "text_are": "text ARE",
    "image_emi": "image EMI",
    "image_are": "image ARE",
    "mm_emi": "multimedia EMI",
    "mm_are": "multimedia ARE",
    "mm_emi_restricted": "multimedia EMI\nrestricted",
    "mm_are_restricted": "multimedia ARE\nrestricted",
}
_SETTINGS = (("text_emi", "text_are"), ("image_emi", "image_are"), ("mm_emi", "mm_are"))
_STYLE: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "rmpl",
    "figure.dpi": 100,
    "savefig.dpi": 300,
    "figure.constrained_layout.use": True,
}


def write_plots(
    inputs: PlotInputs, folder: Path, *, formats: Sequence[str] = ("svg",), width: float = 6.3
) -> list[Path]:
    """Draw all inputs and return the files.

    Parameters
    ----------
    inputs
        What to draw.
    folder
        The output folder; created if it does not exist.
    formats
        Some of ``FORMATS``; every figure is written in each of them.
    width
        Of a figure, in inches.

    Raises
    ------
    RmplError
        If matplotlib is not installed, or a file cannot be written.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise RmplError(
            "plots need matplotlib", remedy="pip install 'rmpl[plot]', or draw a report instead"
        ) from error
    written = []
    with mpl.rc_context(_STYLE):
        for name, draw in _figures(inputs):
            figure = Figure(figsize=(width, 0.5 * width))
            draw(figure)
            for ending in formats:
                file = folder / f"{name}.{ending}"
                _save(figure, file, ending)
                written.append(file)
    return written


def _save(figure: Figure, file: Path, ending: str) -> None:
    # Dates would make every file different.
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with appearing(file) as drawn:
            figure.savefig(drawn, format=ending, metadata=undated.get(ending))
    except OSError as error:
        raise RmplError(
            f"cannot be written ({error.strerror})",
            where=str(file),
            remedy="choose a folder that you may write to",
        ) from error


def _figures(inputs: PlotInputs) -> Iterator[tuple[str, Callable[[Figure], None]]]:
    """Yield the name of every figure and the function that draws it."""
    for protocol, systems in inputs.scores.items():
        yield f"scores-{_plain(protocol)}", functools.partial(_scores, protocol, systems)
    for name, by_task in inputs.types.items():
        yield f"types-{_plain(name)}", functools.partial(_types, by_task)
    for name, curves in inputs.curves.items():
        yield f"curves-{_plain(name)}", functools.partial(_curves, curves)
    for name, ablation in inputs.ablations.items():
        yield f"ablation-{_plain(name)}", functools.partial(_ablation_scores, ablation)
        if any(cell.against_reference for cell in ablation.cells):
            yield f"differences-{_plain(name)}", functools.partial(_differences, ablation)


def _plain(name: str) -> str:
    """Return a name without path separators."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)


def _bars(axes: Axes, groups: Sequence[str], series: Mapping[str, Sequence[Score | None]]) -> None:
    """Draw a group of bars for each name, one bar per series; ``None`` has no bar."""
    wide = 0.8 / max(len(series), 1)
    for number, (name, scores) in enumerate(series.items()):
        shift = (number - (len(series) - 1) / 2) * wide
        shown = [(place, score) for place, score in enumerate(scores) if score is not None]
        axes.bar(
            [place + shift for place, _ in shown],
            [score.f1 for _, score in shown],
            wide * 0.92,
            label=name,
            color=COLOURS[number % len(COLOURS)],
            hatch=HATCHES[number % len(HATCHES)],
            edgecolor="white",
            linewidth=0.5,
        )
        bounds = [(place + shift, one.f1, one.f1_ci) for place, one in shown if one.f1_ci]
        if bounds:
            below = [max(0.0, f1 - ci[0]) for _, f1, ci in bounds if ci]
            above = [max(0.0, ci[1] - f1) for _, f1, ci in bounds if ci]
            at, tops = [x for x, _, _ in bounds], [f1 for _, f1, _ in bounds]
            axes.errorbar(at, tops, [below, above], fmt="none", ecolor="#222222", elinewidth=0.8)
    axes.set_xticks(range(len(groups)), groups, fontsize=7)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("F1, percent")


def _scores(protocol: str, systems: Mapping[str, Mapping[str, Score]], figure: Figure) -> None:
    tasks = [task for task in TASKS if any(task in scores for scores in systems.values())]
    given = {t for scores in systems.values() for t, one in scores.items() if one.gold_given}
    given |= {task for task in tasks if task.endswith("_restricted")}
    # Scores of systems that were given gold are marked, as in every other output.
    names = [f"{TASKS[task]}\n{MARK}" if task in given else TASKS[task] for task in tasks]
    axes = figure.subplots()
    _bars(
        axes,
        [name.replace(" ", "\n", 1) for name in names],
        {system: [scores.get(task) for task in tasks] for system, scores in systems.items()},
    )
    axes.set_title(f"Protocol: {protocol}", loc="left")
    if len(systems) > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=min(4, len(systems)))


def _types(by_task: Mapping[str, Mapping[str, Score]], figure: Figure) -> None:
    rows = [pair for pair in _SETTINGS if any(by_task.get(task) for task in pair)]
    if not rows:
        figure.text(0.5, 0.5, "no events", ha="center")
        return
    figure.set_figheight(0.3 * figure.get_figwidth() * len(rows) + 0.3)
    panels = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axes, pair in zip(panels, rows, strict=True):
        types = sorted({name for task in pair for name in by_task.get(task, {})})
        _bars(
            axes,
            [short(name).replace("-", "-\n") for name in types],
            {TASKS[task]: [by_task.get(task, {}).get(name) for name in types] for task in pair},
        )
        axes.set_ylim(0, 100)
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2)


def _curves(curves: Mapping[str, Sequence[Point]], figure: Figure) -> None:
    kinds = [
        (kind, title)
        for kind, title in (("loss", "loss per token"), ("score", "held-out score, percent"))
        if any(kind in point for points in curves.values() for point in points)
    ]
    panels = figure.subplots(1, max(len(kinds), 1), squeeze=False)[0]
    for axes, (kind, title) in zip(panels, kinds, strict=False):
        drawn = 0
        for stage, points in curves.items():
            pairs = [(p["step"], p[kind]) for p in points if "step" in p and kind in p]
            if not pairs:
                continue
            axes.plot(
                *zip(*pairs, strict=True),
                label=stage,
                color=COLOURS[drawn % len(COLOURS)],
                linestyle=DASHES[drawn % len(DASHES)],
                linewidth=1.1,
                marker="o" if len(pairs) < 20 else None,
                markersize=2.5,
            )
            drawn += 1
        axes.set_ylim(bottom=0)
        axes.set_xlabel("step")
        axes.set_ylabel(title)
        axes.legend()


def _ablation_scores(ablation: Ablation, figure: Figure) -> None:
    tasks = [task for task in TASKS if any(task in cell.scores for cell in ablation.cells)]
    cells = [cell for cell in ablation.cells if cell.scores]
    figure.set_figheight(0.17 * len(cells) * max(1, -(-len(tasks) // 2)) + 1.2)
    panels = _panels(figure, len(tasks))
    for axes, task in zip(panels, tasks, strict=True):
        shown = [(cell.name, cell.scores[task]["f1"]) for cell in cells if task in cell.scores]
        for place, (name, spread) in enumerate(reversed(shown)):
            is_reference = name == ablation.reference
            axes.errorbar(
                spread.mean,
                place,
                xerr=spread.sd or None,
                fmt="D" if is_reference else "o",
                color=COLOURS[3] if is_reference else COLOURS[0],
                markersize=4,
                elinewidth=0.9,
                capsize=2,
            )
        _name_rows(axes, [name for name, _ in reversed(shown)], TASKS[task])
    count = len(ablation.seeds)
    label = f"mean and standard deviation over {count} seeds" if count > 1 else "one seed"
    figure.supxlabel(f"strict F1, percent: {label}", fontsize=8)


def _differences(ablation: Ablation, figure: Figure) -> None:
    cells = [cell for cell in ablation.cells if cell.against_reference]
    tasks = [task for task in TASKS if any(task in cell.against_reference for cell in cells)]
    figure.set_figheight(0.17 * len(cells) * max(1, -(-len(tasks) // 2)) + 1.2)
    for axes, task in zip(_panels(figure, len(tasks)), tasks, strict=True):
        shown = [
            (cell.name, cell.against_reference[task])
            for cell in reversed(cells)
            if task in cell.against_reference
        ]
        axes.axvline(0, color="#222222", linewidth=0.8)
        for place, (_, one) in enumerate(shown):
            # Filled: significant after correction for all tests of the grid.
            significant = one.p_holm < 0.05
            axes.plot([one.interval.low, one.interval.high], [place, place], color=COLOURS[0], lw=1)
            axes.plot(
                one.difference,
                place,
                "o",
                markersize=4.5,
                color=COLOURS[0],
                markerfacecolor=COLOURS[0] if significant else "white",
            )
        _name_rows(axes, [name for name, _ in shown], TASKS[task])
    figure.supxlabel(
        f"points of strict F1 above {ablation.reference}, 95% interval over documents; filled: p < "
        "0.05 after Holm",
        fontsize=8,
    )


def _panels(figure: Figure, count: int) -> list[Axes]:
    """Return ``count`` panels, two per row."""
    rows = max(1, -(-count // 2))
    panels: list[Any] = list(figure.subplots(rows, 2, squeeze=False).ravel())
    for spare in panels[count:]:
        spare.remove()
    return panels[:count]


def _name_rows(axes: Axes, names: Sequence[str], title: str) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_title(title, loc="left")
