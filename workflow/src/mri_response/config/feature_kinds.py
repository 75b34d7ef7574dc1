"""Kinds of feature sets: one entry per kind, with its properties, its check and its words.

The function ``make`` of the module `features.<kind>` makes the features of a kind; the rule
`<kind>_features` follows from the entry.
Everything else asks an entry for its properties and never for the name of a kind. Every job reads
this module with the rules: it imports nothing that takes time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mri_response.config.columns import RESERVED_COLUMNS
from mri_response.config.messages import fault
from mri_response.core.tables import suggestion

Spec = Mapping[str, Any]


# ---------------------------------------------------------------- words
def _grid_words(spec: Spec) -> str:
    return "" if spec["grid"] == "native" else f", resampled to {spec['grid']:g} mm"


def _words_of_roi_maps(spec: Spec) -> str:
    atlas = spec["atlas"] if isinstance(spec["atlas"], str) else "a label image of the user"
    what = "volumes (sums)" if spec["statistic"] == "sum" else "means"
    words = f"regional {what} of grey-matter maps, atlas {atlas}{_grid_words(spec)}"
    tables = spec.get("tables")
    return f"{words}; those of CAT12 in {' and '.join(tables)}" if tables else words


def _words_of_voxels(spec: Spec) -> str:
    smoothing = spec["smoothing_fwhm_mm"]
    smooth = f"smoothed with {smoothing:g} mm FWHM" if smoothing else "not smoothed"
    mask = (
        f"grey-matter template above {spec['mask_threshold']:g}"
        if spec["mask"] == "template"
        else "a mask of the user"
    )
    return f"voxels of grey-matter maps, {smooth}, within {mask}{_grid_words(spec)}"


def _words_of_table(spec: Spec) -> str:
    return "regional values from a table"


def _words_of_clinical(spec: Spec) -> str:
    return f"clinical variables ({', '.join(spec['columns'])})"


def _words_of_belief(spec: Spec) -> str:
    return f"how beliefs are updated in {spec['session']} ({', '.join(spec['parameters'])})"


def _words_of_effect(spec: Spec) -> str:
    return f"the effect {spec['effect']} of each person, region by region"


def _words_of_concatenated(spec: Spec) -> str:
    return f"the feature sets {' and '.join(spec['sets'])} side by side"


# ---------------------------------------------------------------- checks
def _check_nothing(config: Spec, name: str) -> None:
    """Nothing concerns more than one key of the section."""


def _check_concatenated(config: Spec, name: str) -> None:
    """The sets that stand side by side exist and have a table."""
    kinds = {other: spec["kind"] for other, spec in config["features"].items()}
    allowed = [other for other, kind in kinds.items() if FEATURES[kind].can_be_part]
    for part in config["features"][name]["sets"]:
        if part not in allowed:
            what = f"{part!r}, a set of kind {kinds[part]}" if part in kinds else repr(part)
            raise fault(
                f"features.{name}.sets",
                what,
                f"feature sets with a table: {', '.join(allowed)}",
                "correct it",
            )


def _check_clinical(config: Spec, name: str) -> None:
    """Columns are known before treatment, and categorical ones are among them."""
    spec = config["features"][name]
    for column in spec["categorical"]:
        if column not in spec["columns"]:
            raise fault(
                f"features.{name}.categorical",
                repr(column),
                f"some of the columns {', '.join(spec['columns'])}",
                f"{suggestion(column, spec['columns'])}add it to columns or correct it",
            )
    for column in spec["columns"]:
        _check_known_before_treatment(config, f"features.{name}.columns", column)
        for cohort, own in config["cohorts"].items():
            if column == "tiv" and own["tiv"] is None:
                raise fault(
                    f"cohorts.{cohort}.tiv",
                    "nothing",
                    f"where total intracranial volume comes from, since features.{name} has it",
                    "add for example {column: tiv} or remove it there",
                )


def _check_known_before_treatment(config: Spec, key: str, column: str) -> None:
    outcome = config["outcome"]
    if column == outcome.get("column"):
        raise fault(key, f"{column!r}, which is the label", "other columns", "remove it")
    if column == "baseline_score" and outcome.get("baseline") is None:
        raise fault(
            key,
            "'baseline_score'",
            "it only with an outcome from scores that has a baseline",
            "add outcome.baseline or name a column of the participants table",
        )
    if column in RESERVED_COLUMNS and column != "baseline_score":
        raise fault(
            key,
            repr(column),
            "what is known before treatment",
            "remove it, or rename the column in the table",
        )


# ---------------------------------------------------------------- entries
@dataclass(frozen=True)
class FeatureKind:
    """One kind of feature sets.

    Attributes
    ----------
    words : callable
        From the section of a feature set to its description in a report.
    source : {"image", "table"} or None
        What a cohort's source holds: one image per person, or one table of all people. None for a
        kind that is made from what the workflow has read already.
    inputs : tuple of str
        What the features are made from, beside the people: names of ``FEATURE_FILES`` in
        ``rules/user_files.smk``.
    has_atlas : bool
        Whether the features are regions of an atlas that the workflow lays on the maps.
    has_names : bool
        Whether each feature has a name, so that the features of a cohort are a table; otherwise
        they are an array of voxels.
    has_parts : bool
        Whether the features are those of other feature sets (key ``sets``), side by side.
    is_clinical : bool
        Whether the features are columns of the participants table (key ``columns``).
    has_trials : bool
        Whether the features are made from trials of the belief-updating task (keys ``session`` and
        ``parameters``).
    is_light : bool
        Whether a job is short enough for the machine on which the workflow was started.
    has_effect : bool
        Whether the features are an effect of treatment between two sessions (key ``effect``).
    region_sets : str or None
        File of ``data/region_sets`` that fits every feature set of the kind.
    check : callable
        From the configuration and the name of a feature set; raises ``InputError`` for what
        concerns several keys.
    """

    words: Callable[[Spec], str]
    source: Literal["image", "table"] | None = None
    inputs: tuple[str, ...] = ()
    has_atlas: bool = False
    has_names: bool = True
    has_parts: bool = False
    is_clinical: bool = False
    has_trials: bool = False
    is_light: bool = False
    has_effect: bool = False
    region_sets: str | None = None
    check: Callable[[Spec, str], None] = _check_nothing

    @property
    def has_image(self) -> bool:
        """Whether the features are read from one image per person."""
        return self.source == "image"

    @property
    def has_table(self) -> bool:
        """Whether the features are read from a table of regions."""
        return self.source == "table"

    @property
    def has_regions(self) -> bool:
        """Whether the named features are regions of the brain, and nothing else."""
        return self.has_names and self.source is not None

    @property
    def can_be_part(self) -> bool:
        """Whether a set of this kind can stand side by side with others."""
        return self.has_names and not self.has_parts


FEATURES = {
    "roi_maps": FeatureKind(
        _words_of_roi_maps, source="image", inputs=("maps", "image", "regions"), has_atlas=True
    ),
    "voxels": FeatureKind(
        _words_of_voxels,
        source="image",
        inputs=("maps", "mask"),
        has_names=False,
        region_sets="neuromorphometrics",
    ),
    "table": FeatureKind(_words_of_table, source="table", inputs=("tables",)),
    "clinical": FeatureKind(
        _words_of_clinical,
        inputs=("discovery",),
        is_clinical=True,
        is_light=True,
        check=_check_clinical,
    ),
    "belief": FeatureKind(_words_of_belief, inputs=("rates",), has_trials=True, is_light=True),
    "effect": FeatureKind(_words_of_effect, inputs=("effects",), has_effect=True, is_light=True),
    "concatenated": FeatureKind(
        _words_of_concatenated,
        inputs=("sets",),
        has_parts=True,
        is_light=True,
        check=_check_concatenated,
    ),
}


def feature_kind(spec: Spec) -> FeatureKind:
    """Entry of the kind of a feature set.

    Parameters
    ----------
    spec : mapping
        Section ``features.<name>`` of the configuration.

    Returns
    -------
    FeatureKind
        Its properties, check and words.
    """
    return FEATURES[spec["kind"]]
