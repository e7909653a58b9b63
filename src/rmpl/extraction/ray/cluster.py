"""A Ray cluster: the one that ``RAY_ADDRESS`` names, or one for the time being on this machine.

What is started here listens on loopback only, has no dashboard, reports nothing to anybody, keeps
its files in a folder of its own and takes them along when it ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

from rmpl.errors import RmplError

ADDRESS = "RAY_ADDRESS"
STORE_BYTES = 2**30
"""Memory for documents on their way; what is read ahead of the workers stays below it."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
_HERE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # the switch for loopback, whatever it is called
    "RAY_worker_niceness": "0",  # a worker is no less urgent than the command
}
_TOLD = {"logging_level": logging.ERROR, "log_to_driver": False}


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[ModuleType]:
    """Be connected to a cluster, and give the module ``ray``.

    A program that is connected to a cluster goes on with that. ``workers`` is how many a cluster
    has room for that is started here.

    Raises
    ------
    RmplError
        If Ray is not installed, there is no cluster at that address, or Ray cannot go on.
    """
    address = os.environ.get(ADDRESS)
    with _environment(_QUIET if address else {**_QUIET, **_HERE}), contextlib.ExitStack() as ending:
        ray = _ray()
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        try:
            if ray.is_initialized():
                pass
            elif address:
                _connect(ray, address)
                ending.callback(ray.shutdown)
            else:
                _start(ray, workers, ending)
            yield ray
        except ray.exceptions.RayTaskError:
            raise  # a mistake in the program
        except ray.exceptions.RayError as error:
            raise RmplError(
                f"Ray cannot go on ({_first_line(error)})",
                remedy="what is written is whole: the same command with --resume goes on",
            ) from error


def share(workers: int) -> dict[str, float]:
    """Return what a worker takes of the cluster: a GPU if there are any, else a share of the cores.

    Raises
    ------
    RmplError
        If the cluster is too small.
    """
    nodes = [node["Resources"] for node in _ray().nodes() if node["Alive"]]
    cards = [int(node.get("GPU", 0)) for node in nodes]
    cores = [int(node.get("CPU", 0)) for node in nodes]
    kind, most = ("GPUs", sum(cards)) if any(cards) else ("cores", sum(cores))
    if workers > most:
        raise RmplError(
            f"{workers} workers, where the cluster has {most} {kind}",
            remedy=f"a worker takes one at least: ask for at most {most}",
        )
    if any(cards):
        return {"num_gpus": 1, "num_cpus": 1}
    fits = (n for n in range(max(cores), 0, -1) if sum(core // n for core in cores) >= workers)
    return {"num_cpus": next(fits)}


def _ray() -> ModuleType:
    try:
        import ray  # noqa: PLC0415 - optional and slow to import
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise RmplError("workers need the library ray", remedy="pip install 'rmpl[ray]'") from error
    return cast("ModuleType", ray)


def _connect(ray: ModuleType, address: str) -> None:
    try:
        with _muted():
            ray.init(address, **_TOLD)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RmplError(
            f"no Ray cluster answers ({_first_line(error)})",
            where=f"{ADDRESS}={address}",
            remedy="start it with 'ray start --head', or unset the variable",
        ) from error


def _start(ray: ModuleType, workers: int, ending: contextlib.ExitStack) -> None:
    """Start a cluster of this machine; ``ending`` ends it."""
    if not ray.util.get_node_ip_address().startswith("127."):
        raise RmplError(
            "Ray would listen on the network: it was imported before the switch against it was set",
            remedy="import ray after the extractor has begun, or start a cluster by ray.init",
        )
    # Sockets have short names only, so not in whatever TMPDIR says.
    short = Path("/tmp")  # noqa: S108 - a fresh folder of our own is made in it
    folder = tempfile.mkdtemp(prefix="rmpl-ray-", dir=short if short.is_dir() else None)
    ending.callback(shutil.rmtree, folder, ignore_errors=True)
    ending.callback(ray.shutdown)
    with _muted():
        ray.init(
            "local",
            num_cpus=max(_cores(), workers),
            object_store_memory=STORE_BYTES,
            include_dashboard=False,
            _temp_dir=folder,
            **_TOLD,
        )


def _cores() -> int:
    counted = getattr(os, "sched_getaffinity", None)
    return len(counted(0)) if counted else os.cpu_count() or 1


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Say nothing on standard error: at its start, Ray says there that it will say nothing."""
    held = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(held, 2)
        os.close(held)


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", maxsplit=1)[0]
