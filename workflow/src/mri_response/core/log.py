"""The one way in which a rule's script logs, limits its threads and ends on an error."""

import contextlib
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from threadpoolctl import threadpool_limits

from mri_response.core.errors import InputError
from mri_response.core.provenance import versions

LOGGER = logging.getLogger("mri_response")
# What `tell` was given in this script.
_TOLD: list[str] = []

# Read by libraries that are loaded only after the limit below is set.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@contextlib.contextmanager
def logged(
    log_path: str | Path, name: str, threads: int = 1, seed: int | None = None
) -> Iterator[logging.Logger]:
    """Run a script's work with everything it prints in the rule's log file.

    Inside, standard output, standard error (also those of compiled libraries) and `logging` go
    to the log, which opens with the versions and closes with the wall time; linear algebra uses
    the given number of threads. On an error the log gets the details, the screen one line, and
    the script ends with status 1:

    - `InputError`: its one line, to the log and to the screen;
    - any other error, a bug: the traceback to the log, one line with the log's name to the screen;
    - an interrupt: a line in the log, nothing on the screen, status 130.

    What `tell` was given is on the screen too, once the work has ended.

    Parameters
    ----------
    log_path : str or Path
        The rule's log file, made anew; its folder is made if need be.
    name : str
        The rule's name, with its wildcards where that helps.
    threads : int, optional
        Threads of the linear algebra libraries.
    seed : int, optional
        Seed of the run, for the record only.

    Yields
    ------
    logging.Logger
        The package's logger.

    Raises
    ------
    SystemExit
        In place of any error inside.
    """
    log_path = Path(log_path)
    log_path.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    status, screen_line = 0, None
    _TOLD.clear()
    with _redirected(log_path), _limited(threads):
        LOGGER.info("%s starts", name)
        LOGGER.info("versions: %s", ", ".join(f"{k} {v}" for k, v in versions().items()))
        LOGGER.info("seed: %s; threads: %d", "none" if seed is None else seed, threads)
        try:
            yield LOGGER
        except InputError as error:
            status, screen_line = 1, _one_line(error)
            LOGGER.error("%s", screen_line)
        except KeyboardInterrupt:
            status = 130
            LOGGER.error("interrupted")
        except Exception as error:
            status = 1
            found = ": ".join(filter(None, (type(error).__name__, _one_line(error))))
            screen_line = f"{name} failed: {found} (details: {log_path})"
            # A full disk must not keep the line from the screen.
            with contextlib.suppress(OSError):
                traceback.print_exc(file=sys.stderr)
        LOGGER.info(
            "%s %s after %.1f s",
            name,
            "ended with an error" if status else "done",
            time.monotonic() - start,
        )
    for text in _TOLD:
        print(f"warning: {text}", file=sys.stderr, flush=True)
    if screen_line:
        print(screen_line, file=sys.stderr, flush=True)
    if status:
        raise SystemExit(status)


def tell(text: str) -> None:
    """Warn in the log and, once the script has ended, on the screen.

    Parameters
    ----------
    text : str
        One line that a user should read, however the run ends.
    """
    LOGGER.warning("%s", text)
    _TOLD.append(text)


def _one_line(error: BaseException) -> str:
    return " ".join(line.strip() for line in str(error).splitlines() if line.strip())


@contextlib.contextmanager
def _limited(threads: int) -> Iterator[None]:
    """Limit libraries already loaded (threadpoolctl) and those loaded later (environment)."""
    before = {key: os.environ.get(key) for key in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    try:
        with threadpool_limits(limits=threads):
            yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextlib.contextmanager
def _redirected(log_path: Path) -> Iterator[None]:
    """Point standard output and error, as streams and as file descriptors, at the log."""
    log = open(log_path, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    handler = logging.StreamHandler(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root, level = logging.getLogger(), LOGGER.level
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        for descriptor in saved:
            os.dup2(log.fileno(), descriptor)
        root.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            yield
    finally:
        root.removeHandler(handler)
        LOGGER.setLevel(level)
        for descriptor, copy in saved.items():
            os.dup2(copy, descriptor)
            os.close(copy)
        # The last flush fails on a full disk; the error that matters was told already.
        with contextlib.suppress(OSError):
            log.close()
