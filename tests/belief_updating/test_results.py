"""What the rules of belief updating make of a study in files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from belief_files import write_study

from mri_response.belief_updating import results
from mri_response.belief_updating.agents import news_table
from mri_response.belief_updating.association import association_table
from mri_response.belief_updating.changes import change_table
from mri_response.belief_updating.effects import update_effects
from mri_response.belief_updating.mediation import mediation_table
from mri_response.belief_updating.models import Prior, evidence_table
from mri_response.belief_updating.rates import estimates
from mri_response.belief_updating.run_tables import typed
from mri_response.belief_updating.study import comparisons, exclusion_rules, read_study
from mri_response.config.load import load_config
from mri_response.core.tables import read_tsv, write_tsv


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beliefs") / "study"
    return load_config(write_study(folder, covariates=["age"]))


@pytest.fixture(scope="module")
def made(config, tmp_path_factory):
    """All tables, each read back from its file as a job reads it."""
    folder = tmp_path_factory.mktemp("tables")

    def stored(tables):
        for name, table in tables.items():
            write_tsv(table, folder / f"{name}.tsv")
            tables[name] = typed(read_tsv(folder / f"{name}.tsv"))
        return tables

    made = stored(results.study_tables(config, read_study(config)))
    known = (made["trials"], made["people"])
    made |= stored(results.rate_tables(config, *known))
    made |= stored(results.model_tables(config, *known))
    made |= stored(results.recovery_tables(config, made["trials"]))
    made |= stored(results.effect_tables(config, made["trials"], made["rates"], made["people"]))
    made |= stored(results.agent_tables(config, *known))
    return made | stored(results.score_tables(config, made["rates"], made["people"]))


def test_a_table_read_back_gives_the_same_numbers(config, made):
    rates = estimates(made["trials"])
    pd.testing.assert_frame_equal(made["rates"], rates, check_dtype=False, check_exact=True)
    study = read_study(config)
    again, _ = results.selected(study.trials, exclusion_rules(config["belief"]))
    pd.testing.assert_frame_equal(estimates(again), rates, check_dtype=False, check_exact=True)


def test_every_table_is_what_its_function_says(config, made):
    first, second = comparisons(config["belief"])
    trials, people, rates = made["trials"], made["people"], made["rates"]
    expected = {
        "changes": change_table(rates, people, second),
        "effects": update_effects(trials, people, second)[0],
    }
    for name, table in expected.items():
        own = made[name].query("session_id == @second.session").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, table, check_dtype=False)
    evidence = evidence_table(trials, prior=Prior())
    pd.testing.assert_frame_equal(made["evidence"], evidence, check_dtype=False)
    association = association_table(
        rates, people, [first, second], n_permutations=99, seed=config["seed"]
    )
    pd.testing.assert_frame_equal(made["association"], association, check_dtype=False)
    groups = dict(zip(people["participant_id"], people["group"], strict=True))
    news = news_table(read_study(config).trials, exclusion_rules(config["belief"]), groups)
    assert made["news"]["A_E1"].tolist() == news["A_E1"].tolist()


def test_effects_are_of_every_session_after_treatment(made):
    for name in ("effects", "variances", "changes", "answers", "agents_effects", "association"):
        assert made[name]["session_id"].unique().tolist() == ["ses-4h", "ses-1w"]
    assert set(made["models"]["session_id"]) == {"ses-before", "ses-4h", "ses-1w"}


def test_every_session_is_drawn_to_its_own_group(made):
    shrunk = made["shrunk"].set_index(["participant_id", "session_id"])
    rates = made["rates"].set_index(["participant_id", "session_id"])
    assert set(shrunk.index) == set(rates.index)
    group = made["people"].set_index("participant_id")["group"]
    label = rates.index.get_level_values(0).map(group)
    for cell in ("patients", "controls"):
        spread = [
            table.loc[rates.index[label == cell], "A"].groupby("session_id").std()
            for table in (shrunk, rates)
        ]
        assert (spread[0] < spread[1]).all()


def test_mediation_adjusts_for_the_covariates_and_takes_who_has_a_score(config, made):
    assert set(made["mediation"]["n"]) == {12}
    known = results.with_mediator(made["people"], made["rates"], comparisons(config["belief"])[0])
    table = mediation_table(known, None, ["age"], 200, config["seed"])
    assert made["mediation"]["estimate"].tolist() == table["estimate"].tolist()
    assert made["mediation"]["bca_low"].tolist() == table["bca_low"].tolist()


def test_with_two_arms_the_exposure_is_the_group(config, made):
    belief = config["belief"] | {"mediation": config["belief"]["mediation"] | {"exposure": "group"}}
    people = made["people"].copy()
    control = people["group"] == "controls"
    rng = np.random.default_rng(1)
    people.loc[control, ["score_before", "score_after"]] = rng.normal(30, 4, (control.sum(), 2))
    tables = results.score_tables({**config, "belief": belief}, made["rates"], people)
    rows = tables["mediation"].set_index("path")
    assert set(rows["n"]) == {24}
    assert set(rows["exposure"]) == {"treated"}
    assert rows.loc["a", "estimate"] > 0


def test_planted_beside_found(config, made):
    planted = read_tsv(
        config["cohorts"]["here"]["participants"].replace("participants", "planted"),
        {"planted": float},
    )
    found = results.found_table(config, made, planted)
    assert len(found) == 2 * 2 * 3 * 2
    rows = found.set_index(["session_id", "parameter", "contrast", "method"])
    changes = made["changes"].set_index(["session_id", "parameter", "contrast"])
    for key in (("ses-4h", "A", "patients"), ("ses-1w", "S", "patients - controls")):
        own = rows.loc[(*key, "least_squares")]
        assert own["found"] == changes.loc[key, "estimate"]
        inside = own["ci_low"] <= own["planted"] <= own["ci_high"]
        assert own["covered"] == inside
    assert rows.loc[("ses-4h", "A", "patients"), "planted"].tolist() == [0.15, 0.15]


def test_numbers_that_are_names_stay_text():
    table = pd.DataFrame({"group": ["1", "0"], "n": ["3", np.nan], "used": ["True", "False"]})
    out = typed(table)
    assert out["group"].tolist() == ["1", "0"]
    assert out["used"].tolist() == [True, False]
    assert out["n"].iloc[0] == 3.0
    assert np.isnan(out["n"].iloc[1])
