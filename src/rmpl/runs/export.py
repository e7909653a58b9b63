"""A finished run in a folder of its own: what loading and judging it needs, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from rmpl.runs.digests import files_of
from rmpl.runs.folder import RunFolder, StageFolder
from rmpl.runs.hub import pack
from rmpl.runs.new_folder import new_folder, sizes_of
from rmpl.runs.ranks import reduced, write_adapter
from rmpl.runs.shipped import run_by_name


class Exported(NamedTuple):
    """The exported files with their sizes in bytes, and what adapters keep of a larger rank."""

    sizes: dict[str, int]
    kept: dict[str, float]


def export(run: Path, out: Path, *, rank: int | None = None, bf16: bool = False) -> Exported:
    """Copy what ``rmpl push`` would upload of a run into a folder, which is again a run's.

    Parameters
    ----------
    run
        A finished run, or ``real-text``.
    out
        The folder, which may not exist.
    rank
        Reduce adapters to this rank, see ``ranks.reduced``.
    bf16
        Whether to write adapters in bf16: half the size.

    Raises
    ------
    RmplError
        If the run is not finished, ``out`` exists or cannot be written, an adapter cannot be
        reduced, or the disk is full. Then nothing is written.
    """
    run = run_by_name(run).path
    parcel = pack(run)
    adapters = _adapters(run) if bf16 or rank is not None else {}
    record = RunFolder(run).last_stage().trained
    kept = {}
    with new_folder(out) as folder:
        for upload in parcel.uploads:
            place = folder / upload.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if upload.name == record.relative_to(run).as_posix():
                shutil.copyfile(record, place)  # on this machine a base may be a folder of it
            elif isinstance(upload.source, bytes):
                place.write_bytes(upload.source)
            elif place.parent.relative_to(folder).as_posix() not in adapters:
                shutil.copyfile(upload.source, place)
        for name, adapter in adapters.items():
            found = reduced(adapter, rank)
            write_adapter(folder / name, found, bf16=bf16)
            kept[name] = found.kept
        _record(folder / record.parent.relative_to(run))
        with (folder / RunFolder(run).card.name).open("a", encoding="utf-8") as card:
            card.writelines(_notes(kept, rank, bf16=bf16))
    return Exported(sizes_of(out), kept)


def _record(stage: Path) -> None:
    """Say in a stage's record what its files are now: some were left out or reduced."""
    place = StageFolder(stage)
    trained = place.read_trained()
    if trained.files:
        place.write_trained(msgspec.structs.replace(trained, files=files_of(stage, trained)))


def _notes(kept: dict[str, float], rank: int | None, *, bf16: bool) -> Iterator[str]:
    """Yield what the card says of changed weights."""
    for name, share in kept.items():
        if share < 1.0:
            yield (
                f"\n{name} was reduced to rank {rank} after training, which keeps {share:.1%} of "
                "its squared singular values; it is another model than before, with other scores.\n"
            )
        if bf16:
            yield f"\n{name} is stored in bf16.\n"


def _adapters(run: Path) -> dict[str, Path]:
    """Return the folders of the adapters of a run's last stage, by their names in the run."""
    stage = RunFolder(run).last_stage()
    return {
        f"{stage.path.relative_to(run).as_posix()}/{name}": stage.path / name
        for name in stage.read_trained().adapters
    }
