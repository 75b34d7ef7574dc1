"""Every pair of options passes the checks of the start or is refused in one line, and has jobs."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pytest
import yaml
from every_key import CONFIGS, write_study
from small_study import Study, dry_runs

from mri_response.config.load import load_config
from mri_response.config.outcome_kinds import is_number
from mri_response.core.errors import InputError
from mri_response.preflight.start import CACHE, checks_of_run

SCORES = {"scale": "MADRS", "baseline": "ses-1", "endpoint": "ses-4"}
SEVERITY = {"kind": "score", "column": "severity"}
NEW_SITES = {"confounds": {"unseen_site": "mean"}}
FOREST = "sklearn.ensemble.RandomForest"


def model(**changes: Any) -> dict[str, Any]:
    return {"models": {"main": changes}}


def folds(**changes: Any) -> dict[str, Any]:
    return {"cross_validation": changes}


#: Values of options beside those of `base`; values of one option exclude each other.
OPTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "outcome": {
        "response": {"outcome": {"kind": "response", **SCORES, "positive_class": "responder"}},
        "change": {"outcome": {"kind": "change", **SCORES}},
        "score": {"outcome": SEVERITY, **model(regressor=f"{FOREST}Regressor")},
        "endpoint": {"outcome": {"kind": "endpoint", **SCORES}, **model(epsilon=[0.1])},
    },
    "features": {
        **{name: model(features=name) for name in ("roi", "voxels", "both")},
        **{
            name: {"models": {"main": {"features": name}, "scans": {"features": "fs"}}}
            for name in ("clinic", "beliefs")
        },
    },
    "learner": {
        "logistic": model(estimator="sklearn.linear_model.LogisticRegression"),
        "forest": model(estimator=f"{FOREST}Classifier", parameters={"n_estimators": 5}),
    },
    "confounds": {
        "none": model(confounds=[]),
        "site": NEW_SITES | model(confounds=["age", "site"]),
        "knots": model(confounds=[{"column": "age", "knots": [30, 45, 60]}]),
    },
    "harmonise": {"combat": NEW_SITES | model(harmonise={"column": "scanner", "min_people": 2})},
    "pca": {"pca": model(pca=2)},
    "raw": {"raw": model(standardize=False)},
    "outer": {
        "site": folds(outer="leave_one_site_out", repeats=None, outer_folds=None),
        "column": folds(outer="leave_group_out", outer_column="site"),
        "one": folds(outer="leave_one_out", repeats=None, outer_folds=None),
        "held": folds(outer="held_out", held_out=0.4, repeats=None, outer_folds=None),
    },
    "inner": {"site": folds(inner="leave_one_site_out", inner_folds=None)},
    "scheme": {"stratified": folds(scheme="stratified")},
    "group": {"family": folds(group="family")},
    "within": {"site": {"permutation": {"within": "site"}}},
    "method": {"conditional": {"permutation": {"method": "conditional"}}},
    "external": {"ensemble": {"external": {"model": "ensemble"}}},
    "missing": {"impute": {"confounds": {"missing": "impute"}}},
    "categorical": {
        "scanner": {
            "confounds": {"categorical": ["scanner"], "unseen_site": "mean"},
            **model(confounds=["scanner"]),
        }
    },
    "unseen": {"mean": NEW_SITES},
    "exclude": {"tiv": {"quality_control": {"exclude": [{"measure": "tiv", "below": 1100}]}}},
    "curve": {"off": {"learning_curve": {"enabled": False}}},
    "subgroups": {"site": {"subgroups": {"columns": ["site", "scanner"]}}},
    "second": {"model": {"models": {"other": {"features": "clinic"}}, "primary_model": "other"}},
    "stack": {
        "stack": {
            "models": {"third": {"features": "fs", "confounds": ["tiv"]}},
            "stacks": {"together": ["main", "third"]},
        }
    },
    "points": {"none": {"operating_points": []}},
    "outcomes": {
        "arms": {
            "clinical_outcomes": {
                "baseline": "ses-1",
                "visits": ["ses-2", "ses-4"],
                "scales": {"MADRS": {}},
                "arm": {"column": "arm"},
                "reference": "p",
            }
        }
    },
    "belief": {
        "section": {"belief": {"baseline": "ses-1", "sessions": ["ses-2"], "min_trials": 2}}
    },
}
#: Into how many tests the dry runs of all pairs are cut.
PARTS = 10
VALUES = [(option, value) for option, values in OPTIONS.items() for value in values]


def base() -> dict[str, Any]:
    """The configuration that the options change."""
    cohorts = {
        name: {
            "role": name,
            **{key: f"{name}/{key}.tsv" for key in ("participants", "scores", "trials")},
            "sources": {
                "fs": f"{name}/regions.tsv",
                "gm": f"{name}/maps/mwp1{{participant_id}}.nii.gz",
            },
            "tiv": {"column": "tiv"},
        }
        for name in ("discovery", "external", "control")
    }
    atlas = {"image": "atlas.nii.gz", "labels": "atlas.tsv"}
    label = {"column": "group", "classes": ["patient", "healthy"], "positive_class": "patient"}
    return {
        "run": "pair",
        "sessions": ["ses-1", "ses-2", "ses-3", "ses-4"],
        "cohorts": cohorts,
        "outcome": {"kind": "label", **label},
        "features": {
            "fs": {"kind": "table", "source": "fs"},
            "roi": {"kind": "roi_maps", "source": "gm", "atlas": atlas},
            "voxels": {"kind": "voxels", "source": "gm", "smoothing_fwhm_mm": 8},
            "clinic": {"kind": "clinical", "columns": ["education", "sex"]},
            "both": {"kind": "concatenated", "sets": ["fs", "clinic"]},
            "beliefs": {"kind": "belief", "session": "ses-1"},
        },
        "models": {"main": {"features": "fs", "confounds": ["age", "tiv"]}},
        "cross_validation": {"repeats": 1, "outer_folds": 3, "inner_folds": 3},
        "permutation": {"n": 9},
        "learning_curve": {"repeats": 1},
        "min_class_size": 2,
    }


def changed(value: Any, change: Any) -> Any:
    """A value with a change in it; an outcome takes the place of the other."""
    if not isinstance(value, dict) or not isinstance(change, dict) or "kind" in change:
        return copy.deepcopy(change)
    return value | {key: changed(value.get(key), inner) for key, inner in change.items()}


def with_options(chosen: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The base with some values of options."""
    config = base()
    for option, value in chosen:
        config = changed(config, OPTIONS[option][value])
    if is_number(config):
        del config["min_class_size"]  # which is for classes
    used = {spec["features"] for spec in config["models"].values()}
    if "beliefs" in used and "belief" not in config:
        config["belief"] = OPTIONS["belief"]["section"]["belief"]
    return config


def refusal(chosen: Iterable[tuple[str, str]]) -> str | None:
    """The line that refuses a configuration, None where it may start; other errors are raised."""
    try:
        for _ in checks_of_run(load_config(with_options(chosen)), CACHE):
            pass
    except InputError as error:
        return str(error)
    return None


Pairs = Mapping[frozenset, str | None]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return write_study(tmp_path_factory.mktemp("pairs") / "study")


@pytest.fixture(scope="module")
def pairs(study: Study) -> Pairs:
    """What is said of every pair of values of two options, None where it may start."""
    found, faults = {}, []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study.folder)
        for chosen in itertools.combinations(VALUES, 2):
            if chosen[0][0] == chosen[1][0]:
                continue
            try:
                found[frozenset(chosen)] = refusal(chosen)
            except Exception as error:
                faults.append((chosen, repr(error)))
    assert not faults
    return found


def leaves(value: Any, path: tuple = ()) -> dict[tuple, Any]:
    """The keys of a configuration by their path, with what they are set to."""
    if not isinstance(value, dict) or "kind" in value:
        return {path: value}
    return {k: v for key, inner in value.items() for k, v in leaves(inner, (*path, key)).items()}


def known_sets() -> list[list[tuple[str, str]]]:
    """Sets of values that were packed before; those with a value that is no more are left out."""
    lines = (CONFIGS.parent / "option_sets.txt").read_text().splitlines()
    sets = [[tuple(value.split(":")) for value in line.split()] for line in lines]
    return [chosen for chosen in sets if set(chosen) <= set(VALUES)]


@cache
def asked(pair: tuple[tuple[str, str], ...]) -> dict[tuple, Any]:
    """The keys that a pair sets, with what they are set to where nothing else is chosen."""
    own = {path for option, name in pair for path in leaves(OPTIONS[option][name])}
    return {path: value for path, value in leaves(with_options(pair)).items() if path in own}


class Packed:
    """Sets of values in which every pair that may start stands together, each as it does alone.

    Packing takes a minute, so that the sets known from before are taken first. What they lack, as
    after a change of the options, is packed anew; `option_sets.txt` may then be written again.

    Parameters
    ----------
    pairs : mapping
        What is said of every pair.
    sets : list of list
        Sets known from before.
    """

    def __init__(self, pairs: Pairs, sets: Iterable[list[tuple[str, str]]] = ()) -> None:
        self.may = {pair for pair, line in pairs.items() if line is None}
        self.open = set(self.may)
        self.sets = [*sets]
        for chosen in self.sets:
            self.open -= self._covered(chosen)
        while self.open:
            self.sets.append(self._next())

    def _next(self) -> list[tuple[str, str]]:
        """Values together that have many open pairs; at least one pair, as it may start."""
        first = min(self.open, key=lambda pair: sorted(map(VALUES.index, pair)))
        chosen = sorted(first, key=VALUES.index)
        refused: set[tuple[str, str]] = set()
        while True:
            fits = [v for v in VALUES if v not in refused and self._goes_with(v, chosen)]
            gain = {v: sum(frozenset((v, w)) in self.open for w in chosen) for v in fits}
            best = max(fits, key=lambda v: gain[v], default=None)
            if best is None or not gain[best]:
                break
            more = sorted([*chosen, best], key=VALUES.index)
            if self._covered(chosen) <= self._covered(more) and refusal(more) is None:
                chosen = more
            else:
                refused.add(best)
        self.open -= self._covered(chosen)
        return chosen

    def _goes_with(self, value: tuple[str, str], chosen: Iterable[tuple[str, str]]) -> bool:
        return all(frozenset((value, other)) in self.may for other in chosen)

    def _covered(self, chosen: Iterable[tuple[str, str]]) -> set[frozenset]:
        """Pairs of a set of which no third value changes what the two ask for."""
        keys = leaves(with_options(chosen))
        return {
            frozenset(pair)
            for pair in itertools.combinations(chosen, 2)
            if all(keys.get(path, value) == value for path, value in asked(pair).items())
        }


def has_jobs(study: Study, sets: Iterable[Iterable[tuple[str, str]]]) -> None:
    """Every configuration has jobs that end in a page."""
    names = []
    for number, chosen in enumerate(sets):
        text = yaml.safe_dump({**with_options(chosen), "run": f"pair{number}"}, sort_keys=False)
        (study.folder / f"pair{number}.yaml").write_text(text)
        names.append(f"pair{number}.yaml")
    for name, counts in dry_runs(names, study.folder).items():
        assert counts.get("report_page") == 1, name


def test_every_pair_may_start_or_is_refused_in_one_line(pairs: Pairs):
    assert len(pairs) > 500
    assert not [line for line in pairs.values() if line is not None and "\n" in line]
    # Options are there to be used together: most pairs may.
    assert sum(line is None for line in pairs.values()) > 0.7 * len(pairs)


def test_every_pair_that_may_start_has_jobs_together_with_others(study: Study, pairs: Pairs):
    packed = Packed(pairs, known_sets())
    assert len(packed.sets) < 40, "pack the options anew: option_sets.txt"
    has_jobs(study, packed.sets)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_each_pair_that_may_start_has_jobs(study: Study, pairs: Pairs, part: int):
    """A part of the pairs at a time, which can be run by itself (`-k "jobs and 7"`)."""
    # In the order in which they were checked: of two that change one key the latter counts.
    may = [sorted(pair, key=VALUES.index) for pair, line in pairs.items() if line is None]
    has_jobs(study, may[part::PARTS])
