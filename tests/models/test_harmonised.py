"""A frozen model of harmonised features, against the refit that it is made of."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.learning.design import Design, FixedFolds, Sample, StackedRows, with_other_cohorts
from mri_response.learning.learners.svc.cross_validation import cross_validate
from mri_response.learning.learners.svc.options import SvcOptions
from mri_response.learning.permutation import Exchangeability
from mri_response.learning.preparation.confounds import ConfoundCoding
from mri_response.learning.splits import Scheme, draw_folds
from mri_response.models.fitted import fitted_models
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.linear import FrozenLinear, freeze_linear
from mri_response.models.loading import load_frozen

HARMONISE = {"column": "site", "keep": ["sex"], "method": "combat", "reference": None}
MODEL = {"confounds": ["age"], "harmonise": HARMONISE | {"min_people": 3, "learn_from": None}}


@pytest.fixture
def study():
    """Sixty people of three sites, and twelve others, two of them of a site of their own."""
    rng = np.random.default_rng(8)
    people = pd.DataFrame({
        "participant_id": [f"sub-{i}" for i in range(72)],
        "label": rng.permutation(np.arange(72) % 2),
        "site": [*np.tile(["a", "b", "c"], 20), *["a"] * 10, "d", "d"],
        "age": rng.normal(40, 8, 72),
        "sex": rng.choice(["F", "M"], 72),
    })  # fmt: skip
    features = rng.normal(3, 1, (72, 90)) * (1 + (people["site"] == "b").to_numpy()[:, None])
    features[4, 2] = features[65, 3] = np.nan
    home, away = people[:60], people[60:].reset_index(drop=True)
    return home, away, features[:60], features[60:]


@pytest.fixture
def frozen(study):
    home, away, own, other = study
    coding = ConfoundCoding.of_model(home, MODEL)
    confounds = coding.stacked(home, away, unseen="mean")
    (*_, refit) = draw_folds(
        home["participant_id"], home["label"].to_numpy(), Scheme(1, 3, 1, 3), 1
    )
    job = cross_validate(
        Sample(StackedRows(own, other), confounds, np.pad(np.ones(60), (0, 12))),
        FixedFolds([with_other_cohorts(refit, 12)]),
        Design(Exchangeability(home), 1),
        [range(1)],
        SvcOptions((0.001, 0.01, 0.1)),
    )
    alone = ConfoundCoding.of(home, MODEL["confounds"])

    def formula(harmonised: np.ndarray) -> FrozenLinear:
        fitted = fitted_models([job], 60)
        return freeze_linear(harmonised, alone.matrix(home), fitted, alone, {"model": "m"})

    sites = coding.sites.rows(home, unseen="mean")
    return FrozenHarmonised.learn(own, sites, coding.sites, formula), job


def test_it_scores_others_as_the_refit_does(study, frozen):
    _, away, _, other = study
    model, job = frozen
    decision = model.decision(other, away, unseen="mean")
    np.testing.assert_allclose(decision, job.decision[0, 0, 60:], atol=1e-8)


def test_it_is_read_as_it_was_written(study, frozen, tmp_path):
    _, away, _, other = study
    model, _ = frozen
    model.save(tmp_path / "m.json")
    again = load_frozen(tmp_path / "m.json")
    assert again.sha256 == model.sha256
    np.testing.assert_array_equal(
        again.decision(other, away, unseen="mean"), model.decision(other, away, unseen="mean")
    )


def test_a_changed_effect_is_noticed(frozen, tmp_path):
    model, _ = frozen
    model.save(tmp_path / "m.json")
    arrays = dict(np.load(tmp_path / "m.npz"))
    arrays["site_shift"][0, 0] += 1e-9
    np.savez(tmp_path / "m.npz", **arrays)
    with pytest.raises(ValueError, match="not those that its hash was written for"):
        load_frozen(tmp_path / "m.json")


def test_a_site_that_is_not_known_is_refused(study, frozen):
    _, away, _, other = study
    with pytest.raises(InputError, match=r"found 'd' in site of sub-70.*(a, b, c)"):
        frozen[0].decision(other, away)


@pytest.mark.parametrize("cohorts", [1, 2])
def test_people_of_a_new_site_are_harmonised_as_in_the_refit(study, cohorts):
    home, away, own, other = study
    away["site"] = [*["a"] * 4, *["d"] * 8]
    model = MODEL | {"harmonise": MODEL["harmonise"] | {"min_people": 2}}
    tables, parts = ([away], [other])
    if cohorts == 2:
        # The same name in another cohort is learned from by itself.
        cut = [slice(0, 8), slice(8, 12)]
        tables = [away[part].reset_index(drop=True) for part in cut]
        parts = [other[part] for part in cut]
    coding = ConfoundCoding.of_model(home, model)
    confounds = coding.stacked(home, *tables, unseen="own")
    (*_, refit) = draw_folds(
        home["participant_id"], home["label"].to_numpy(), Scheme(1, 3, 1, 3), 1
    )
    job = cross_validate(
        Sample(StackedRows(own, *parts), confounds, np.pad(np.ones(60), (0, 12))),
        FixedFolds([with_other_cohorts(refit, 12)]),
        Design(Exchangeability(home), 1),
        [range(1)],
        SvcOptions((0.01,)),
    )
    alone = ConfoundCoding.of(home, model["confounds"])

    def formula(harmonised: np.ndarray) -> FrozenLinear:
        fitted = fitted_models([job], 60)
        return freeze_linear(harmonised, alone.matrix(home), fitted, alone, {"model": "m"})

    sites = coding.sites.rows(home, unseen="mean")
    frozen = FrozenHarmonised.learn(own, sites, coding.sites, formula)
    decision = [
        frozen.decision(rows, people, unseen="own")
        for rows, people in zip(parts, tables, strict=True)
    ]
    np.testing.assert_allclose(np.concatenate(decision), job.decision[0, 0, 60:], atol=1e-8)
    as_it_is = frozen.decision(other, away, unseen="mean")
    assert np.abs(np.concatenate(decision) - as_it_is)[4:].min() > 1e-3
