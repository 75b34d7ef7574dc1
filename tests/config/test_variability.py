"""The sections effects and variability: defaults, and mistakes told in one line."""

from __future__ import annotations

import copy

import pytest

from mri_response.config.load import load_config
from mri_response.core.errors import InputError

SOURCES = {"fs": "fs.tsv", "maps": "{participant_id}.nii"}
RAW = {
    "run": "study",
    "sessions": ["ses-1", "ses-2", "ses-3"],
    "cohorts": {
        "drug": {"role": "discovery", "participants": "p.tsv", "sources": SOURCES},
        "saline": {"role": "control", "participants": "q.tsv", "sources": {"fs": "q_fs.tsv"}},
        "other": {"role": "external", "participants": "r.tsv", "sources": {"fs": "r_fs.tsv"}},
    },
    "effects": {
        "change": {
            "before": {"source": "fs", "session": "ses-1"},
            "after": {"source": "fs", "session": "ses-2"},
        }
    },
    "variability": {"effects": ["change"], "atlas": "destrieux"},
}


def changed(*path_and_value):
    *path, value = path_and_value
    raw = copy.deepcopy(RAW)
    place = raw
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    return raw


def test_what_is_not_given_has_defaults():
    config = load_config(RAW)
    effect, asked = config["effects"]["change"], config["variability"]
    assert (effect["cohort"], effect["control"]) == ("drug", None)
    assert (effect["measure"], effect["center"], effect["confounds"]) == ("difference", "none", [])
    assert asked["components"] == {"null_maps": "smooth", "n": 999, "alpha": 0.05, "max": 10}
    assert asked["genes"] is None
    assert asked["adjust_baseline"] is True
    genes = load_config(changed("variability", "genes", {"table": "g.tsv", "test": ["SST"]}))
    assert genes["variability"]["genes"]["nulls"] == ["spin", "moran"]
    assert genes["variability"]["genes"]["hemisphere"] == "left_averaged"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            changed("variability", "effects", ["chang"]),
            "config: variability.effects: found 'chang', expected one of the effects change; did "
            "you mean 'change'? correct it",
        ),
        (changed("effects", {}), "config: effects: found nothing, expected a mapping"),
        (
            changed("effects", "change", "control", "other"),
            "config: effects.change.control: found 'other', a cohort of role external, expected "
            "another cohort than the treated one, of role control; correct it or the role",
        ),
        (
            changed("effects", "change", "after", {"source": "frees"}),
            "config: cohorts.drug.sources.frees: found nothing, expected the path of a table, "
            "since effects.change takes the source 'frees'",
        ),
        (
            changed("effects", "change", "after", {"source": "maps"}),
            "config: cohorts.drug.sources.maps: found images, expected values of regions",
        ),
        (
            changed("cohorts", "drug", "sources", "fs", {"bids": "maps", "suffix": "probseg"}),
            "config: cohorts.drug.sources.fs: found images, expected values of regions",
        ),
        (
            changed("effects", "change", "after", {"source": "fs", "session": "ses-1"}),
            "config: effects.change.before: found the source and session of after",
        ),
        (
            {**changed("effects", "change", {"after": {"source": "fs"}, "measure": "percent"})},
            "config: effects.change.measure: found percent without before",
        ),
        (
            changed("variability", "score", {"scale": "M", "baseline": "a", "endpoint": "b"}),
            "config: cohorts.drug.scores: found nothing, expected a table of scores",
        ),
        (
            changed("effects", "change", "confounds", ["sex", "age"])
            | {"variability": {**RAW["variability"], "clinical": ["onset", "age"]}},
            "config: variability.clinical: found 'age', a confound of effects.change, expected "
            "columns that are not taken out of the effect; remove it here or there",
        ),
        (
            changed("variability", "atlas", "glasser"),
            "config: variability.atlas: found 'glasser', expected destrieux, desikan_killiany, aal",
        ),
        (
            changed("variability", "components", {"null_maps": "spun"}),
            "config: variability.components.null_maps: found 'spun', expected smooth, moran "
            "or within_region",
        ),
        (
            changed("variability", "simulation", {"directory": "d"}),
            "config: variability.simulation: found cohorts drug, saline, other, expected the "
            "cohorts that are simulated: treated, control; name them so",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(raw, said):
    with pytest.raises(InputError) as error:
        load_config(raw)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


# ---------------------------------------------------------------- features
def with_model(**sessions):
    raw = {key: value for key, value in copy.deepcopy(RAW).items() if key != "variability"}
    raw["outcome"] = {
        "kind": "response",
        "scale": "MADRS",
        "baseline": "ses-1",
        "endpoint": "ses-3",
        "positive_class": "responder",
    }
    for cohort in raw["cohorts"].values():
        cohort["scores"] = "scores.tsv"
    raw["effects"]["change"] |= sessions
    raw["features"] = {
        "scan": {"kind": "table", "source": "fs"},
        "early": {"kind": "effect", "effect": "change"},
    }
    raw["models"] = {"scan": {"features": "scan"}, "early": {"features": "early", "pca": 3}}
    return raw


def test_an_effect_before_the_end_point_may_be_a_feature():
    assert load_config(with_model())["features"]["early"]["effect"] == "change"


@pytest.mark.parametrize(
    ("sessions", "said"),
    [
        (
            {"after": {"source": "fs", "session": "ses-3"}},
            "config: effects.change.after.session: found 'ses-3', which is not before 'ses-3' "
            "(outcome.endpoint), expected sessions before the outcome",
        ),
        (
            {"after": {"source": "fs"}},
            "config: effects.change.after.session: found nothing, expected a session before the "
            "end-point, since features.early has the effect",
        ),
        (
            {"before": {"source": "fs", "session": "ses-0"}},
            "config: effects.change.before.session: found 'ses-0', expected some of the ",
        ),
    ],
)
def test_an_effect_of_the_end_point_is_refused(sessions, said):
    with pytest.raises(InputError) as error:
        load_config(with_model(**sessions))
    assert str(error.value).startswith(said)


def test_effects_alone_are_no_models_of_scans():
    raw = with_model()
    del raw["models"]["scan"]
    with pytest.raises(InputError, match="models of effects of treatment and the clinic alone"):
        load_config(raw)
