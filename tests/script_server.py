"""Scripts of rules run in forks of a process that has their libraries loaded.

Loading takes several times as long as the script of a small study. What runs is the same: the file
that Snakemake wrote for the job, in a process of its own, with the folder and outputs of the
`snakemake` command. Runs whose rules, scripts and tables are what is tested use it; those about
Snakemake itself don't.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import traceback
from contextlib import nullcontext
from pathlib import Path

LIBRARIES = (
    *("matplotlib.pyplot", "nibabel", "nibabel.processing", "numpy", "pandas", "scipy.stats"),
    *("scipy.optimize", "sklearn.ensemble", "sklearn.linear_model", "sklearn.svm"),
    "threadpoolctl",
)


def load() -> None:
    """Load the package, all its modules, and what its scripts open."""
    import mri_response

    for name in LIBRARIES:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(mri_response.__path__, "mri_response."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def serve(address: str) -> None:
    """Fork for every connection, until this process is ended."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address + ".new")
        server.listen(16)
        Path(address + ".new").rename(address)  # once it can be asked
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                work(connection)
            connection.close()


def work(connection: socket.socket) -> None:
    """Be the script of a job in the forked process, which ends here."""
    message, outputs, _, _ = socket.recv_fds(connection, 65536, 2)
    request = json.loads(message)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor, copy in zip((1, 2), outputs, strict=True):
        os.dup2(copy, descriptor)
    connection.sendall(f"{os.getpid()}\n".encode())
    connection.recv(1)  # until the job's measures are taken of this process
    code = 1
    try:
        os.chdir(request["cwd"])
        sys.path[0] = str(Path(request["script"]).parent)
        sys.argv = [request["script"]]
        runpy.run_path(request["script"], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(f"{code}\n".encode())
        os._exit(code)


def use(address: str) -> None:
    """Let this process, which is to be `snakemake`, have its scripts run by the server."""
    from snakemake.benchmark import benchmarked
    from snakemake.script import PythonScript

    def execute_script(self: PythonScript, fname: str, edit: bool = False) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(address)
            request = json.dumps({"script": str(Path(fname).resolve()), "cwd": os.getcwd()})
            socket.send_fds(connection, [request.encode()], [1, 2])
            answers = connection.makefile()
            process = int(answers.readline())
            record = self.bench_record
            with nullcontext() if record is None else benchmarked(process, record):
                connection.sendall(b"\n")
                code = answers.readline()
        if code.strip() != "0":
            raise RuntimeError(f"the script ended with status {code.strip() or 'of a signal'}")

    PythonScript.execute_script = execute_script


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1] / "workflow" / "src")
    serve(sys.argv[1])
