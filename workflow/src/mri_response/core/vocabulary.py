"""Words that the tables of a run and the configuration share: each is spelled here only.

Members of the enumerations are strings: they compare, hash and print as their values, so that they
may stand in tables and JSON files in place of text.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a cohort is used for (`cohorts.<name>.role` of the configuration)."""

    DISCOVERY = "discovery"
    EXTERNAL = "external"
    CONTROL = "control"


#: Names under which the cohorts of one role appear when they are taken together.
EXTERNAL_POOLED = "external_pooled"
CONTROL_POOLED = "control_pooled"
#: Group of the people of all classes together in the table of characteristics.
EVERYBODY = "all"


class Aggregation(StrEnum):
    """How several decision values per person are summed up to one number."""

    MEAN_OVER_REPEATS = "mean_over_repeats"
    PERSON = "person"
    MEAN_OVER_FOLDS = "mean_over_folds"
    FROZEN_MODEL = "frozen_model"
    WITHIN_COHORTS = "within_cohorts"


#: Metrics that are read first.
HEADLINE_METRICS = ("balanced_accuracy", "auc")
#: Aggregation of the numbers that are read first.
HEADLINE = Aggregation.MEAN_OVER_REPEATS
#: Aggregations of the number that is read first, of which a cohort has one: in cross-validation, of
#: several cohorts together, of one other cohort.
READ_FIRST = (HEADLINE, Aggregation.WITHIN_COHORTS, Aggregation.FROZEN_MODEL)
#: Aggregations of cross-validated decision values.
CROSS_VALIDATED = (
    Aggregation.MEAN_OVER_REPEATS,
    Aggregation.PERSON,
    Aggregation.MEAN_OVER_FOLDS,
)


class Null(StrEnum):
    """Which labels are permuted to test a performance, and how."""

    WHOLE_PROCEDURE = "whole_procedure"
    GIVEN_CONFOUNDS = "whole_procedure_given_confounds"
    OWN_LABELS = "own_labels"
    DISCOVERY_LABELS = "discovery_labels"
    RESIDUALS = "whole_procedure_residuals_given_baseline"
    OWN_RESIDUALS = "own_residuals_given_baseline"


class Interval(StrEnum):
    """Methods of confidence intervals."""

    NULL_INFLATED = "null_inflated"
    NAIVE_BOOTSTRAP = "naive_bootstrap"
    WILSON = "wilson"
    MOVER_WILSON = "mover_wilson"
    MOVER_DIFFERENCE = "mover_difference"
    DELONG_LOGIT = "delong_logit"
    DELONG_WITHIN = "delong_within_cohorts"
    NEWCOMBE_AUC = "newcombe_auc"
    MOVER_COHORTS = "mover_cohorts"
    INFLUENCE = "influence"
    INFLUENCE_RESAMPLED = "influence_resampled"


class Comparison(StrEnum):
    """Tests of a difference between models or arms."""

    STUDENTISED_PERMUTATION = "studentised_permutation"
    CORRECTED_RESAMPLED_T = "corrected_resampled_t"
    EXCHANGED_WITHIN_PEOPLE = "exchanged_within_people"
    DELONG = "delong"
    MCNEMAR_EXACT = "mcnemar_exact"
    SCANS_PERMUTED = "imaging_residuals_permuted"


class ConfoundControl(StrEnum):
    """Controls of the removal of confounds."""

    NOT_REMOVED = "not_removed"
    SHUFFLED = "shuffled_before_removal"


class NotComputed(StrEnum):
    """Reasons that stand in place of a method where a number is missing."""

    SMALL_CLASS = "not_computed_small_class"
    NO_CONTROL = "not_computed_no_control"
    NO_EXTERNAL = "not_computed_no_external"
    NO_SCORES = "not_computed_no_scores"
    NO_VARIATION = "not_computed_no_variation"
    NOBODY_EXCHANGES = "not_computed_nobody_exchanges"
    STACK = "not_computed_stack"
    UNDEFINED = "not_defined"
    NOT_ESTIMABLE = "not_estimable"


#: Maps of a voxel model's weights, see `mri_response.brain.weights.map_values`.
VOXEL_MAPS = (
    "weight",
    "haufe",
    "weight_mean",
    "cvr",
    "sign_consistency",
    "sign_consistency_null",
    "neglog10_sign_consistency_p",
    "neglog10_p_value",
    "neglog10_p_fdr",
    "neglog10_p_max",
    "null_low",
    "null_high",
)
