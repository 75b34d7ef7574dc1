"""Whether the discovery cohort fills the folds that the configuration asks for."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.outcome_kinds import is_number
from mri_response.config.queries import (
    categorical_confounds,
    class_names,
    discovery_name,
    left_out_column,
)
from mri_response.core.errors import InputError
from mri_response.core.tables import shorten, suggestion
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.learning.batches import smallest_subsample
from mri_response.learning.permutation import Exchangeability, exchangeable_rows
from mri_response.learning.residual_permutation import require_exchange
from mri_response.learning.site_feasibility import check_sites


def check_discovery(config: Mapping[str, Any], rows: pd.DataFrame) -> None:
    """Check that the discovery cohort can be cross-validated as the configuration says.

    Parameters
    ----------
    config : mapping
        The whole configuration with its defaults.
    rows : pandas.DataFrame
        The analysed rows of the discovery cohort.

    Raises
    ------
    InputError
        If a class is absent or too small, there are fewer people (or families) than folds, or
        labels cannot be permuted.
    """
    path = config["cohorts"][discovery_name(config)]["participants"]
    if is_number(config):
        _check_numbers(config, rows, path)
    for name, count in _named_counts(config, rows):
        if count == 0:
            raise InputError(
                f"{path}: found nobody of the class {name!r} among {n_people(rows)} analysed "
                "people, expected both classes; see outcome and where in the config"
            )
    for name, count in _named_counts(config, rows):
        if count < config["min_class_size"]:
            raise InputError(
                f"{path}: found {count} analysed people of the class {name!r}, expected at least "
                f"{config['min_class_size']} (min_class_size); add people"
            )
    _check_folds(config, rows, path)
    if config["cross_validation"]["inner"] != "k_fold":
        _check_inner_sites(config, rows, path)
    for name, model in config["models"].items():
        if model["harmonise"]:
            check_sites(f"models.{name}.harmonise", model["harmonise"], config, rows)
    if config["confounds"]["unseen_site"] == "error":
        _check_alone(config, rows, path)
    _check_subsamples(config, rows, path)
    _check_knots(config, rows)
    try:
        if is_number(config):
            by = exchanged_by(config, rows)
            require_exchange(exchangeable_rows(rows, **by), **by)
        else:
            exchangeability_of_run(config, rows)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def check_elsewhere(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> None:
    """Check that the other cohorts can be permuted as the configuration says.

    Where the outcome is a number and nobody may exchange residuals, the cohort gets no p, of which
    there is a warning.

    Parameters
    ----------
    config : mapping
        The whole configuration with its defaults.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Raises
    ------
    InputError
        If labels cannot be permuted, or a family lies in several blocks.
    """
    for name, rows in people.items():
        if name == discovery_name(config) or rows["label"].nunique() < 2:
            continue
        by = exchanged_by(config, rows)
        try:
            if is_number(config):
                exchangeable_rows(rows, **by)
            else:
                Exchangeability(rows, **by)
        except InputError as error:
            raise InputError(f"{config['cohorts'][name]['participants']}: {error}") from error


def exchanged_by(config: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, str | None]:
    """Columns of families and of blocks by which a cohort is permuted, where it has them.

    Parameters
    ----------
    config : mapping
        Sections cross_validation and permutation of the configuration.
    rows : pandas.DataFrame
        Analysed rows of the cohort.

    Returns
    -------
    dict of str to str or None
        Keys group and within.
    """
    asked = {
        "group": config["cross_validation"]["group"],
        "within": config["permutation"]["within"],
    }
    return {key: column if column in rows else None for key, column in asked.items()}


def _check_numbers(config: Mapping[str, Any], rows: pd.DataFrame, path: str) -> None:
    """The number that is predicted, and the baseline that it is predicted from, must differ."""
    n, kind = rows["label"].nunique(), config["outcome"]["kind"]
    if n == 1:
        raise InputError(
            f"{path}: found the outcome {rows['label'].iloc[0]:g} (kind {kind}) in everybody, "
            "expected a number that differs between people; correct the table or the outcome"
        )
    if n == 2:
        raise InputError(
            f"{path}: found 2 different values of the outcome (kind {kind}), expected a number "
            "with at least 3; write kind: label for two classes"
        )
    before = rows.get("baseline_score", rows["label"])
    if (before == before.iloc[0]).all():
        raise InputError(
            f"{scores_path(config['cohorts'][discovery_name(config)])}: found a "
            f"{config['outcome']['scale']} score of {before.iloc[0]:g} at "
            f"{config['outcome']['baseline']} in everybody, expected scores that differ between "
            "people; correct the table or outcome.baseline"
        )


def _named_counts(config: Mapping[str, Any], rows: pd.DataFrame) -> list[tuple[str, int]]:
    """Each class with its number of people; none where the outcome is a number."""
    if is_number(config):
        return []
    return list(zip(class_names(config), class_counts(rows), strict=True))


def _check_alone(config: Mapping[str, Any], rows: pd.DataFrame, path: str) -> None:
    """A site, or another category of a confound, of one person alone."""
    for column in categorical_confounds(config):
        people = rows.groupby(column)["participant_id"].nunique()
        alone = people.index[people == 1]
        if column != "sex" and len(alone):
            raise InputError(
                f"{path}: column {column}: found one person alone at {alone[0]!r}, expected at "
                "least two, since nobody is left to train on in that person's fold; write "
                f"confounds.unseen_site: mean or leave the {column} out"
            )


def _check_folds(config: Mapping[str, Any], rows: pd.DataFrame, path: str) -> None:
    """Enough people (or families) for the outer and inner folds, both classes to learn from."""
    cv = config["cross_validation"]
    units = rows[cv["group"] or "participant_id"]
    unit = "people" if cv["group"] is None else f"families (column {cv['group']})"
    column = left_out_column(cv)
    if cv["outer"] in ("k_fold", "leave_one_out"):
        groups = {unit: units.nunique()}
        if cv["scheme"] == "stratified" and cv["group"] is None:
            groups = {
                f"people of the class {name!r} (scheme stratified)": count
                for name, count in _named_counts(config, rows)
            }
        for what, count in groups.items():
            outer_folds = cv["outer_folds"] or count
            if count < outer_folds:
                raise InputError(
                    f"{path}: found {count} {what}, expected at least as many as "
                    f"cross_validation.outer_folds, which is {outer_folds}; use fewer folds"
                )
            _check_inner(cv, path, count - math.ceil(count / outer_folds), what)
        return
    # Imported here, since scikit-learn takes a second and most checks do not need it.
    from mri_response.learning.splits import Scheme, draw_folds

    if column is not None:
        _check_left_out(cv, rows, units, path, column)
    scheme = Scheme.from_config(cv, rows)._replace(inner_repeats=0)
    for fold in draw_folds(units, rows["label"], scheme, config["seed"])[:-1]:
        train, test = fold.sets.train[0], fold.sets.test[0]
        values = "some people" if column is None else shorten(sorted(set(rows.loc[test, column])))
        _check_inner(cv, path, units[train].nunique(), unit)
        for name, count in _named_counts(config, rows[train]):
            if count == 0:
                raise InputError(
                    f"{path}: found nobody of the class {name!r} to learn from where {values} "
                    f"are left out (cross_validation.outer {cv['outer']}), expected both classes; "
                    "choose another outer"
                )
        if cv["outer"] != "held_out":
            continue
        for name, count in _named_counts(config, rows[test]):
            if count < config["min_class_size"]:
                raise InputError(
                    f"{path}: found {count} held-out people of the class {name!r}, expected at "
                    f"least {config['min_class_size']} (min_class_size); hold out more "
                    "(cross_validation.held_out)"
                )


def _check_inner(cv: Mapping[str, Any], path: str, left: int, what: str) -> None:
    if cv["inner"] == "k_fold" and left < cv["inner_folds"]:
        raise InputError(
            f"{path}: found {left} {what} in an outer training set, expected at least as many "
            f"as cross_validation.inner_folds, which is {cv['inner_folds']}; use fewer folds"
        )


def _check_inner_sites(config: Mapping[str, Any], rows: pd.DataFrame, path: str) -> None:
    """Values of the column of the inner folds in every training set: as many as are left out."""
    # Imported here, since scikit-learn takes a second and most checks do not need it.
    from mri_response.learning.splits import Scheme, draw_folds, units_of

    cv, units = config["cross_validation"], units_of(rows, config["cross_validation"])
    column, folds = cv["inner_column"], f"cross_validation.inner {cv['inner']}"
    _check_one_side(rows, units, path, column, folds)
    scheme = Scheme.from_config(cv, rows)._replace(inner_repeats=0)
    drawn = draw_folds(units, rows["label"].to_numpy(), scheme, config["seed"])
    counts = [rows.loc[fold.sets.train[0], column].astype(str).nunique() for fold in drawn]
    least = cv["inner_folds"] or 2
    if min(counts) < least:
        raise InputError(
            f"{path}: column {column}: found {min(counts)} values in an outer training set, "
            f"expected at least {least} to leave out in the inner folds ({folds}); use fewer folds "
            "or inner: k_fold"
        )
    # The refit, last, learns from everybody.
    if cv["inner_folds"] is None and len(set(counts[:-1])) > 1:
        raise InputError(
            f"{path}: column {column}: found {min(counts[:-1])} values in one outer training set "
            f"and {max(counts[:-1])} in another, expected all of them in each ({folds}); put small "
            "sites together, or write inner: leave_group_out with inner_folds"
        )


def _check_one_side(
    rows: pd.DataFrame, units: pd.Series, path: str, column: str, folds: str
) -> None:
    """People and families have one value of a column whose values are left out together."""
    apart = rows[column].astype(str).groupby(units).nunique()
    if (apart > 1).any():
        raise InputError(
            f"{path}: column {column}: found several values for {apart.index[apart > 1][0]}, "
            "expected one, since people and families stay on one side of a split "
            f"({folds}); correct one"
        )


def _check_left_out(
    cv: Mapping[str, Any], rows: pd.DataFrame, units: pd.Series, path: str, column: str
) -> None:
    """Values of the column that are left out together: enough of them, families in one alone."""
    values = rows[column].astype(str)
    _check_one_side(rows, units, path, column, f"cross_validation.outer {cv['outer']}")
    if cv["outer"] == "held_out":
        strange = [value for value in cv["held_out"][column] if value not in set(values)]
        if strange:
            raise InputError(
                f"{path}: column {column}: found nobody analysed with {shorten(strange)}, expected "
                f"the values of cross_validation.held_out; {suggestion(strange[0], set(values))}"
                "correct the config or the table"
            )
        if set(values) <= set(cv["held_out"][column]):
            raise InputError(
                f"{path}: column {column}: found everybody held out, expected people to learn "
                "from; name fewer values in cross_validation.held_out"
            )
        return
    least = cv["outer_folds"] or 2
    if values.nunique() < least:
        raise InputError(
            f"{path}: column {column}: found {values.nunique()} values, expected at least {least} "
            f"to leave out (cross_validation.outer {cv['outer']}); use fewer folds or another outer"
        )


def _check_subsamples(config: Mapping[str, Any], rows: pd.DataFrame, path: str) -> None:
    """Sizes of the learning curve, where the configuration gives some."""
    number = is_number(config)
    share = None if number else rows["label"].mean()
    n, least = n_people(rows), smallest_subsample(config, share)
    needs = "for the folds" if number else "for the folds and both classes"
    for size in config["learning_curve"]["sizes"] or []:
        if not least <= size < n:
            raise InputError(
                f"config: learning_curve.sizes: found {size}, expected {least} ({needs}) to "
                f"{n - 1} people, since {path} has {n} to analyse; correct it or write null"
            )


def _check_knots(config: Mapping[str, Any], rows: pd.DataFrame) -> None:
    """Knots beyond the observed values would leave a spline with nothing to bend."""
    path = config["cohorts"][discovery_name(config)]["participants"]
    for name, model in config["models"].items():
        splines = [c for c in model["confounds"] if not isinstance(c, str) and "knots" in c]
        for spline in splines:
            values = rows[spline["column"]]
            outside = [knot for knot in spline["knots"] if not values.min() < knot < values.max()]
            if outside:
                raise InputError(
                    f"config: models.{name}.confounds: {spline['column']}: found the knot "
                    f"{outside[0]:g}, expected knots between {values.min():g} and "
                    f"{values.max():g}, the values of {path}; move the knot or leave it out"
                )


def exchangeability_of_run(config: Mapping[str, Any], rows: pd.DataFrame) -> Exchangeability:
    """Who may exchange labels, under the model with the most confounds.

    The number of possible labellings is the same for all models, so that one of them is enough.

    Parameters
    ----------
    config : mapping
        The whole configuration with its defaults.
    rows : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Returns
    -------
    Exchangeability

    Raises
    ------
    InputError
        If labels cannot be permuted as the configuration asks.
    """
    model = max(config["models"].values(), key=lambda model: len(model["confounds"]))
    return Exchangeability.from_config(rows, {**config, "model": model})


def n_people(rows: pd.DataFrame) -> int:
    """Number of people, who may have several rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Analysed rows of a cohort, with a column participant_id.

    Returns
    -------
    int
    """
    return int(rows["participant_id"].nunique())


def class_counts(rows: pd.DataFrame) -> tuple[int, int]:
    """People with a row of the positive and of the negative class.

    Parameters
    ----------
    rows : pandas.DataFrame
        Analysed rows of a cohort, with columns participant_id and label.

    Returns
    -------
    n_positive, n_negative : int
        A person with rows of both classes counts in both.
    """
    by_label = rows.groupby("label")["participant_id"].nunique()
    return int(by_label.get(1, 0)), int(by_label.get(0, 0))
