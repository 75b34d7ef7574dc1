"""Where the test cluster does not start."""

from __future__ import annotations

from pathlib import Path

import cluster
import pytest


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which the cluster could start, with another folder for /etc/slurm."""
    monkeypatch.setenv(cluster.SWITCH, "1")
    monkeypatch.setattr(cluster.os, "geteuid", lambda: 0)
    monkeypatch.setattr(cluster, "PROGRAMS", ())
    monkeypatch.setattr(cluster, "ETC", tmp_path)
    assert cluster.why_not() is None
    return tmp_path


def test_only_when_asked_for(etc, monkeypatch):
    monkeypatch.setenv(cluster.SWITCH, "0")
    assert "MRI_RESPONSE_TEST_SLURM=1 starts one" in cluster.why_not()


def test_only_as_root(etc, monkeypatch):
    monkeypatch.setattr(cluster.os, "geteuid", lambda: 1000)
    assert "need root" in cluster.why_not()


def test_only_where_slurm_is_installed(etc, monkeypatch):
    monkeypatch.setattr(cluster, "PROGRAMS", ("sh", "no-such-program"))
    assert "no-such-program not found" in cluster.why_not()


@pytest.mark.parametrize("name", ["slurm.conf", "slurmdbd.conf"])
@pytest.mark.parametrize("linked", [False, True])
def test_never_beside_a_slurm_that_is_not_its_own(etc, tmp_path, name, linked):
    path = etc / name
    if linked:
        path.symlink_to(tmp_path / "elsewhere")  # perhaps on a disk that is not there now
    else:
        path.write_text(f"ClusterName=real\n{cluster.MARK}\n")
    before = path.lstat()
    assert f"{path} is not of this test cluster" in cluster.why_not()
    with pytest.raises(SystemExit, match="is not of this test cluster"):
        cluster.Cluster()
    cluster.stop()
    assert path.lstat() == before
    assert {path.name for path in etc.iterdir()} == {name}


def test_its_own_left_by_a_killed_session_is_no_obstacle(etc):
    (etc / "slurm.conf").write_text(f"{cluster.MARK}\n# state: {etc / 'gone'}\n")
    assert cluster.why_not() is None
    cluster.stop()
    assert not list(etc.iterdir())
