"""A real SLURM of two nodes with accounting, on the loopback interface of one Debian machine.

    MRI_RESPONSE_TEST_SLURM=1 python tests/slurm/cluster.py start    # as root
    python tests/slurm/cluster.py stop

The clients read only /etc/slurm/slurm.conf: SLURM_CONF does not reach the `srun` inside a job. The
cluster puts its configuration there, with a mark, and starts nowhere where one without the
mark exists. Everything else (database, spool, logs, keys) is in one temporary folder.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SWITCH = "MRI_RESPONSE_TEST_SLURM"
MARK = "# Test cluster of mri-response; stopped and removed by its tests."
ETC = Path("/etc/slurm")
NODES = {"n1": 17001, "n2": 17002}
PROGRAMS = (
    *("slurmctld", "slurmd", "slurmdbd", "sbatch", "sacctmgr"),
    *("munged", "mungekey", "mariadbd", "mariadb", "mariadb-install-db"),
)

# Faults are noticed within seconds: memory is looked at every second, a silent node is given up
# after 10 s, and a job is killed 2 s after it was told to end.
SLURM_CONF = """\
{mark}
# state: {state}
ClusterName=mriresponse
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={state}/munge/socket
CredType=cred/munge
StateSaveLocation={state}/slurmctld
SlurmdSpoolDir={state}/spool-%n
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd-%n.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=5,bf_interval=5
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=16819
AccountingStoragePass={state}/munge/socket
AccountingStoreFlags=job_comment
SlurmdParameters=config_overrides
SlurmdTimeout=10
ReturnToService=2
KillWait=2
MinJobAge=300
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=04:00:00 State=UP
"""
NODE = "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=16000"

SLURMDBD_CONF = """\
{mark}
AuthType=auth/munge
AuthInfo=socket={state}/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=16819
SlurmUser=root
PidFile={state}/slurmdbd.pid
LogFile={state}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=test
StorageLoc=slurm
"""
SQL = """
create database slurm;
create user slurm@localhost identified by 'test';
grant all on slurm.* to slurm@localhost;
"""


def why_not() -> str | None:
    """The reason why the cluster cannot be started here, None if it can."""
    if os.environ.get(SWITCH) != "1":
        return f"test cluster not asked for: {SWITCH}=1 starts one"
    if os.geteuid() != 0:
        return "the test cluster's daemons need root"
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"SLURM is not installed: {', '.join(missing)} not found"
    foreign = [path for path in (ETC / "slurm.conf", ETC / "slurmdbd.conf") if not _own(path)]
    if foreign:
        return f"{foreign[0]} is not of this test cluster: a real SLURM is left alone"
    return None


class Cluster:
    """The running cluster.

    Attributes
    ----------
    state : Path
        Folder of its files.
    """

    def __init__(self) -> None:
        reason = why_not()
        if reason:
            sys.exit(reason)
        stop()  # one that a killed test session left behind
        self.state = Path(tempfile.mkdtemp(prefix="mri-response-slurm-"))
        self.state.chmod(0o755)
        try:
            self._start()
        except BaseException:
            for log in self.state.glob("*.log"):
                sys.stderr.write(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}\n")
            stop()
            raise

    def _start(self) -> None:
        host = socket.gethostname().split(".")[0]
        ETC.mkdir(exist_ok=True)
        nodes = [NODE.format(name=name, host=host, port=port) for name, port in NODES.items()]
        values = {"mark": MARK, "state": self.state, "host": host, "nodes": "\n".join(nodes)}
        for name, text in {"slurm.conf": SLURM_CONF, "slurmdbd.conf": SLURMDBD_CONF}.items():
            (ETC / name).write_text(text.format(**values))
        (ETC / "slurmdbd.conf").chmod(0o600)  # slurmdbd insists
        self._start_munge()
        self._start_database()
        run("slurmdbd", MYSQL_UNIX_PORT=str(self.state / "database" / "socket"))
        wait_for(lambda: succeeds("sacctmgr", "-n", "list", "cluster"), "slurmdbd")
        run("sacctmgr", "-i", "add", "cluster", "mriresponse")
        run("sacctmgr", "-i", "add", "account", "test", "cluster=mriresponse")
        run("sacctmgr", "-i", "add", "user", getpass.getuser(), "account=test")
        (self.state / "slurmctld").mkdir()
        run("slurmctld")
        for name in NODES:
            self.start_node(name)
        wait_for(lambda: set(self.states().values()) == {"idle"}, "the nodes")

    def _start_munge(self) -> None:
        """A daemon of its own, with its own key: that of the machine is left alone."""
        folder = self.state / "munge"
        folder.mkdir()
        folder.chmod(0o755)
        run("mungekey", "--create", f"--keyfile={folder}/key")
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed"}
        options = [f"--{option}={folder}/{name}" for option, name in files.items()]
        run("munged", *options, f"--log-file={folder}/log")

    def _start_database(self) -> None:
        folder = self.state / "database"
        folder.mkdir()
        shutil.chown(folder, "mysql", "mysql")
        options = ("--no-defaults", "--user=mysql", f"--datadir={folder}")
        run("mariadb-install-db", *options, "--skip-test-db")
        with open(self.state / "mariadb.log", "wb") as log:
            subprocess.Popen(
                [
                    *("mariadbd", *options, "--skip-networking", "--innodb-buffer-pool-size=32M"),
                    *(f"--socket={folder}/socket", f"--pid-file={folder}/pid"),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        client = ("mariadb", "--no-defaults", f"--socket={folder}/socket", "-e")
        wait_for(lambda: succeeds(*client, "select 1"), "MariaDB")
        run(*client, SQL)

    def states(self) -> dict[str, str]:
        """State of each node, such as ``idle``, ``mixed``, ``drained`` or ``down*``."""
        lines = run("sinfo", "-h", "-N", "-o", "%N %T").splitlines()
        return dict(line.split() for line in lines)

    def start_node(self, name: str) -> None:
        """Start the daemon of a node."""
        run("slurmd", "-N", name)

    def lose_node(self, name: str) -> None:
        """Kill everything on a node at once, as if its power had failed."""
        jobs = run("squeue", "-h", "-w", name, "-o", "%A").split()
        os.kill(int((self.state / f"slurmd-{name}.pid").read_text()), signal.SIGKILL)
        while victims := list(processes_of_jobs(jobs)):  # some are born in between
            send(victims, signal.SIGKILL)

    def restore(self) -> None:
        """Cancel all jobs and bring all nodes back."""
        succeeds("scancel", "--user", getpass.getuser())
        for name, state in self.states().items():
            if state.startswith("drain"):
                run("scontrol", "update", f"NodeName={name}", "State=RESUME")
            elif state.startswith("down"):
                self.start_node(name)
        wait_for(lambda: set(self.states().values()) == {"idle"}, "the nodes")

    def drain_node(self, name: str) -> None:
        """Let jobs on a node end and send it no others."""
        run("scontrol", "update", f"NodeName={name}", "State=DRAIN", "Reason=test")


def send(processes: list[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may have ended."""
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def processes_of_jobs(jobs: list[str], daemons: bool = True) -> Iterator[int]:
    """Ids of the processes of some jobs and, if asked for, of the daemons that watch them."""
    marks = [f"SLURM_JOB_ID={job}".encode() for job in jobs]
    titles = [f"slurmstepd: [{job}.".encode() for job in jobs]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            title = (folder / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if not _runs(int(folder.name)):
            continue
        if title.startswith(b"slurmstepd: "):
            theirs = daemons and title.startswith(tuple(titles))
        else:
            theirs = any(mark in environment for mark in marks)
        if theirs:
            yield int(folder.name)


def stop() -> None:
    """Stop the cluster that has its configuration on this machine, and remove its files."""
    path = ETC / "slurm.conf"
    if not path.is_file() or not _own(path):
        return
    state = Path(path.read_text().split("# state: ")[1].splitlines()[0])
    if succeeds("scontrol", "ping"):
        succeeds("scancel", "--user", getpass.getuser())
    names = ("slurmd-*.pid", "slurmctld.pid", "slurmdbd.pid", "database/pid", "munge/pid")
    for pid_file in (found for name in names for found in state.glob(name)):
        _end(int(pid_file.read_text()))
    for name in ("slurm.conf", "slurmdbd.conf"):
        (ETC / name).unlink(missing_ok=True)
    shutil.rmtree(state, ignore_errors=True)


def _own(path: Path) -> bool:
    """Whether a file of SLURM's configuration is absent or carries the cluster's mark."""
    return not os.path.lexists(path) or (path.is_file() and path.read_text().startswith(MARK))


def _end(pid: int) -> None:
    """End a daemon, the hard way after some seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        send([pid], number)
        with contextlib.suppress(TimeoutError):
            return wait_for(lambda: not _runs(pid), f"the end of process {pid}", seconds=10)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until a condition holds.

    Raises
    ------
    TimeoutError
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.25)


def run(*command: str, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    # Daemons inherit what they are given: a file, since a pipe would stay open with them.
    with tempfile.TemporaryFile("w+") as out:
        done = subprocess.run(
            command, env={**os.environ, **environment}, stdout=out, stderr=out, check=False
        )
        out.seek(0)
        text = out.read()
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {text}")
    return text


def succeeds(*command: str) -> bool:
    """Whether a command is there and ends without an error."""
    try:
        run(*command)
    except (FileNotFoundError, RuntimeError):
        return False
    return True


if __name__ == "__main__":
    if sys.argv[1:] == ["start"]:
        print(Cluster().states())
    elif sys.argv[1:] == ["stop"]:
        stop()
    else:
        sys.exit(__doc__)
