"""A finished run as other programs load it: its whole model merged, or one plain PEFT adapter.

vLLM, SGLang, ``transformers serve`` and plain transformers read the merged model; its answers are
the run's own, as long as they get the prompts that ``rmpl extract --server --model RUN`` sends.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from rmpl.backbones.backbone import Backbone
from rmpl.backbones.checkpoints import local_folder, model_type_of
from rmpl.backbones.families import family_of
from rmpl.backbones.family import Family
from rmpl.errors import RmplError
from rmpl.runs.adapters import part_of
from rmpl.runs.card import card_of
from rmpl.runs.digests import check_files
from rmpl.runs.folder import SCHEMA, RunFolder
from rmpl.runs.new_folder import new_folder, sizes_of
from rmpl.runs.ranks import Reduced, reduced, stacked, to_rank, write_adapter
from rmpl.runs.shipped import run_by_name
from rmpl.runs.trained import base_of, load_trained

_VIDEO = "video_preprocessor_config.json"
_SAMPLING = ("temperature", "top_p", "top_k", "repetition_penalty", "no_repeat_ngram_size")
_VLLM_RANK = 16
"""vLLM's ``max_lora_rank`` unless it is told another."""


def merge(run: Path, out: Path, *, bf16: bool = False) -> dict[str, int]:
    """Write a run's model with its adapters merged, ready to be served; return sizes of the files.

    The folder holds weights as safetensors, the processor with the pixel bounds of training, the
    chat template, greedy generation settings and the model card. Its classes are those of
    transformers: no code of its own.

    Parameters
    ----------
    run
        A finished run, or ``real-text``.
    out
        The folder, which may not exist.
    bf16
        Whether to write weights in bf16 instead of the fp32 in which they are merged.

    Raises
    ------
    RmplError
        If the run is not finished, its base is not on this machine, ``out`` exists, or the disk is
        full. Then nothing is written.
    """
    place = run_by_name(run)
    stage = place.last_stage()
    base = local_folder(base_of(stage.read_trained(), stage.path))
    with new_folder(out) as folder:  # before a large model is loaded
        backbone = load_trained(place.path, device="cpu", exact=True)
        if bf16:
            backbone.model = backbone.model.to(torch.bfloat16)
            for config in _configs(backbone.model.config):
                config.dtype = torch.bfloat16
        write_whole(backbone, folder, base)
        card = card_of(place.path)
        card = card.replace("library_name: peft\n", "library_name: transformers\n", 1)
        card = card.replace("base_model_relation: adapter\n", "base_model_relation: finetune\n", 1)
        _describe(folder, place, card + _MERGED.format(name=out.name))
    return sizes_of(out)


def plain_adapter(
    run: Path, out: Path, *, rank: int | None = None, bf16: bool = False
) -> tuple[dict[str, int], list[str]]:
    """Write the adapters of a run as one plain PEFT adapter of its base.

    Adapters that were stacked are put side by side, which is exact: their ranks add up.

    Parameters
    ----------
    run
        A finished run, or ``real-text``.
    out
        The folder, which may not exist.
    rank
        Reduce it to this rank, see ``ranks.reduced``.
    bf16
        Whether to write it in bf16.

    Returns
    -------
    The sizes of the files, and notes on what changed and what vLLM serves of it.

    Raises
    ------
    RmplError
        If the run has no adapter, or one that cannot be written so, is not finished, ``out``
        exists, or the disk is full. Then nothing is written.
    """
    place = run_by_name(run)
    stage = place.last_stage()
    trained = stage.read_trained()
    check_files(stage, trained)
    merged = "export the whole model with --merged"
    if not trained.adapters:
        raise RmplError(
            "this run trained the model itself and has no adapter", where=str(run), remedy=merged
        )
    base = base_of(trained, stage.path)
    if Path(base).is_dir() and Path(base).absolute().is_relative_to(place.path.absolute()):
        raise RmplError(
            "the run's adapter sits on weights that the run trained, too",
            where=str(run),
            remedy=merged,
        )
    found = _one_adapter([stage.path / name for name in trained.adapters], rank)
    family = family_of(model_type_of(base), base)
    notes = list(_serving_notes(found, family))
    if found.kept < 1.0:
        notes.insert(0, f"rank {rank} keeps {found.kept:.1%} of the squared singular values")
    with new_folder(out) as folder:
        write_adapter(folder, _by_module_names(found), bf16=bf16)
        listed = "\n".join(f"- {note}" for note in notes or ["vLLM serves it as it is"])
        _describe(folder, place, card_of(place.path) + _ADAPTER.format(notes=listed))
    return sizes_of(out), notes


def write_whole(backbone: Backbone, folder: Path, base: Path | None) -> None:
    """Write a model and all that other programs look for beside its weights.

    ``base`` is the folder of the checkpoint that it was made of, if it is on this machine.
    """
    _make_greedy(backbone)
    backbone.save(folder)
    images = backbone.processor.image_processor
    if images is not None:  # earlier transformers, and servers built on them, read this name
        images.save_pretrained(folder)
    if base is not None and (base / _VIDEO).is_file() and not (folder / _VIDEO).is_file():
        shutil.copyfile(base / _VIDEO, folder / _VIDEO)


def _configs(config: Any) -> Iterator[Any]:
    """Yield a configuration and those of its parts, such as the language model's."""
    yield config
    for name in config.sub_configs:
        yield getattr(config, name)


def _make_greedy(backbone: Backbone) -> None:
    """Let the model write the likeliest token by default, as extraction does.

    Checkpoints of Qwen come with a repetition penalty, which damages JSON.
    """
    settings = backbone.model.generation_config
    settings.do_sample = False
    for name in _SAMPLING:
        setattr(settings, name, None)


def _one_adapter(adapters: Sequence[Path], rank: int | None) -> Reduced:
    if len(adapters) == 1:
        return reduced(adapters[0], rank)
    return to_rank(stacked(adapters), rank, adapters[-1])


def _modules(adapter: Reduced) -> list[str]:
    """Return the full names of the modules that an adapter changes."""
    names = {name.removeprefix("base_model.model.") for name in adapter.tensors}
    return sorted({name.partition(".lora_")[0] for name in names if ".lora_" in name})


def _by_module_names(adapter: Reduced) -> Reduced:
    """Name the modules one by one: not every program reads a regular expression there."""
    config = {**adapter.config, "target_modules": _modules(adapter)}
    return adapter._replace(config=config)


def _serving_notes(adapter: Reduced, family: Family) -> Iterator[str]:
    """Yield what vLLM needs for an adapter, and what it does not serve."""
    whole = "serve the model that --merged writes instead"
    parts = {part_of(f"{name}.weight", family) for name in _modules(adapter)} - {"language"}
    if parts:
        named = " and ".join(sorted(parts))
        yield f"vLLM ignores adapters of the {named}: {whole}"
    if adapter.config.get("use_dora"):
        yield f"vLLM serves no DoRA: {whole}"
    if adapter.config.get("modules_to_save"):
        yield f"vLLM serves no adapter with whole modules (modules_to_save): {whole}"
    if (adapter.config.get("r") or 0) > _VLLM_RANK:
        yield f"rank {adapter.config['r']}: vLLM needs --max-lora-rank of at least that"


_MERGED = """
## This folder

The base with the run's adapters merged, for transformers, vLLM, SGLang and `transformers serve`:

    vllm serve {name}
    rmpl extract news/ --model RUN --out events.jsonl \\
        --server http://127.0.0.1:8000/v1 --served-as {name}

Answer greedily (temperature 0). `rmpl.json` holds the style of prompts and the pixel bounds of
training, which the processor's files have, too.
"""
_ADAPTER = """
## This folder

All that the run has trained as one PEFT adapter of its base.

{notes}
"""


def _describe(folder: Path, place: RunFolder, card: str) -> None:
    """Write the model card, and the run's own schema."""
    (folder / place.card.name).write_text(card, encoding="utf-8")
    if place.schema.is_file() and not place.schema.is_symlink():
        shutil.copyfile(place.schema, folder / SCHEMA)
