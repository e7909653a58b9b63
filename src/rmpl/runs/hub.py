"""Uploading a finished run to the Hugging Face hub: which files, and which never.

The repository is the run's folder with what loading and judging it needs: the card, the recipe
without the paths of this machine, scores, and the last stage with whatever it builds on. Data,
predictions, reports and optimizer states stay here.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import huggingface_hub
import msgspec
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

from rmpl.errors import RmplError
from rmpl.ontology import is_file_name
from rmpl.runs.card import card_of, public_name, public_recipe
from rmpl.runs.digests import check_files
from rmpl.runs.folder import SCHEMA, RunFolder, trained_json
from rmpl.runs.weights import is_pickled

_WRITTEN = re.compile(
    r"(model|adapter_model)(-\d{5}-of-\d{5})?\.safetensors"
    r"|model\.safetensors\.index\.json"
    r"|(adapter_|generation_|(video_)?preprocessor_|processor_|tokenizer_)?config\.json"
    r"|rmpl\.json|chat_template\.(jinja|json)"
    r"|tokenizer\.(json|model)|special_tokens_map\.json|added_tokens\.json"
    r"|vocab\.(json|txt)|merges\.txt|spiece\.model"
)
"""Names of the files that training, transformers and peft write into a folder of weights."""


class Upload(NamedTuple):
    """A file to upload: its name in the repository, where it is, or what it holds."""

    name: str
    source: Path | bytes

    @property
    def size(self) -> int:
        """Return its size in bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


class Parcel(NamedTuple):
    """The files to upload, the files of the folder that are not, and notes for the user."""

    uploads: list[Upload]
    left: list[str]
    notes: list[str]


def pack(run: Path) -> Parcel:
    """Collect what a run's repository holds.

    Raises
    ------
    RmplError
        If this is no run's folder, its last stage is not finished, or weights are pickled.
    """
    place = RunFolder(run)
    place.require_run()
    recipe = place.read_recipe()
    stage = place.last_stage()
    trained = stage.read_trained()
    check_files(stage, trained)
    notes = []
    uploads = [
        Upload(place.card.name, card_of(run).encode()),
        Upload(place.recipe.name, public_recipe(recipe).encode()),
    ]
    weights = [stage.path / name for name in trained.adapters]
    below = Path(os.path.normpath(stage.path.absolute() / trained.base))
    if below.is_dir() and below.is_relative_to(run.absolute()):
        weights.append(run / below.relative_to(run.absolute()))
    elif trained.base != public_name(trained.base):
        base = public_name(trained.base)
        notes.append(f"the base is a folder of this machine: others need {base}, too")
        trained = msgspec.structs.replace(trained, base=base)
    if is_file_name(recipe.ontology):
        schema = Path(recipe.ontology)  # the run's copy; runs of before have none
        if schema.is_file() and not place.schema.is_symlink():
            uploads.append(Upload(SCHEMA, schema.read_bytes()))
        else:
            notes.append(f"the schema {schema.name} is not in the run: others need it, too")
    uploads += [
        Upload(_name(path, run), path)
        for path in (place.metrics, place.calibration, stage.curve)
        if _is_own(path, run)
    ]
    for folder in weights:
        if not folder.is_dir():
            raise RmplError(
                "no such folder, which the stage's record names",
                where=str(folder),
                remedy="copy or download the run again",
            )
        uploads += _files(folder, run)
    taken = {os.path.relpath(run / one.name, stage.path) for one in uploads}
    files = {name: one for name, one in trained.files.items() if os.path.normpath(name) in taken}
    trained = msgspec.structs.replace(trained, files=files)
    uploads.append(Upload(_name(stage.trained, run), trained_json(trained)))
    listed = {upload.name for upload in uploads}
    left = sorted(
        name
        for path in run.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and (name := _name(path, run)) not in listed
    )
    return Parcel(uploads, left, notes)


def _name(path: Path, run: Path) -> str:
    return path.relative_to(run).as_posix()


def _is_own(path: Path, run: Path) -> bool:
    """Whether a path is a file of the run, not of a place that a link leads to."""
    inside = (path, *path.parents[: len(path.relative_to(run).parts) - 1])
    return path.is_file() and not any(one.is_symlink() for one in inside)


def _files(folder: Path, run: Path) -> list[Upload]:
    """Return what is uploaded of a folder of weights: the files that training writes there.

    Whatever else lies there stays, and so does what a link leads to.
    """
    for path in sorted(folder.rglob("*")):
        if _is_own(path, run) and is_pickled(path):
            raise RmplError(
                "this file may hold a pickle, and loading one can run any program",
                where=str(path),
                remedy="keep weights as safetensors; nothing was uploaded",
            )
    found = sorted(path for path in folder.iterdir() if _WRITTEN.fullmatch(path.name))
    for path in found:
        if not _is_own(path, run):
            raise RmplError(
                "a link or no file, and weights are uploaded from files of the run only",
                where=str(path),
                remedy="copy what it leads to in its place; nothing was uploaded",
            )
    return [Upload(_name(path, run), path) for path in found]


def send(parcel: Parcel, repository: str, *, public: bool, message: str) -> str:
    """Upload a parcel as one commit; returns the repository's address.

    A repository that is not there is made, private unless ``public``.

    Raises
    ------
    RmplError
        Without a token, without a network, for a name the hub does not take, or if the repository
        is public and ``public`` was not asked for.
    """
    if huggingface_hub.get_token() is None:
        raise RmplError(
            "no token for the hub",
            remedy="log in with `hf auth login`, or set HF_TOKEN to one that may write",
        )
    hub = huggingface_hub.HfApi()
    with _in_one_line(repository):
        url = hub.create_repo(repository, private=not public, exist_ok=True)
        if not public and hub.model_info(url.repo_id).private is False:
            raise RmplError(
                "this repository is public",
                where=repository,
                remedy="name another one, or pass --public to publish these weights",
            )
        operations = [
            huggingface_hub.CommitOperationAdd(
                upload.name,
                upload.source if isinstance(upload.source, bytes) else str(upload.source),
            )
            for upload in parcel.uploads
        ]
        hub.create_commit(url.repo_id, operations, commit_message=message)
    return str(url)


@contextlib.contextmanager
def _in_one_line(repository: str) -> Iterator[None]:
    """Turn hub errors into lines a user can act on."""
    try:
        yield
    except HFValidationError as error:
        raise RmplError(
            "the hub takes no such name", where=repository, remedy="write OWNER/NAME"
        ) from error
    except RepositoryNotFoundError as error:
        raise RmplError(
            "there is no such repository, or this token may not see it",
            where=repository,
            remedy="check the name, and the token with `hf auth whoami`",
        ) from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        remedy = "try again later"
        if status in {401, 403}:
            remedy = "use a token that may write there (`hf auth login`)"
        raise RmplError(
            f"the hub refuses ({str(error).splitlines()[0]})", where=repository, remedy=remedy
        ) from error
    except OSError as error:
        raise _unreachable(repository, error) from error
    except Exception as error:
        # The client of the hub's library has errors of its own; it is not a dependency of ours.
        if not type(error).__module__.startswith(("httpx", "httpcore")):
            raise
        raise _unreachable(repository, error) from error


def _unreachable(repository: str, error: Exception) -> RmplError:
    return RmplError(
        f"the hub cannot be reached ({str(error).splitlines()[0] if str(error) else error!r})",
        where=repository,
        remedy="push from a machine with a network: the run's folder is all it takes",
    )
