"""The simulated trial holds what it says was planted."""

from __future__ import annotations

import numpy as np
import pytest

from mri_response.simulation.variability_study import (
    GENE_R,
    GENES,
    SESSIONS,
    Brain,
    VariabilityStudy,
    draw_variability_study,
    simulate_variability_study,
)


@pytest.fixture(scope="module")
def large():
    return draw_variability_study(VariabilityStudy(3, treated=400, control=400))


def change(drawn, arm):
    table = drawn.regions[arm].set_index(["session_id", "participant_id"])
    return table.loc[SESSIONS[1]] - table.loc[SESSIONS[0]]


def test_noise_has_variance_1_and_homotopic_regions_go_together(large):
    own = change(large, "control")
    assert (own.var()).mean() == pytest.approx(1, abs=0.05)
    assert own.mean().abs().max() < 0.25
    assert own["Left-Hippocampus"].corr(own["Right-Hippocampus"]) == pytest.approx(0.8, abs=0.06)
    # Values after and before share noise: the change falls with the value before.
    before = (
        large.regions["control"].query("session_id == @SESSIONS[0]").set_index("participant_id")
    )
    r = before["Left-Hippocampus"].corr(own["Left-Hippocampus"])
    assert -0.3 < r < 0


def test_axes_mean_and_spread_are_those_that_are_planted(large):
    axes = Brain().axes(3)
    np.testing.assert_allclose(axes @ axes.T / 148, np.eye(2), atol=1e-9)
    drug, control = change(large, "treated"), change(large, "control")
    for axis, size in zip(axes, (0.8, 0.5), strict=True):
        spread = [(own @ axis / 148).var() for own in (drug, control)]
        assert spread[0] - spread[1] == pytest.approx(size**2, rel=0.2)
    planted = large.planted.set_index(["quantity", "what"])["planted"]
    cingulate = [name for name in drug if "cingul-Ant" in name and "Mid" not in name]
    assert drug[cingulate].mean(axis=1).mean() == pytest.approx(0.6, abs=0.2)
    sets = [own[["Left-Hippocampus", "Right-Hippocampus"]].mean(axis=1) for own in (drug, control)]
    ratio = np.log(sets[0].std() / sets[1].std())
    assert ratio == pytest.approx(planted["ln_vr", "hippocampus"], abs=0.15)


def test_scores_and_genes_follow_the_first_axis(large):
    axes = Brain().axes(3)
    table = large.scores["treated"].pivot_table("score", "participant_id", "session_id")
    fall = table[SESSIONS[0]] - table[SESSIONS[1]]
    seen = change(large, "treated") @ axes[0]
    expected = large.planted.set_index(["quantity", "what"])["planted"]["r_score", "component 1"]
    assert np.corrcoef(fall.loc[seen.index], seen)[0, 1] == pytest.approx(expected, abs=0.1)
    genes = large.genes.set_index("region")
    assert genes.shape == (148, GENES)
    r = np.corrcoef(genes["MADE1"], axes[0][Brain().cortex])[0, 1]
    assert r == pytest.approx(GENE_R, abs=0.15)


def test_sizes_change_nobody_and_files_are_those_of_a_study(tmp_path):
    simulate_variability_study(VariabilityStudy(3, treated=12, control=12), tmp_path / "made")
    names = {str(path.relative_to(tmp_path / "made")) for path in (tmp_path / "made").rglob("*.*")}
    arms = {
        f"{arm}/{name}.tsv"
        for arm in ("treated", "control")
        for name in ("participants", "scores", "regions")
    }
    assert names == arms | {"genes.tsv", "planted.tsv", "axes.tsv", "dataset_description.json"}
