"""What the script of every rule works in."""

import atexit
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mri_response.core.integrity import intact
from mri_response.core.log import logged

LOGS = "logs"  # every rule's log is directly in this folder of its run


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Log, limit threads, check what is read and record what is written.

    Parameters
    ----------
    snakemake : object
        As Snakemake gives it to a script.

    Yields
    ------
    logging.Logger
        See :func:`mri_response.core.log.logged`, also for how errors are told.

    Notes
    -----
    Files are checked and recorded as :func:`mri_response.core.integrity.intact` says.
    """
    # Python ends with a last search for garbage in all modules: a sixth of a short job.
    atexit.register(gc.freeze)
    with (
        logged(snakemake.log[0], snakemake.rule, snakemake.threads) as log,
        intact(snakemake.input, snakemake.output, run_folder(snakemake)),
    ):
        yield log


def run_folder(snakemake: Any) -> Path:
    """Find the folder of the run that a job belongs to.

    The log's path says it and no parameter does: a module's prefix changes the paths of inputs,
    outputs and logs, and leaves parameters as they are.

    Parameters
    ----------
    snakemake : object
        As Snakemake gives it to a script.

    Returns
    -------
    pathlib.Path
        The folder above `LOGS`.

    Raises
    ------
    ValueError
        If the log is not directly in the folder `LOGS` of a run.
    """
    folder = Path(snakemake.log[0]).parent
    if folder.name != LOGS:
        raise ValueError(f"{snakemake.log[0]}: found a log outside the folder {LOGS} of a run")
    return folder.parent
