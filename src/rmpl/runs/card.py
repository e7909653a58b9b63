"""The model card of a run: its data, training, scores, licences and limits.

Written into the run's folder as ``README.md``, the form the hub shows. Everything in it is read
from that folder, so it can be written again when scores have been added.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rmpl import __version__
from rmpl.backbones import embedded
from rmpl.backbones.checkpoints import local_folder, model_type_of
from rmpl.backbones.families import family_of
from rmpl.backbones.known import hub_id, known_checkpoint
from rmpl.io import formats
from rmpl.io.files import write_file
from rmpl.io.read_report import OF_MANY, ReadReport
from rmpl.io.saved import check_shape, saved_object
from rmpl.ontology import is_file_name
from rmpl.recipe.recipe import CorpusRecipe, Recipe, StageRecipe
from rmpl.runs.curve import read_curve
from rmpl.runs.folder import SCHEMA, RunFolder
from rmpl.runs.origins import data_line, is_all_synthetic, licence_lines, scored_line
from rmpl.runs.provenance import training_starts
from rmpl.runs.shapes import CalibrationShape, MetricsShape
from rmpl.runs.weights import add_metadata, read_metadata

_READ = "read"
_NAMED = 6
"""The number of reasons that a corpus's row gives for what it leaves out."""

_MULTIMEDIA = (
    "Multimedia event extraction with {whose}, trained with {trained}: from a news document with "
    "images, it extracts event types and triggers, arguments as text spans or boxes in an image, "
    "and links between text events and the images that show them."
)
_TEXT = (
    "Event extraction from text with {whose}, trained with {trained}: from a news document, it "
    "extracts event types and triggers, and arguments as text spans. It reads no images."
)
_LIMITS = """\
- It extracts only the event types and roles it was trained on, from English news.
- It reads one {unit} at a time: context from the rest of an article is not used.
- Its output is parseable, but not always correct: events are missed and hallucinated, and scores on
  one benchmark say little about other kinds of news.
- {calibrated}
{images}- It must not be used to accuse, track or judge people: who does what is a guess."""
_BOUNDS = "- Images must be resized to the pixel bounds of training; `rmpl predict` does so.\n"


def finish(folder: Path, readings: Mapping[str, ReadReport]) -> None:
    """Write a finished run's card, its data counts, and the metadata of its weight files.

    Raises
    ------
    RmplError
        If the folder has no valid recipe, or a weight file is none.
    """
    run = RunFolder(folder)
    recipe = run.read_recipe()
    counts = {
        name: {
            "used": dict(report.used),
            "left_out": dict(report.left_out),
            "warnings": dict(report.warnings),
        }
        for name, report in readings.items()
    }
    run.write_record({**run.read_record(), _READ: counts})
    for stage in recipe.stages:
        place = run.stage(stage.name)
        if not place.read_trained().files:  # of version 0.1: nothing keeps their digests
            for path in place.weight_files():
                label_weights(path, recipe, stage.name)
    write_card(folder)


def label_weights(path: Path, recipe: Recipe, stage: str) -> None:
    """Add what a weight file is to its metadata; one of the same stage keeps what wrote it."""
    known = read_metadata(path)
    own = known.get("rmpl") if known.get("stage") == stage else None
    base = public_name(recipe.backbone.model)
    about = {"recipe": recipe.name, "stage": stage, "base": base, "rmpl": own or __version__}
    add_metadata(path, about)


def write_card(folder: Path) -> None:
    """Write a run's model card."""
    write_file(RunFolder(folder).card, card_of(folder))


def card_of(folder: Path) -> str:
    """Return the text of a run's model card, made of what its folder holds."""
    place = RunFolder(folder)
    recipe = place.read_recipe()
    run = {} if place.record.is_symlink() else place.read_record()
    calibration = _json(place.calibration, CalibrationShape)
    formats.check_format(calibration.get("format"), formats.CALIBRATION, str(place.calibration))
    corpora = _corpora(recipe, run)
    reads_images = _reads_images(recipe.backbone.model)
    parts = [
        _front_matter(recipe, reads_images=reads_images),
        f"# {_cell(recipe.name)}",
        _introduction(recipe, run, reads_images=reads_images),
        "## Use",
        _use(recipe),
        "## Training data",
        _data(recipe, corpora, run),
        "## Training",
        _stages(recipe, place, run),
        "## Scores",
        _scores(_json(place.metrics, MetricsShape), scored_line(run)),
        "## Licences",
        _licences(recipe, corpora, run),
        "## Limits",
        _LIMITS.format(
            calibrated=_calibrated(calibration),
            images=_BOUNDS if reads_images else "",
            unit="sentence or one image" if reads_images else "sentence",
        ),
        "## Recipe",
        _fenced(public_recipe(recipe)),
    ]
    return "\n\n".join(parts) + "\n"


def public_recipe(recipe: Recipe) -> str:
    """Return the recipe as YAML without the paths of the machine it ran on."""
    tree = recipe.model_dump(mode="json", exclude_none=True)
    tree["backbone"]["model"] = public_name(recipe.backbone.model)
    tree["data"] = "."
    if is_file_name(recipe.ontology):
        tree["ontology"] = SCHEMA
    if recipe.contamination_check is not None:
        tree["contamination_check"] = public_name(recipe.contamination_check)
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


def public_name(source: str) -> str:
    """Return a hub id or ``embedded`` as it is, and of a local folder only its own name."""
    is_local = Path(source).is_dir() or Path(source).is_absolute() or source.startswith((".", "~"))
    return Path(source).name if is_local else source


def _hub_id(recipe: Recipe) -> str | None:
    model = recipe.backbone.model
    is_hub = model != embedded.NAME and public_name(model) == model
    return hub_id(model) if is_hub else None


def _licence(recipe: Recipe) -> str | None:
    """Return the licence of the base, ``None`` where it is not known here."""
    if recipe.backbone.model == embedded.NAME:
        return "Apache-2.0"
    known = known_checkpoint(recipe.backbone.model)
    return None if known is None else known.licence


def _reads_images(base: str) -> bool:
    """Return whether the base reads images; of one that is not known here, as most do, yes."""
    if local_folder(base) is None and known_checkpoint(base) is None:
        return True
    return family_of(model_type_of(base), base).reads_images


def _front_matter(recipe: Recipe, *, reads_images: bool) -> str:
    is_full = recipe.stages[-1].adapter.kind == "full"
    head: dict[str, Any] = {
        "library_name": "transformers" if is_full else "peft",
        "pipeline_tag": "image-text-to-text" if reads_images else "text-generation",
        "language": ["en"],
        "tags": [*["multimedia-event-extraction"] * reads_images, "event-extraction", "rmpl"],
    }
    base = _hub_id(recipe)
    if base is not None:
        head |= {
            "base_model": base,
            "base_model_relation": "finetune" if is_full else "adapter",
        }
    licence = _licence(recipe)
    if licence == "Apache-2.0":
        head["license"] = "apache-2.0"
    elif licence is not None:
        head |= {"license": "other", "license_name": licence}
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---"


def _introduction(recipe: Recipe, run: Mapping[str, Any], *, reads_images: bool) -> str:
    base = public_name(recipe.backbone.model)
    whose = "rmpl's own small model" if base == embedded.NAME else _code(base)
    version = _versions(run).get("rmpl")
    trained = "rmpl" if version is None else f"rmpl {_cell(version)}"
    said = (_MULTIMEDIA if reads_images else _TEXT).format(whose=whose, trained=trained)
    said += (
        " The method is RMPL's (arXiv 2602.13748), implemented independently; details that the "
        "paper leaves open are choices of this implementation."
    )
    if is_all_synthetic(run):
        said += (
            " **It was trained on generated sentences and drawn images only** and is not usable on "
            "real news."
        )
    return said


def _use(recipe: Recipe) -> str:
    last = recipe.stages[-1]
    lines = [
        "The folder is a run folder of rmpl:",
        "",
        "    hf download REPO --local-dir run",
        "    rmpl predict run --corpus m2e2 --data FOLDER",
    ]
    if last.adapter.kind == "lora" and _hub_id(recipe) is not None:
        lines += [
            "",
            "or an adapter for peft:",
            "",
            f'    PeftModel.from_pretrained(base, "REPO", subfolder="{last.name}/adapter")',
        ]
    return "\n".join(lines)


def _corpora(recipe: Recipe, run: Mapping[str, Any]) -> dict[str, CorpusRecipe]:
    """Return the corpora that a run really read: a recipe may name some that no stage mixes."""
    read = run.get(_READ, {})
    return {name: one for name, one in recipe.corpora.items() if name in read or not read}


def _data(recipe: Recipe, corpora: Mapping[str, CorpusRecipe], run: Mapping[str, Any]) -> str:
    counts = run.get(_READ, {})
    rows = ["| corpus | reader | split | used | left out |", "|---|---|---|---|---|"]
    for name, corpus in corpora.items():
        read = counts.get(name, {})
        used, left = (_counts(read.get(key, {})) for key in ("used", "left_out"))
        split = _cell(corpus.split or "first")
        rows.append(f"| {_cell(name)} | {corpus.reader} | {split} | {used} | {left} |")
    check = (
        "Contamination check: documents that share an id or a near-identical sentence with M2E2 "
        "were removed."
        if recipe.contamination_check is not None
        else "The data was not checked for contamination with M2E2 (the recipe has no "
        "`contamination_check`); M2E2 itself is refused as a training corpus."
    )
    synthetic = data_line(run)
    return "\n".join([*rows, "", *([synthetic] if synthetic else []), check])


def _counts(counts: Mapping[str, int]) -> str:
    """Return counts in words; those of single types and roles are added up, and few are named."""
    kinds: Counter[str] = Counter()
    for what, count in counts.items():
        kinds[OF_MANY.sub(r"an \1 \3", what).replace("an role", "a role")] += count
    said = [f"{count:,} {_cell(what)}" for what, count in kinds.most_common(_NAMED)]
    rest = kinds.total() - sum(count for _, count in kinds.most_common(_NAMED))
    return ", ".join([*said, *([f"{rest:,} for other reasons"] if rest else [])]) or "-"


def _stages(recipe: Recipe, place: RunFolder, run: Mapping[str, Any]) -> str:
    done = run.get("stages", {})
    rows = [
        "| stage | start | mixture | samples | trained | optimizer | last loss |",
        "|---|---|---|---|---|---|---|",
        *(_stage(stage, place, done.get(stage.name, {})) for stage in recipe.stages),
    ]
    said = [f"Seed {recipe.seed}, precision {recipe.precision}."]
    if recipe.held_out:
        said.append(f"{recipe.held_out:.0%} of the documents were held out of training.")
    starts = training_starts(run)
    if starts:
        versions = ", ".join(_cell(f"{name} {version}") for name, version in _versions(run).items())
        gpus = starts[-1]["machine"]["gpus"]
        said.append(f"Trained on {_cell(', '.join(gpus)) if gpus else 'CPU'} with {versions}.")
        if starts[-1]["commit"]:
            said.append(f"Sources: commit {_cell(starts[-1]['commit'])}.")
    return "\n".join([*rows, "", " ".join(said)])


def _versions(run: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions that a run was trained with, several in the order of its starts."""
    found: dict[str, list[str]] = {}
    for start in training_starts(run):
        for name, version in start["versions"].items():
            known = found.setdefault(name, [])
            if version not in known:
                known.append(version)
    return {name: " and ".join(versions) for name, versions in found.items()}


def _stage(stage: StageRecipe, place: RunFolder, done: Mapping[str, Any]) -> str:
    total = sum(source.weight for source in stage.mixture)
    mixture = ", ".join(
        f"{source.task} ({_cell('+'.join(source.corpora))}) {source.weight / total:.0%}"
        for source in stage.mixture
    )
    adapter, optimizer = stage.adapter, stage.optimizer
    trained = (
        "full fine-tuning of" if adapter.kind == "full" else f"{adapter.kind} {adapter.rank} on"
    )
    steps = done.get("steps", stage.steps)
    curve = read_curve(place.stage(stage.name).curve)
    cells = (
        stage.name,
        stage.start if stage.start == "base" else f"{stage.start}, {stage.by}",
        mixture,
        f"{steps:,} steps of {stage.batch * stage.accumulate}" if steps else "-",
        f"{trained} {', '.join(adapter.parts)}",
        f"{optimizer.name} {optimizer.learning_rate:g}",
        f"{curve[-1]['loss']:.3f}" if curve else "-",
    )
    return f"| {' | '.join(cells)} |"


def _scores(metrics: Mapping[str, Any], measured_on: str | None) -> str:
    if not metrics:
        run = RunFolder(Path("RUN"))
        return f"None yet: `rmpl score {run.predictions} --gold FOLDER --json {run.metrics}`."
    rows = [
        *([measured_on, ""] if measured_on else []),
        "| protocol | score | P | R | F1 | tp / predicted / gold |",
        "|---|---|---|---|---|---|",
    ]
    for protocol, tasks in metrics.items():
        for task, found in tasks.items():
            numbers = " | ".join(f"{found[key]:.1f}" for key in ("p", "r", "f1"))
            given = " (gold given)" if found.get("gold_given") else ""
            counts = f"{found['tp']:,} / {found['n_pred']:,} / {found['n_gold']:,}"
            rows.append(f"| {_cell(protocol)}{given} | {_cell(task)} | {numbers} | {counts} |")
    return "\n".join(rows)


def _calibrated(calibration: Mapping[str, Any]) -> str:
    """Return whether confidences are calibrated, for which tasks, and on what."""
    scales = calibration.get("scales", {})
    fitted = [task for task, scale in scales.items() if scale.get("measured") is not None]
    if not fitted:
        return "Its confidences are not calibrated."
    data = calibration.get("data") or "held-out training documents"
    return f"Only the confidences of {', '.join(fitted)} are calibrated, on {data}."


def _licences(recipe: Recipe, corpora: Mapping[str, CorpusRecipe], run: Mapping[str, Any]) -> str:
    licence = _licence(recipe)
    base = _code(public_name(recipe.backbone.model))
    lines = [
        f"- The base {base}: {licence}, which also applies to weights derived from it."
        if licence is not None
        else f"- The base {base}: see its own card; its licence also applies to these weights."
    ]
    lines += [f"- {_cell(line)}." for line in licence_lines(run, corpora)]
    lines.append(
        "- These files contain no text or image of a corpus. Whether weights trained on a corpus "
        "may be distributed depends on its licence agreement: read it before publishing."
    )
    return "\n".join(lines)


def _cell(text: object) -> str:
    """Return text as one line with markup escaped; recipes and files may contain any names."""
    escaped = html.escape(" ".join(str(text).split()), quote=False)
    return re.sub(r"[|\[\]`]", r"\\\g<0>", escaped)


def _code(text: str) -> str:
    """Quote a name as code, which no backtick in it ends."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def _fenced(text: str) -> str:
    """Return a fenced YAML block, with a fence longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{text}{fence}"


def _json(path: Path, kind: object) -> dict[str, Any]:
    """Read what the run's folder holds itself: a card is for others, and a link leads elsewhere."""
    if path.is_symlink() or not path.is_file():
        return {}
    remedy = "write it again, or take it out of the run's folder"
    tree = saved_object(path, remedy)
    check_shape(tree, kind, path, f"what a run's {path.name} holds", remedy)
    return tree
