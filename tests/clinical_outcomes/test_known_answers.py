"""Known answers of ds005917 that no other test holds, computed independently of the project."""

import numpy as np
import pytest
from real_trials import first_infusion, ketamine
from test_crossover import periods

from mri_response.clinical_outcomes.covariance import CompoundSymmetry
from mri_response.clinical_outcomes.effect_sizes import within_effects
from mri_response.clinical_outcomes.kenward_roger import contrast
from mri_response.clinical_outcomes.likelihood import repeated_scores
from mri_response.clinical_outcomes.rates import Rule, paired_rate_differences, rate_differences
from mri_response.clinical_outcomes.reml import fit

# Day and whether the baseline is a covariate: -2 log likelihood, variances between and within
# people, and the drug by both of Kenward and Roger and by Satterthwaite.
MIXED = {
    (2, False): (
        *(363.21443, (21.6781, 50.6027), (-7.40729, 1.99315, 24.68338)),
        *((-7.40729, 1.99462, 22.74837), (-7.40729, 1.98439, 22.74837)),
    ),
    (2, True): (
        *(362.28419, (21.2054, 50.2502), (-7.29522, 1.98831, 24.62258)),
        *((-7.29522, 1.98965, 22.9143), (-7.29522, 1.97935, 22.9143)),
    ),
    (10, False): (
        *(340.50817, (16.303, 36.3045), (-5.66991, 1.72815, 24.265)),
        *((-5.66991, 1.73743, 17.81867), (-5.66991, 1.71513, 17.81867)),
    ),
    (10, True): (
        *(340.25871, (16.8883, 35.7356), (-5.49324, 1.72286, 24.03257)),
        *((-5.49324, 1.73177, 17.99895), (-5.49324, 1.70949, 17.99895)),
    ),
}
# The second period minus the first, by Kenward and Roger with expected information.
PERIOD = {
    (2, False): (0.86870, 1.99579, 24.64326),
    (2, True): (0.73589, 1.99185, 24.56759),
    (10, False): (-3.11052, 1.73288, 24.17897),
    (10, True): (-3.12607, 1.72096, 24.06987),
}
METHODS = ("kenward_roger_expected", "kenward_roger", "satterthwaite")


@pytest.mark.parametrize(("day", "with_baseline"), MIXED)
def test_the_mixed_model_of_a_crossover(shared_data, day, with_baseline):
    rows = periods(shared_data, day)
    one, drug = np.ones(len(rows)), (rows["treatment"] == "d").to_numpy(float)
    second = (rows["period"] == 2).to_numpy(float)
    x = np.column_stack([one, drug, second, *([rows["baseline"]] if with_baseline else [])])
    scores = repeated_scores(rows["score"], x, rows["participant_id"], rows["period"] - 1)
    model = fit(scores, CompoundSymmetry(2))
    deviance, variances, *answers = MIXED[day, with_baseline]
    assert model.deviance == pytest.approx(deviance, abs=1e-5)
    covariance = model.structure.matrix(model.theta)
    found = covariance[0, 1], covariance[0, 0] - covariance[0, 1]
    assert found == pytest.approx(variances, abs=2e-4)
    for method, expected in zip(METHODS, answers, strict=True):
        wanted = np.eye(x.shape[1])[1]
        assert contrast(model, wanted, method)[:3] == pytest.approx(expected, abs=3e-5)
    period = contrast(model, np.eye(x.shape[1])[2], METHODS[0])
    assert period[:3] == pytest.approx(PERIOD[day, with_baseline], abs=3e-5)


@pytest.mark.parametrize(
    ("day", "n", "difference", "change", "average"),
    [
        (2, 24, (-6.7500, -10.7796, -2.7204, 0.002098), (-0.6840, -1.1120, -0.2441), -0.8078),
        (10, 22, (-4.2727, -8.1093, -0.4362, 0.030749), (-0.4759, -0.8983, -0.0435), -0.6192),
    ],
)
def test_sizes_of_drug_against_placebo(shared_data, day, n, difference, change, average):
    table = ketamine(shared_data)
    scores = table.pivot_table(index="participant_id", columns="session_id", values="score")
    pairs = scores[[f"ses-d{day}", f"ses-p{day}"]].dropna()
    own = table[(table["session_id"] == f"ses-d{day}")].set_index("participant_id")
    own = own.loc[pairs.index].assign(baseline=pairs[f"ses-p{day}"]).reset_index()
    found = within_effects(own).set_index("standardiser")
    assert (found["n"] == n).all()
    points = ["mean_change", "mean_change_low", "mean_change_high", "p_value"]
    assert found.loc["change", points].tolist() == pytest.approx(difference, abs=5.1e-5)
    assert found.loc["change", "p_value"] == pytest.approx(difference[-1], abs=6e-7)
    limits = ["estimate", "ci_low", "ci_high"]
    assert found.loc["change", limits].tolist() == pytest.approx(change, abs=5.1e-5)
    assert found.loc["average", "estimate"] == pytest.approx(average, abs=5.1e-5)


def test_the_number_needed_to_treat_of_day_10_passes_through_infinity(shared_data):
    found = paired_rate_differences(ketamine(shared_data), Rule(50), "ses-d10", "ses-p10")
    row = found.set_index("measure").loc["number_needed_to_treat"]
    expected = (22.0, 4.5876, -9.2739)
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=5e-4)


def test_response_after_the_first_infusion_at_day_10(shared_data):
    found = rate_differences(first_infusion(shared_data, 10), Rule(50), "ketamine", "placebo")
    row = found[found["counted"] == "observed"].set_index("measure").loc["risk_difference"]
    assert tuple(row[["k", "n", "k_reference", "n_reference"]]) == (2, 15, 0, 13)
    expected = (0.1333, -0.1141, 0.3788)
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=5e-5)


def test_people_of_the_first_infusion(shared_data):
    expected = {2: (-10.6000, -1.0769), 10: (-3.6667, 2.6154)}
    for day, changes in expected.items():
        table = first_infusion(shared_data, day)
        means = table.groupby("arm")["change"].mean()
        assert means[["ketamine", "placebo"]].tolist() == pytest.approx(changes, abs=5.1e-5)
        before = table["baseline"].dropna()
        found = (len(before), before.mean(), before.std())
        assert found == pytest.approx((31, 33.1290, 4.4252), abs=5.1e-5)
