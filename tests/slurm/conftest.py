"""The test cluster, once for all tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Cluster, stop, why_not


@pytest.fixture(scope="session")
def running_cluster() -> Iterator[Cluster]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    yield Cluster()
    stop()


@pytest.fixture
def cluster(running_cluster: Cluster) -> Iterator[Cluster]:
    """The cluster without jobs and with all its nodes, also after the test."""
    yield running_cluster
    running_cluster.restore()
