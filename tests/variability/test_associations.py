"""Components and symptoms: what is adjusted for, beside a regression."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from mri_response.variability.region_results import association_table
from mri_response.variability.study import CONFOUND, EffectStudy

REGIONS = [f"r{i}" for i in range(6)]
LOADINGS = np.linalg.qr(np.random.default_rng(0).standard_normal((6, 2)))[0].T


def tables(rng, n=40, retained=(True, False)):
    """A study with two components, and its tables of them."""
    names = [f"sub-{i:02}" for i in range(n)]
    before, maps = (pd.DataFrame(rng.standard_normal((n, 6)), names, REGIONS) for _ in range(2))
    people = pd.DataFrame({"participant_id": names, "used": True, "is_control": False})
    people = people.assign(block="all", cohort="drug", fall=rng.standard_normal(n))
    people[CONFOUND + "age"] = rng.normal(40, 10, n)
    people[CONFOUND + "site"] = ["a", "b"] * (n // 2)
    people[CONFOUND + "tiv"] = np.nan  # a confound of another effect
    components = pd.DataFrame({"effect": "change", "component": [1, 2], "retained": retained})
    loadings = pd.DataFrame(
        [("change", k + 1, r, LOADINGS[k, i]) for k in range(2) for i, r in enumerate(REGIONS)],
        columns=["effect", "component", "region", "loading"],
    )
    places = maps.to_numpy() @ LOADINGS.T
    scores = pd.DataFrame(
        [("change", name, k + 1, places[i, k]) for i, name in enumerate(names) for k in range(2)],
        columns=["effect", "participant_id", "component", "score"],
    )
    return EffectStudy("change", REGIONS, people, maps, before), scores, components, loadings


def config(**changes):
    asked = {
        **{"clinical": ["fall"], "score": None, "within": None},
        **{"adjust_baseline": True, "permutations": 199},
    }
    return {"variability": asked | changes, "seed": 1}


@pytest.mark.parametrize("adjusts", [True, False])
def test_a_partial_correlation_is_given_confounds_and_the_map_before(adjusts):
    study, *made = tables(np.random.default_rng(1))
    study.people.loc[3, "fall"] = np.nan
    found = association_table(config(adjust_baseline=adjusts), [study], *made)
    known = study.people["fall"].notna().to_numpy()
    people, own = study.people[known], (study.maps.to_numpy() @ LOADINGS[0])[known]
    given = [people[CONFOUND + "age"], people[CONFOUND + "site"] == "b"]
    if adjusts:
        before = study.before.to_numpy()[known]
        _, _, patterns = np.linalg.svd(before - before.mean(axis=0))
        given += [before @ LOADINGS[0], *(before @ patterns[:3].T).T]
    design = sm.add_constant(np.column_stack([*given, own]).astype(float))
    fit = sm.OLS(people["fall"].to_numpy(), design).fit()
    t, df = fit.tvalues[-1], fit.df_resid
    row = found.iloc[0]
    assert len(found) == row["family_size"] == 1
    assert row["n"] == 39
    assert row["r"] == pytest.approx(t / np.sqrt(t**2 + df))
    assert row["adjusted_for"] == "age, site" + (", map before" if adjusts else "")


def test_what_a_confound_makes_is_no_association():
    rng = np.random.default_rng(2)
    study, scores, components, loadings = tables(rng)
    age = study.people[CONFOUND + "age"].to_numpy()
    study.people["fall"] = age + rng.standard_normal(40)
    places = scores["component"] == 1
    scores.loc[places, "score"] = age + 10 * rng.standard_normal(40)
    row = association_table(config(), [study], scores, components, loadings).iloc[0]
    assert row["p_value"] > 0.05
    study = replace(study, people=study.people.drop(columns=CONFOUND + "age"))
    row = association_table(config(), [study], scores, components, loadings).iloc[0]
    assert row["p_value"] == 0.005


def test_the_family_is_all_components_and_columns_of_an_effect():
    study, *made = tables(np.random.default_rng(3), retained=(True, True))
    study.people["mood"] = np.random.default_rng(4).standard_normal(40)
    found = association_table(config(clinical=["fall", "mood"]), [study], *made)
    assert found["family_size"].tolist() == [4] * 4
    assert (found["p_max"] >= found["p_value"]).all()


def test_too_few_people_beyond_what_is_adjusted_for_have_no_association():
    study, *made = tables(np.random.default_rng(5), n=12)
    assert association_table(config(), [study], *made).empty
