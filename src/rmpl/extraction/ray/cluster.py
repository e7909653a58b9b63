"""A Ray cluster: that of ``RAY_ADDRESS``, or a temporary one on this machine.

A cluster started here listens on loopback only, has no dashboard, sends no usage statistics, and
keeps its files in a folder of its own, which is deleted at the end.
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
"""Memory for documents in transit, which bounds reading ahead of the workers."""
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
_HERE = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # despite its name, this makes Ray use loopback
    "RAY_worker_niceness": "0",  # workers run at the command's priority
}
_OPTIONS = {"logging_level": logging.ERROR, "log_to_driver": False}


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[ModuleType]:
    """Connect to a cluster or start one; yields the module ``ray``.

    An existing connection of the program is used. A cluster started here has room for ``workers``
    workers.

    Raises
    ------
    RmplError
        If Ray is not installed, there is no cluster at that address, or Ray fails.
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
                f"Ray failed ({_first_line(error)})",
                remedy="results so far are complete; continue with the same command and --resume",
            ) from error


def share(workers: int) -> dict[str, float]:
    """Return a worker's resources: one GPU if there are any, else a share of the cores.

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
            f"{workers} workers, but the cluster has {most} {kind}",
            remedy=f"every worker needs at least one: use at most {most} workers",
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
        raise RmplError("workers need the package ray", remedy="pip install 'rmpl[ray]'") from error
    return cast("ModuleType", ray)


def _connect(ray: ModuleType, address: str) -> None:
    try:
        with _muted():
            ray.init(address, **_OPTIONS)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RmplError(
            f"no Ray cluster answers ({_first_line(error)})",
            where=f"{ADDRESS}={address}",
            remedy="start it with 'ray start --head', or unset the variable",
        ) from error


def _start(ray: ModuleType, workers: int, ending: contextlib.ExitStack) -> None:
    """Start a cluster on this machine; ``ending`` shuts it down."""
    if not ray.util.get_node_ip_address().startswith("127."):
        raise RmplError(
            "Ray would listen on the network: it was imported before it was set to loopback",
            remedy="import ray after the extractor has started, or start a cluster by ray.init",
        )
    # Paths of sockets must be short, so TMPDIR is not used.
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
            **_OPTIONS,
        )


def _cores() -> int:
    counted = getattr(os, "sched_getaffinity", None)
    return len(counted(0)) if counted else os.cpu_count() or 1


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """Silence standard error, where Ray logs during its start in spite of its log level."""
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


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
