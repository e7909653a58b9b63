"""Which cluster is used, who can reach it, and what a worker gets of it."""

import importlib.util
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from rmpl.errors import RmplError
from rmpl.extraction.ray import cluster as ray_cluster
from rmpl.extraction.ray.cluster import cluster, share


@pytest.fixture
def nodes(monkeypatch):
    """Stand in for a cluster of machines with so many cores and GPUs."""

    def make(*machines):
        found = [{"Alive": True, "Resources": {"CPU": c, "GPU": g}} for c, g in machines]
        found.append({"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}})
        monkeypatch.setattr(ray_cluster, "_ray", lambda: SimpleNamespace(nodes=lambda: found))

    return make


@pytest.mark.parametrize(
    ("workers", "cores"), [(1, 16), (2, 8), (3, 8), (4, 5), (5, 4), (12, 2), (24, 1)]
)
def test_workers_share_the_cores_of_machines_that_differ(nodes, workers, cores):
    nodes((8.0, 0.0), (16.0, 0.0))
    assert share(workers) == {"num_cpus": cores}


def test_where_there_are_gpus_a_worker_takes_one(nodes):
    nodes((8.0, 2.0), (8.0, 0.0), (8.0, 1.0))
    assert share(3) == {"num_gpus": 1, "num_cpus": 1}
    with pytest.raises(RmplError, match=r"4 workers, but the cluster has 3 GPUs; .* at most 3"):
        share(4)


def test_more_workers_than_cores_are_refused(nodes):
    nodes((2.0, 0.0))
    with pytest.raises(RmplError, match="3 workers, but the cluster has 2 cores"):
        share(3)


def test_without_the_library_the_remedy_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RmplError, match=r"pip install 'rmpl\[ray\]'"), cluster(1):
        pass


def test_an_address_where_nobody_answers(monkeypatch):
    def init(address, **options):
        raise ConnectionError(f"Could not connect to {address}\nand more")

    fake = SimpleNamespace(
        is_initialized=lambda: False,
        init=init,
        exceptions=SimpleNamespace(RayTaskError=KeyError, RayError=OSError),
    )
    monkeypatch.setattr(ray_cluster, "_ray", lambda: fake)
    monkeypatch.setenv("RAY_ADDRESS", "nobody:6379")
    what = "RAY_ADDRESS=nobody:6379: no Ray cluster"
    with pytest.raises(RmplError, match=what) as told, cluster(1):
        pass
    assert "and more" not in str(told.value)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="pip install 'rmpl[ray]'")
def test_a_cluster_of_one_s_own_listens_on_loopback_only_and_leaves_nothing(monkeypatch):
    psutil = pytest.importorskip("psutil")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with cluster(3) as ray:
        assert ray.cluster_resources()["CPU"] >= 3
        folder = Path(ray._private.worker._global_node.get_session_dir_path())
        here = psutil.Process()
        listening = [
            one.laddr.ip.removeprefix("::ffff:")
            for process in [here, *here.children(recursive=True)]
            for one in process.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN
        ]
        assert len(listening) > 3
        assert set(listening) <= {"127.0.0.1", "::1"}
        assert folder.is_dir()
    assert not folder.exists()
    assert not {"RAY_USAGE_STATS_ENABLED", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"} & set(os.environ)
