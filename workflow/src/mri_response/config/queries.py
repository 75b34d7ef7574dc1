"""Questions to a configuration that was checked and completed."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any

from mri_response.config.columns import CATEGORIES
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.learner_kinds import is_linear, learner_kind
from mri_response.config.outcome_kinds import is_number, outcome_kind
from mri_response.config.source_kinds import QUALITY, QUALITY_PREDICTORS
from mri_response.core.vocabulary import CONTROL_POOLED, EXTERNAL_POOLED, Role

#: Cohort names that would clash with names the workflow uses itself: the pooled rows of tables, and
#: features/<features>/regions.tsv.
RESERVED_COHORTS = (EXTERNAL_POOLED, CONTROL_POOLED, "regions")


#: Names of the baselines in performance.tsv: the confounds alone, and the larger class.
CONFOUNDS_ONLY = "confounds_only"


MAJORITY_CLASS = "majority_class"


#: The baseline that knows the measured quality of the scans alone.
QUALITY_ONLY = "quality_only"


#: A confound of a model: a column, ``{"column": ..., "knots": [...]}``, or in a completed
#: configuration ``{"column": ..., "categorical": True}``.
Confound = str | Mapping[str, Any]


def grid_of_c(c: Mapping[str, Any]) -> list[float]:
    """The values of C that a model's ``C`` section describes, smallest first."""
    steps = math.floor((c["log2_max"] - c["log2_min"]) / c["log2_step"] + 1e-9)
    return [2.0 ** (c["log2_min"] + step * c["log2_step"]) for step in range(steps + 1)]


def grid_of_alpha(alpha: Mapping[str, Any]) -> list[float]:
    """The penalties that a model's ``alpha`` section describes, largest first."""
    return grid_of_c(alpha)[::-1]


def used_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The feature sets that some model uses, in the order of the configuration.

    Those that a concatenated one consists of are among them.
    """
    names = {model["features"] for model in config["models"].values()}
    names |= {part for name in names for part in config["features"][name].get("sets", ())}
    return {name: spec for name, spec in config["features"].items() if name in names}


def source_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Feature sets that some model uses and that are read from a source."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if feature_kind(spec).source}


def sets_by_source(config: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Group the feature sets that are read from scans or their tables by what they are read from.

    Parameters
    ----------
    config : mapping
        Sections models and features of the configuration.

    Returns
    -------
    dict of str to dict
        For each source the sections of its feature sets, by name.
    """
    sources: dict[str, dict[str, dict[str, Any]]] = {}
    for features, spec in source_features(config).items():
        sources.setdefault(spec["source"], {})[features] = spec
    return sources


def measured_set(sets: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Choose the feature set on whose grid, and by whose atlas, quality control measures scans.

    Parameters
    ----------
    sets : mapping of str to mapping
        The feature sets of one source, as `sets_by_source` gives them.

    Returns
    -------
    mapping or None
        The first one with an atlas, else the first one of images, None where all are tables.
    """
    images = [spec for spec in sets.values() if feature_kind(spec).has_image]
    with_atlas = [spec for spec in images if feature_kind(spec).has_atlas]
    return next(iter(with_atlas or images), None)


def atlas_of_measures(spec: Mapping[str, Any]) -> str | Mapping[str, str]:
    """Atlas by whose regions quality control measures the scans of a source.

    Parameters
    ----------
    spec : mapping
        The feature set that `measured_set` has chosen.

    Returns
    -------
    str or mapping
        As a feature set names it: a name, or the paths of the user's image and labels.
    """
    return spec.get("atlas", "neuromorphometrics")


def belief_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Feature sets that some model uses and that are how people update beliefs."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if feature_kind(spec).has_trials}


def effect_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Feature sets that some model uses and that are early effects of treatment."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if feature_kind(spec).has_effect}


def clinical_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Feature sets that some model uses and that are columns of the participants table."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if feature_kind(spec).is_clinical}


def feature_columns(config: Mapping[str, Any]) -> dict[str, bool]:
    """Columns of the used clinical feature sets, and whether they hold categories."""
    used = clinical_features(config).values()
    categories = {*CATEGORIES, *(column for spec in used for column in spec["categorical"])}
    return {column: column in categories for spec in used for column in spec["columns"]}


def column_of(confound: Confound) -> str:
    """The column of the cohort tables that a confound is read from."""
    return confound if isinstance(confound, str) else confound["column"]


def described_confound(confound: Confound) -> str:
    """A confound in the words of a report."""
    if isinstance(confound, str):
        return confound
    if "knots" not in confound:
        return f"{confound['column']} (categories)"
    knots = ", ".join(f"{knot:g}" for knot in confound["knots"])
    return f"{confound['column']} (natural cubic spline with knots at {knots})"


def used_confounds(config: Mapping[str, Any]) -> list[str]:
    """The columns that are confounds of some model, each once, in the order of their first use."""
    models = config["models"].values()
    return list(dict.fromkeys(column_of(c) for model in models for c in model["confounds"]))


def columns_of_harmonisation(config: Mapping[str, Any]) -> dict[str, bool]:
    """Columns that harmonisation of some model needs, and whether each holds categories.

    Those that say whom it learns from are looked up in the discovery cohort alone.
    """
    columns: dict[str, bool] = {}
    for model in config["models"].values():
        if options := model["harmonise"]:
            columns[options["column"]] = True
            for column in options["keep"]:
                columns.setdefault(column, column in declared_categories(config))
    return columns


def all_confounds(config: Mapping[str, Any]) -> list[Confound]:
    """The confounds of all models as they are written there; a column may come several times."""
    return [confound for model in config["models"].values() for confound in model["confounds"]]


def declared_categories(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that hold categories however they are written, whether they are confounds or not."""
    return (*CATEGORIES, *config["confounds"]["categorical"])


def categorical_confounds(config: Mapping[str, Any]) -> list[str]:
    """Columns that are confounds of some model and hold categories."""
    return [column for column in used_confounds(config) if column in declared_categories(config)]


def used_baselines(config: Mapping[str, Any]) -> list[str]:
    """The baselines that stand beside the models: the larger class, confounds alone, quality alone.

    The confounds are one where models have any, quality where all cohorts have a measure of it from
    one program. A model of numbers has the baseline score and its confounds inside, and is measured
    by what it adds: there are no baselines beside it.
    """
    if is_number(config):
        return []
    baselines = [CONFOUNDS_ONLY] if used_confounds(config) else []
    baselines += [QUALITY_ONLY] if quality_predictors(config) else []
    return [*baselines, MAJORITY_CLASS]


def quality_predictors(config: Mapping[str, Any]) -> list[str]:
    """Columns of the measured quality of the scans that every cohort has, one per program."""
    return [
        column
        for kind, columns in QUALITY.items()
        if all(kind in (cohort.get("quality") or {}) for cohort in config["cohorts"].values())
        for column in columns
        if column in QUALITY_PREDICTORS
    ]


def compared_pairs(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of models to compare, those that the configuration lists or else the usual ones.

    These are every model against the confounds alone and against the clinical models, and the
    primary model against the others.
    """
    if config["comparisons"] is not None:
        return [(first, second) for first, second in config["comparisons"]]
    primary = config["primary_model"]
    pairs = []
    if CONFOUNDS_ONLY in used_baselines(config):
        pairs += [(model, CONFOUNDS_ONLY) for model in (*config["models"], *config["stacks"])]
    clinical = [model for model in config["models"] if is_clinical(config, model)]
    others = [m for m in (*config["models"], *config["stacks"]) if m not in clinical]
    pairs += [(model, clinic) for model in others for clinic in clinical]
    known = {frozenset(pair) for pair in pairs}
    return pairs + [
        (primary, model)
        for model in (*config["models"], *config["stacks"])
        if model != primary and frozenset((primary, model)) not in known
    ]


def added_pairs(config: Mapping[str, Any]) -> dict[str, str]:
    """Models of clinic and scans side by side, and the model of the same clinic alone.

    Pairs are made of models with the built-in classifier, where scans are permuted. How people
    update beliefs is not read from scans: models that know it are compared as other models are.
    """
    pairs = {}
    for name, model in config["models"].items() if config["permutation"]["scans"] else ():
        parts = config["features"][model["features"]].get("sets", ())
        kinds = [feature_kind(config["features"][part]) for part in parts]
        of_scans = [kind for kind in kinds if not kind.is_clinical]
        alone = [m for m, other in config["models"].items() if other["features"] in parts]
        clinical = [m for m in alone if is_clinical(config, m)]
        beliefs = any(kind.has_trials for kind in kinds)
        if learner_kind(model).permutes_scans and clinical and of_scans and not beliefs:
            pairs[name] = clinical[0]
    return pairs


def is_clinical(config: Mapping[str, Any], model: str) -> bool:
    """Whether a model knows what the clinic knows and nothing else.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    model : str
        Name of the model.
    """
    return feature_kind(config["features"][config["models"][model]["features"]]).is_clinical


def fitted_model(config: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Section of a model as it is fitted, the baseline score first among its confounds.

    Where the outcome is a number with a score before treatment, this score is a predictor without
    penalty beside the confounds.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    model : str
        Name of the model.
    """
    section = dict(config["models"][model])
    if is_number(config) and "baseline" in outcome_kind(config).needs:
        others = [confound for confound in section["confounds"] if confound != "baseline_score"]
        section["confounds"] = ["baseline_score", *others]
    return section


def discovery_name(config: Mapping[str, Any]) -> str:
    """The name of the discovery cohort, or the first one where a model is applied."""
    named = (name for name, c in config["cohorts"].items() if c["role"] == Role.DISCOVERY)
    return next(named, next(iter(config["cohorts"])))


def left_out_column(cross_validation: Mapping[str, Any]) -> str | None:
    """The column that says who is left out together, or None where the folds need none."""
    if isinstance(cross_validation["held_out"], Mapping):
        return next(iter(cross_validation["held_out"]))
    return cross_validation["outer_column"]


def left_out_columns(cross_validation: Mapping[str, Any]) -> list[str]:
    """The columns that say who is left out together, in the outer and in the inner folds."""
    columns = (left_out_column(cross_validation), cross_validation["inner_column"])
    return [column for column in dict.fromkeys(columns) if column is not None]


def has_classes(config: Mapping[str, Any]) -> bool:
    """Whether the people have an outcome of two classes, and neither a number nor none."""
    return bool(config["outcome"]) and not is_number(config)


def class_names(config: Mapping[str, Any]) -> tuple[str, str]:
    """The names of the positive and the negative class."""
    outcome = config["outcome"]
    names = outcome_kind(config).classes or tuple(outcome["classes"])
    positive = outcome["positive_class"]
    return positive, next(name for name in names if name != positive)


def placeholders(pattern: str) -> list[str]:
    """The names in braces of a path pattern.

    Raises
    ------
    ValueError
        If the braces do not match.
    """
    return [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]


def curve_models(config: Mapping[str, Any]) -> list[str]:
    """Models that get a learning curve."""
    curve = config["learning_curve"]
    if not curve["enabled"]:
        return []
    wanted = curve["models"] or [config["primary_model"]]
    return [model for model in config["models"] if model in wanted]


def stability_models(config: Mapping[str, Any]) -> list[str]:
    """Models that are fitted to resampled people or cross-validated with other seeds."""
    asked = config["stability"]
    if not asked["resamples"] and not asked["seeds"]:
        return []
    wanted = asked["models"] or [config["primary_model"]]
    return [model for model in config["models"] if model in wanted]


def controlled_models(config: Mapping[str, Any]) -> list[str]:
    """Models that remove confounds for a classifier that is not linear, and so get controls."""
    return [
        name
        for name, model in config["models"].items()
        if model["confounds"] and not learner_kind(model).predicts_number and not is_linear(model)
    ]


def ordered_models(config: Mapping[str, Any]) -> list[str]:
    """Models, the primary one first."""
    return sorted(config["models"], key=lambda model: model != config["primary_model"])
