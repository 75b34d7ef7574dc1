"""Whether the people are enough to learn from each site by which features are harmonised."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import discovery_name
from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories, shorten, suggestion
from mri_response.inputs.covariates import check_covariates
from mri_response.learning.preparation.confounds import SiteCoding


def check_sites(
    key: str, options: Mapping[str, Any], config: Mapping[str, Any], rows: pd.DataFrame
) -> None:
    """Check the sites by which features are harmonised: two at least, and those that are named.

    Parameters
    ----------
    key : str
        Where the options stand in the configuration.
    options : mapping
        The key ``harmonise`` of a model.
    config : mapping
        The completed configuration.
    rows : pandas.DataFrame
        Analysed rows of the discovery cohort.

    Raises
    ------
    InputError
        For the first mistake.
    """
    path = config["cohorts"][discovery_name(config)]["participants"]
    coding = SiteCoding.of(rows, options)
    if len(coding.levels) < 2:
        raise InputError(
            f"{path}: column {options['column']}: found {shorten(coding.levels) or 'no site'}, "
            f"expected two sites at least (config: {key}); remove harmonise"
        )
    if options["reference"] is not None and options["reference"] not in coding.levels:
        raise InputError(
            f"config: {key}.reference: found {options['reference']!r}, expected a site of "
            f"{path} ({shorten(coding.levels)}); "
            f"{suggestion(options['reference'], coding.levels)}correct it"
        )
    for column, values in (options["learn_from"] or {}).items():
        present = as_categories(rows[column]).dropna().unique()
        strange = [value for value in map(str, values) if value not in present]
        if strange:
            raise InputError(
                f"config: {key}.learn_from.{column}: found {strange[0]!r}, expected values of "
                f"{path} ({shorten(present)}); {suggestion(strange[0], present)}correct it"
            )
    if options["keep"]:
        kept, sites = coding.kept, as_categories(rows[options["column"]])
        check_covariates(
            {name: replace(kept, columns=(name,)).matrix(rows) for name in kept.columns},
            path,
            f"config: {key}.keep",
            [(sites == level).to_numpy(float) for level in coding.levels[1:]],
            options["column"],
        )
    _check_training_sets(key, coding, config, rows)


def _check_training_sets(
    key: str, coding: SiteCoding, config: Mapping[str, Any], rows: pd.DataFrame
) -> None:
    """Rows of each site in every training set of the observed labelling."""
    # Imported here, since scikit-learn takes a second and most checks do not need it.
    from mri_response.learning.splits import Scheme, draw_folds, units_of

    path = config["cohorts"][discovery_name(config)]["participants"]
    cv, options = config["cross_validation"], coding.options
    sites = coding.rows(rows, unseen="mean")
    folds = draw_folds(
        units_of(rows, cv), rows["label"].to_numpy(), Scheme.from_config(cv, rows), config["seed"]
    )
    train = np.concatenate([fold.sets.train for fold in folds])
    counts = np.column_stack(
        [(train & sites.learns & (sites.site == i)).sum(axis=1) for i in range(len(coding.levels))]
    )
    missing = config["confounds"]["unseen_site"] != "error"
    reference = options["reference"]
    if reference is not None and (counts[:, coding.levels.index(reference)] == 0).any():
        raise InputError(
            f"config: {key}.reference: found {reference!r}, which some training sets have not "
            f"(cross_validation.outer is {cv['outer']}), expected a site of all training sets; "
            "write null, or leave out other things than sites"
        )
    few = counts < options["min_people"]
    if missing:
        few &= counts > 0
    if few.any():
        row, site = np.argwhere(few)[0]
        raise InputError(
            f"{path}: column {options['column']}: found {counts[row, site]} rows of the site "
            f"{coding.levels[site]!r} in a training set, expected at least {options['min_people']} "
            f"to harmonise by (config: {key}.min_people); use fewer folds, put sites together or "
            "leave the site out"
        )
