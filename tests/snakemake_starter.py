"""A process that has Snakemake loaded, and starts the `snakemake` command by forking itself.

Loading takes several times as long as a dry run. What the command does is the same: each start is a
process of its own, with its own folder, environment and output. `Starter` is for the tests; run as
a program this file is the process that forks, given a line of JSON per start.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "workflow" / "src"


class Starter:
    """Starts of the `snakemake` command.

    Parameters
    ----------
    environment : mapping of str to str
        The environment of every start.
    with_package : bool
        Whether this project's package is loaded too, with the hashes of its code. A workflow that
        is a copy of the project needs a starter without.
    """

    def __init__(self, environment: Mapping[str, str], *, with_package: bool) -> None:
        command = [sys.executable, __file__, *(["package"] if with_package else [])]
        self.process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.process.kill)

    def __call__(
        self, options: Sequence[str], cwd: Path, scripts: str | None = None
    ) -> subprocess.CompletedProcess:
        """Run the command to its end.

        Parameters
        ----------
        options : sequence of str
            What stands behind ``snakemake``.
        cwd : Path
            The folder in which it is started.
        scripts : str, optional
            Address of a server of `script_server`, which runs the scripts of rules.

        Returns
        -------
        subprocess.CompletedProcess
            With the texts of both outputs.
        """
        with tempfile.TemporaryDirectory() as folder:
            outputs = [f"{folder}/stdout", f"{folder}/stderr"]
            request = {"options": list(options), "cwd": str(cwd), "outputs": outputs}
            request["scripts"] = scripts
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            code = int(self.process.stdout.readline())
            texts = [Path(path).read_text(encoding="utf-8") for path in outputs]
        return subprocess.CompletedProcess(["snakemake", *options], code, *texts)


def serve(with_package: bool) -> None:
    """Fork for every line of the standard input, and print how each start ended."""
    import snakemake.cli  # noqa: F401  loaded once, before any fork

    if with_package:
        load_package()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            start(request)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def load_package() -> None:
    """Load what the rules import of the package, and read the code that they ask hashes of."""
    sys.path[0] = str(SOURCE)
    import mri_response.preflight.checks
    import mri_response.preflight.start
    import mri_response.report.figures.plan  # noqa: F401
    from mri_response.core.source_texts import known

    scripts = ROOT / "workflow" / "scripts"
    for path in (*SOURCE.rglob("*.py"), *scripts.rglob("*.py")):
        known(path.read_bytes())


def start(request: Mapping[str, Any]) -> None:
    """Be the `snakemake` command in the forked process, which ends here."""
    import snakemake.cli

    code = 1
    try:
        for descriptor, path in zip((1, 2), request["outputs"], strict=True):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(request["cwd"])
        if request["scripts"]:
            sys.path[0] = str(Path(__file__).parent)
            import script_server

            script_server.use(request["scripts"])
        sys.path[0] = request["cwd"]
        sys.argv = [str(Path(snakemake.cli.__file__).with_name("__main__.py")), *request["options"]]
        snakemake.cli.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve("package" in sys.argv[1:])
