"""What is written down before labels are there, and whether it is what was done later.

A registration proves nothing by itself, since its author can write another one: it has to be
deposited where others date it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.provenance import config_hash, file_sha256
from mri_response.core.tables import ID_COLUMNS, read_tsv
from mri_response.models.hashed import PathLike
from mri_response.people.later_labels import later_labels

FORMAT = 1
DATE = "date.json"
COLUMNS = ["what", "registered", "found", "matches"]
USAGE = "usage: python -m mri_response verify-registration my_study.yaml"


def planned(config: Mapping[str, Any]) -> dict[str, Any]:
    """What is planned: everything that decides who is tested and how, but no path and no title.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.

    Returns
    -------
    dict
    """
    cohorts = {
        name: {key: own[key] for key in ("role", "where", "columns", "codes")}
        for name, own in config["cohorts"].items()
    }
    return {
        "outcome": config["apply"]["outcome"],
        "cohorts": cohorts,
        "unseen_site": config["confounds"]["unseen_site"],
        "missing": config["confounds"]["missing"],
        "excluded_scans": config["quality_control"]["exclude"],
        "permutations": config["permutation"]["n"],
        "min_class_size": config["min_class_size"],
        "seed": config["seed"],
    }


def planned_test(config: Mapping[str, Any]) -> str:
    """The planned test in words.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.

    Returns
    -------
    str
    """
    outcome = config["apply"]["outcome"]
    if "positive_class" not in outcome:
        return (
            "R2, correlation, mean absolute error and calibration slope of the predicted numbers "
            "in every cohort, each with a 95 % interval over people"
        )
    return (
        "balanced accuracy and AUC of the decision values in every cohort, and in the external "
        "ones together with people compared within their cohort, each with a 95 % interval and a "
        f"one-sided test by {config['permutation']['n']} permutations of the cohort's own labels"
    )


def scores_sha256(scores: pd.DataFrame) -> str:
    """SHA-256 of who has which decision value, whatever the order of rows.

    Parameters
    ----------
    scores : pandas.DataFrame
        Rows of one cohort, as text.

    Returns
    -------
    str
        64 hexadecimal digits, from which nobody can be told.
    """
    keys = [key for key in (*ID_COLUMNS, "decision") if key in scores]
    lines = sorted("\t".join(map(str, row)) for row in scores[keys].itertuples(index=False))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def registration(config: Mapping[str, Any], scores: pd.DataFrame) -> dict[str, Any]:
    """What a run is, in hashes.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    scores : pandas.DataFrame
        Table ``applied_scores``, as text.

    Returns
    -------
    dict
        No person and no score can be read from it.
    """
    plan = planned(config)
    return {
        "format": FORMAT,
        "study": config["title"],
        "model_sha256": config["apply"]["folder_sha256"],
        "plan_sha256": config_hash(plan),
        "plan": plan,
        "test": planned_test(config),
        "cohorts": {
            cohort: {"n": len(own), "scores_sha256": scores_sha256(own)}
            for cohort, own in scores.groupby("cohort", sort=False)
        },
    }


def register(config: Mapping[str, Any], scores: pd.DataFrame, path: PathLike) -> None:
    """Write a registration, and its date beside it.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    scores : pandas.DataFrame
        Table ``applied_scores``, as text.
    path : path-like
        File to make. The date is in a file of its own, so that a run that is made again elsewhere
        has the same registration.

    Raises
    ------
    InputError
        If there is no outcome to plan a test of, or labels are there already.
    """
    check_unlabelled(config)
    _write_json(path, registration(config, scores))
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    _write_json(Path(path).with_name(DATE), {"date": now, "sha256": file_sha256(path)})


def _write_json(path: PathLike, content: Mapping[str, Any]) -> None:
    with atomic_path(path) as temporary:
        text = json.dumps(content, indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def check_unlabelled(config: Mapping[str, Any]) -> None:
    """Check that a test can be registered: there is an outcome, and nobody has a label.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.

    Raises
    ------
    InputError
        If there is no outcome, or a cohort has labels.
    """
    if config["apply"]["outcome"] is None:
        raise InputError(
            "config: outcome: found nothing, expected the outcome whose prediction is registered; "
            "add the section, its labels need not be there"
        )
    for name in config["cohorts"]:
        labels = later_labels(config, name)
        if labels is not None and len(labels):
            raise InputError(
                f"config: cohorts.{name}: found labels of {len(labels)} people, expected none, "
                "since what is registered has to stand before labels are known; register from "
                "tables without them"
            )


def compared(path: PathLike, config: Mapping[str, Any], scores: pd.DataFrame) -> pd.DataFrame:
    """Compare a run with its registration.

    Parameters
    ----------
    path : path-like
        File that `register` has written.
    config : mapping
        The completed configuration of a run that applies a model.
    scores : pandas.DataFrame
        Table ``applied_scores``, as text.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: a row for the model, for the plan and for the scores of each cohort.

    Raises
    ------
    InputError
        If the file is no registration.
    """
    before, now = read_registration(path), registration(config, scores)
    rows = [
        ("model", before["model_sha256"], now["model_sha256"]),
        ("plan", before["plan_sha256"], now["plan_sha256"]),
    ]
    for cohort in {**before["cohorts"], **now["cohorts"]}:
        found = (each["cohorts"].get(cohort, {}) for each in (before, now))
        rows.append((f"scores of {cohort}", *(own.get("scores_sha256", "none") for own in found)))
    return pd.DataFrame([(*row, row[1] == row[2]) for row in rows], columns=COLUMNS)


def read_registration(path: PathLike) -> dict[str, Any]:
    """Read a registration and check that it says what its own hash is of.

    Parameters
    ----------
    path : path-like
        File that `register` has written.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If the file is no registration, or its plan is not that of its hash.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        is_whole = found["format"] == FORMAT and config_hash(found["plan"]) == found["plan_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise InputError(
            f"{path}: found no registration that was left as it was written, expected the file "
            "that the target register has made; get it again from where it was deposited"
        )
    return found


def dated(path: PathLike) -> str | None:
    """When a registration was written, by its author's clock.

    Parameters
    ----------
    path : path-like
        File that `register` has written.

    Returns
    -------
    str or None
        None where no date lies beside it, or it is of another registration.
    """
    try:
        date = json.loads(Path(path).with_name(DATE).read_text(encoding="utf-8"))
        return date["date"] if date["sha256"] == file_sha256(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def registered(config: Mapping[str, Any], scores: pd.DataFrame) -> pd.DataFrame:
    """Compare a run with the registration that its configuration names, if it names one.

    Parameters
    ----------
    config : mapping
        The completed configuration of a run that applies a model.
    scores : pandas.DataFrame
        Table ``applied_scores``, as text.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS` and ``date``; empty where no registration is named.
    """
    path = config["apply"]["registration"]
    if path is None:
        return pd.DataFrame(columns=[*COLUMNS, "date"])
    return compared(path, config, scores).assign(date=dated(path))


def command(arguments: Sequence[str]) -> int:
    """Compare a finished run with the registration that its configuration names.

    Parameters
    ----------
    arguments : sequence of str
        ``verify-registration`` and the file of the configuration.

    Returns
    -------
    int
        0 where everything matches, 1 where something does not or is missing, 2 for other arguments.
    """
    import sys

    from mri_response.config.files import read_config
    from mri_response.config.load import load_config
    from mri_response.models.applied import with_model

    if len(arguments) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        config = with_model(load_config(read_config(arguments[1])))
        path = (config["apply"] or {}).get("registration")
        if path is None:
            raise InputError(
                f"{arguments[1]}: found no apply.registration, expected the file to compare with; "
                "add the key"
            )
        table = f"results/{config['run']}/applied_scores.tsv"
        if not Path(table).is_file():
            raise InputError(
                f"{table}: found no such file, expected the finished run; run it first"
            )
        found = compared(path, config, read_tsv(table))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    for row in found.itertuples():
        print(f"{row.what}: {'matches' if row.matches else 'DIFFERS'} ({row.registered})")
    print(f"dated {dated(path) or 'nowhere'}, by its author's clock; proof needs a public deposit")
    return 0 if found["matches"].all() else 1
