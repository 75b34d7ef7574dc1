"""Phrases that several facts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from mri_response.config.feature_kinds import feature_kind
from mri_response.config.outcome_kinds import is_number, outcome_kind
from mri_response.config.queries import left_out_column
from mri_response.core.vocabulary import NotComputed
from mri_response.report.naming import counted
from mri_response.report.numbers import number, p_phrase
from mri_response.report.run import Run


def listed(items: Iterable[str]) -> str:
    """Write items as in ``a, b and c``.

    Parameters
    ----------
    items : iterable of str
        None, one or more.

    Returns
    -------
    str
        Empty without items.
    """
    items = list(items)
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""


def people(n: int) -> str:
    """Write a number of people.

    Parameters
    ----------
    n : int
        Number of people.

    Returns
    -------
    str
    """
    return "1 person" if n == 1 else f"{n:,} people"


def p_words(row: pd.Series) -> str:
    """Write a p value, and in words where it is the smallest possible one.

    Parameters
    ----------
    row : Series
        Row of a table with ``p_value`` and ``n_permutations``.

    Returns
    -------
    str
    """
    text = p_phrase(row["p_value"], row["n_permutations"])
    m = number(row["n_permutations"])
    return text.replace("†", f", the smallest that {m:,.0f} permutations can give")


def where(table: str, **keys: str) -> str:
    """Name rows of a table as a source.

    Parameters
    ----------
    table : str
        Name of the table without suffix.
    **keys : str
        Columns and what they hold in these rows.

    Returns
    -------
    str
        For example ``null.tsv: model=roi_svc, cohort=discovery``.
    """
    return f"{table}.tsv: " + ", ".join(f"{key}={value}" for key, value in keys.items())


def has_numbers(run: Run, table: str) -> bool:
    """Whether a further table has a row that was computed.

    Parameters
    ----------
    run : Run
        The run.
    table : str
        Name of the table without suffix.

    Returns
    -------
    bool
        False also of a table in which every row says why it has no numbers.
    """
    rows = run.tables.get(table)
    if rows is None or not len(rows):
        return False
    return "note" not in rows or not rows["note"].eq(NotComputed.NOT_ESTIMABLE).all()


def cohort_size(run: Run, cohort: str) -> str:
    """Write a cohort with its role and its people, of the discovery cohort all of them.

    Parameters
    ----------
    run : Run
        The run.
    cohort : str
        Name of a cohort in the performance table.

    Returns
    -------
    str
    """
    n, n_positive = run.development() if cohort == run.discovery else run.counts(cohort)
    names = run.names
    role = names.roles[cohort]
    return f"{names.titles[cohort]} ({role}, n = {n}, {counted(n_positive, names.positive)})"


def predictors(config: Mapping[str, Any], *models: str) -> str:
    """Write what models predict from.

    Parameters
    ----------
    config : mapping
        The configuration.
    *models : str
        Names of models; of all models by default.

    Returns
    -------
    str
        For example ``brain measures and clinical features``.
    """
    specs = [
        config["features"][config["models"][m]["features"]] for m in models or config["models"]
    ]
    parts = [config["features"][name] for spec in specs for name in spec.get("sets", [])]
    kinds = [kind for spec in [*specs, *parts] if not (kind := feature_kind(spec)).has_parts]
    found = {
        "brain measures": any(kind.source is not None for kind in kinds),
        "clinical features": any(kind.is_clinical for kind in kinds),
        "learning rates": any(kind.has_trials for kind in kinds),
    }
    return listed(name for name, is_there in found.items() if is_there)


def harmonised_columns(config: Mapping[str, Any]) -> list[str]:
    """Columns of sites whose features any model brings together.

    Parameters
    ----------
    config : mapping
        The configuration.

    Returns
    -------
    list of str
        Each once.
    """
    asked = (model.get("harmonise") for model in config["models"].values())
    return list(dict.fromkeys(options["column"] for options in asked if options))


def kept_together(config: Mapping[str, Any]) -> list[str]:
    """Say what splits and harmonisation do about sites and families.

    Parameters
    ----------
    config : mapping
        The configuration.

    Returns
    -------
    list of str
        A clause for each thing that was done.
    """
    cv, whole = config["cross_validation"], ("leave_one_site_out", "leave_group_out")
    said = []
    if cv["outer"] in whole:
        said.append(f"outer splits leave out whole values of {left_out_column(cv)}")
    if cv["inner"] in whole:
        said.append(f"inner splits leave out whole values of {cv['inner_column']}")
    if cv["group"]:
        said.append(f"families ({cv['group']}) stayed on one side of every split")
    if columns := harmonised_columns(config):
        said.append(f"features were harmonised by {listed(columns)} inside the folds")
    return said


def known_without_features(config: Mapping[str, Any], *models: str) -> list[str]:
    """Say what models of numbers predict from beside their features, without penalty.

    Parameters
    ----------
    config : mapping
        The configuration.
    *models : str
        Names of models; all of them by default.

    Returns
    -------
    list of str
        ``baseline`` where the outcome has one, ``confounds`` where any of the models has some.
    """
    specs = [config["models"][model] for model in models or config["models"]]
    baseline = is_number(config) and "baseline" in outcome_kind(config).needs
    return ["baseline"] * baseline + ["confounds"] * any(spec["confounds"] for spec in specs)


def reduced_words(config: Mapping[str, Any]) -> str:
    """Write what a gain is over.

    Parameters
    ----------
    config : mapping
        The configuration of a run whose outcome is a number.

    Returns
    -------
    str
        For example ``baseline and confounds``; ``the mean`` where there is neither.
    """
    return listed(known_without_features(config)) or "the mean"


def warned(run: Run) -> list[str]:
    """Write what the workflow warned of as one sentence.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    list of str
        Empty without warnings, which begin with a key of the configuration or a cohort.
    """
    texts = [text.rstrip(".") for text in run.warnings]
    return [f"The workflow warned: {'; '.join(texts)}."] if texts else []


def formula_of(run: Run) -> str:
    """Write the formula of the primary model where it has one.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    str
        For example ``features × weights + intercept``.
    """
    spec = run.config["models"][run.model]
    given = known_without_features(run.config, run.model)
    parts = [
        f"{'harmonised ' if spec.get('harmonise') else ''}features × weights",
        *([f"{listed(given)} × their weights"] if given else []),
        "intercept",
    ]
    return " + ".join(parts)


def words(name: str) -> str:
    """Write a name with spaces in place of underscores.

    Parameters
    ----------
    name : str
        For example ``frontal_lobe``.

    Returns
    -------
    str
    """
    return str(name).replace("_", " ")
