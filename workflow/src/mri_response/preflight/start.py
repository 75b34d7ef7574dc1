"""All checks before a run, as Snakemake starts them and as the command ``check`` does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mri_response.config.files import read_config
from mri_response.config.load import load_config
from mri_response.config.modules import is_simulated
from mri_response.config.source_kinds import with_values
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten
from mri_response.models.applied import with_model

#: Remembers which images passed, from one start to the next.
CACHE = ".snakemake/mri_response_checked_maps.json"
#: What ``python -m mri_response`` does; the last three are commands of other stages.
COMMANDS = "check, configure, list-runs, compare-runs or verify-registration"
USAGE = """\
usage: python -m mri_response check my_study.yaml
       python -m mri_response configure FOLDER [--scores TABLE] [my_study.yaml]"""


def checks_of_run(config: Mapping[str, Any], cache: str | os.PathLike[str]) -> Iterable[str]:
    """Check everything that can be checked before the first job.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    cache : path-like
        See `mri_response.preflight.checks.check_inputs`.

    Returns
    -------
    iterable of str
        Lines about the people, and warnings.

    Raises
    ------
    InputError
        For mistakes.
    """
    from mri_response.learning.learners.registry import learner_of

    for name, model in config["models"].items():
        learner_of(model).check(f"models.{name}")
    if is_simulated(config):
        _check_region_sets(config)
        return []
    from mri_response.people.extraction import extract, extracted_folder
    from mri_response.preflight.checks import check_inputs

    folder = extracted_folder(config)
    warnings = extract(config, folder)
    read = with_values(config, folder)
    _check_region_sets(read)
    found = check_inputs(read, cache=cache)
    return [*found, *(f"warning: {text}" for text in warnings)]


def _check_region_sets(config: Mapping[str, Any]) -> None:
    """Check sets of regions; those of a program's files are known once these were read."""
    if config["region_sets"]:
        from mri_response.features.region_sets import check_region_sets

        check_region_sets(config)


def check_folders(config: Mapping[str, Any]) -> None:
    """Check that a run can write where it does: working folder, results and Snakemake's cache.

    Folders of an earlier start may belong to somebody else.

    Parameters
    ----------
    config : mapping
        The completed configuration.

    Raises
    ------
    InputError
        Naming the folder that cannot be written.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    other = "start it in another folder"
    anew = "remove it or take it over (an earlier start was somebody else's, such as root's)"
    results = Path.cwd() / "results" / config["run"]
    places = [(Path.cwd(), "the folder in which the run is started", other)]
    for path in (results, Path.cwd() / ".snakemake"):
        places += [(each, "what the run writes into", anew) for each in (path, *_folders_in(path))]
    if is_simulated(config) and "simulation" in config:
        simulated = Path(config["simulation"]["directory"])
        places.append((simulated, "the folder of simulated data", "name another one"))
    places.append(
        (Path(cache, "snakemake"), "Snakemake's cache", "set XDG_CACHE_HOME to a folder of yours")
    )
    for path, what, advice in places:
        # What cannot be looked at is not there for `os.path`, whose functions raise nothing.
        there = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
        if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
            where = "" if there == path else f" in {there}"
            raise InputError(
                f"{path}: found no permission to write{where}, expected {what} to be writable; "
                f"{advice}"
            )


def _folders_in(path: Path) -> list[Path]:
    try:
        return sorted(each for each in path.iterdir() if each.is_dir())
    except OSError:
        return []


def command(arguments: Sequence[str]) -> int:
    """Check a configuration and all that it names, or write a first one for a folder.

    Parameters
    ----------
    arguments : sequence of str
        ``check`` and the file of the configuration; or ``configure``, a folder, perhaps
        ``--scores`` and a table, and perhaps the file to write (``study.yaml``).

    Returns
    -------
    int
        0 where a run could start, 1 for a mistake, which is told in one line, 2 for other
        arguments.
    """
    if arguments and arguments[0] == "configure":
        return _configure(arguments[1:])
    if len(arguments) != 2 or arguments[0] != "check":
        return _refused(arguments)
    try:
        config = with_model(load_config(read_config(arguments[1])))
        check_folders(config)
        for line in checks_of_run(config, CACHE):
            print(line)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{arguments[1]}: no mistake found; snakemake --configfile {arguments[1]} --cores all")
    return 0


def _refused(arguments: Sequence[str]) -> int:
    """Say in one line what is wrong with the arguments of ``check``, or of which command."""
    if not arguments:
        print(USAGE, file=sys.stderr)
        return 2
    what, *given = arguments
    if what == "configure":
        text = (
            f"configure: found {shorten(given) if given else 'no argument'}, expected a folder, "
            "as in configure FOLDER [--scores TABLE] [my_study.yaml]"
        )
    elif what != "check":
        text = f"found {what!r}, expected {COMMANDS}"
    elif not given:
        text = "check: found no file, expected the configuration of a run, such as my_study.yaml"
    else:
        text = (
            f"check: found {len(given)} arguments ({shorten(given)}), expected one file with the "
            "whole configuration; options and targets stand behind snakemake, which begins with "
            "the same checks"
        )
    print(f"python -m mri_response {text}", file=sys.stderr)
    return 2


def _configure(arguments: Sequence[str]) -> int:
    """Write a first configuration for a folder."""
    from mri_response.preflight.configure import configure

    given, scores = list(arguments), None
    if "--scores" in given[:-1]:
        at = given.index("--scores")
        scores = given[at + 1]
        del given[at : at + 2]
    if not 1 <= len(given) <= 2 or any(name.startswith("-") for name in given):
        return _refused(["configure", *arguments])
    try:
        for line in configure(given[0], scores, given[1] if len(given) > 1 else "study.yaml"):
            print(line)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
