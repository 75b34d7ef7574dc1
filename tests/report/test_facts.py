"""Facts of a run: the real numbers, each with a place where it stands, and nothing of people."""

from __future__ import annotations

import copy
import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from made_up_run import CONFIG, MadeUpRun, made_up_run, one_cohort, six_cohorts

from mri_response.config.answers import resource
from mri_response.config.queries import CONFOUNDS_ONLY
from mri_response.evaluation.headline import rows_of
from mri_response.people.characteristics import characteristics
from mri_response.report.facts.caveats import caveats
from mri_response.report.facts.fact import MAKERS, Fact
from mri_response.report.facts.gathered import fact_names, gather
from mri_response.report.facts.methods import methods, results
from mri_response.report.run import Run

SHA256 = "ab" * 32
HARMONISE = {
    "column": "site",
    "method": "combat",
    "keep": [],
    "reference": None,
    "learn_from": None,
}
RUNS = {"trial": made_up_run, "six cohorts": six_cohorts, "one cohort": one_cohort}


def people_of(run: MadeUpRun) -> dict[str, pd.DataFrame]:
    """Analysed rows of each cohort, with confounds."""
    rng = np.random.default_rng(8)
    tables = {}
    for cohort, rows in run.predictions.groupby("cohort", sort=False):
        table = rows[["participant_id", "label"]].drop_duplicates().reset_index(drop=True)
        n = len(table)
        tables[cohort] = table.assign(
            age=rng.normal(40, 10, n), sex=rng.choice(["F", "M"], n), tiv=rng.normal(1500, 90, n)
        )
    return tables


def evidence_of(run: MadeUpRun, **changes) -> Run:
    """What the documents of a made-up run are drawn from."""
    values = {
        "tables": {
            "characteristics": characteristics(run.config, people_of(run)),
            "precision": run.tables["precision"],
        },
        "frozen": {model: {"sha256": SHA256, "coding": {}} for model in run.config["models"]},
        "n_features": {"roi": 136},
        "warnings": ["the chosen C lay at the edge of its grid in 3 of 100 outer folds"],
        "versions": {"mri-response": "0.1.0", "python": "3.11.9", "snakemake": "9.27.1"},
        "config_hash": "0123abcd" * 8,
    }
    return run.read(**{**values, **changes})


def further_tables() -> dict[str, pd.DataFrame]:
    """Tables of the sections, in their documented columns."""
    pair = {"comparison": "models", "model_a": "roi_svc", "model_b": CONFOUNDS_ONLY}
    difference = {"metric": "auc", "estimate": 0.31, "ci_low": 0.11, "ci_high": 0.48}
    small = {"estimate": np.nan, "ci_low": np.nan, "ci_high": np.nan}
    cohort = {"model": "roi_svc", "cohort": "discovery", "role": "discovery"}
    calibration = [
        {**cohort, "metric": m, "estimate": v, "ci_low": v - 0.2, "ci_high": v + 0.2}
        | {"ci_method": "naive_sandwich"}
        for m, v in {"calibration_slope": 0.91, "brier": 0.227, "observed_share": 0.5}.items()
    ]
    return {
        "comparisons": pd.DataFrame(
            [
                {**pair, "cohort_a": "discovery", "cohort_b": "discovery", **difference}
                | {"p_value": 0.012, "p_holm": 0.024, "method": "corrected_resampled_t"},
                {**pair, "cohort_a": "saline", "cohort_b": "saline", "metric": "auc", **small}
                | {"p_value": np.nan, "p_holm": np.nan, "method": "not_computed_small_class"},
            ]
        ),
        "specificity": pd.DataFrame(
            [
                {"model": "roi_svc", "analysis": "difference", **difference, "note": "n/a"}
                | {"p_value": 0.037, "n_permutations": 1000, "power": 0.29}
            ]
        ),
        "calibration": pd.DataFrame(calibration),
        "decision_curve": pd.DataFrame(
            {
                **cohort,
                "threshold": [0.2, 0.4, 0.6],
                "net_benefit": [0.3, 0.2, 0.1],
                "advantage": [-0.01, 0.05, 0.03],
                "band_low": [-0.05, 0.01, -0.02],
                "ci_method": "normal",
            }
        ),
        "subgroups": pd.DataFrame(
            [
                {**cohort, "variable": "sex", "group": g, "reference": np.nan, "n": n}
                | {"metric": "balanced_accuracy", "estimate": e, "ci_low": 0.5, "ci_high": 0.8}
                for g, n, e in (("F", 61, 0.652), ("M", 38, np.nan))
            ]
        ),
        "learning_curve": pd.DataFrame(
            {
                "model": "roi_svc",
                "cohort": "discovery",
                "metric": "balanced_accuracy",
                "n": [40, 70, 99],
                "estimate": [0.58, 0.66, 0.692],
                "ci_low": [0.5, 0.57, 0.601],
                "ci_high": [0.66, 0.75, 0.783],
                "within_margin": ["False", "True", np.nan],
            }
        ),
        "precision": pd.DataFrame(
            [
                {**cohort, "metric": "balanced_accuracy", "n_for_margin": 1520}
                | {"best_of_chance": 0.581, "best_of_null": 0.612},
                {**cohort, "metric": "auc", "n_for_margin": 700},
            ]
        ),
        "roi_sets": pd.DataFrame(
            {
                "model": "roi_svc",
                "region_set": ["frontal_lobe", "cerebellum", "amygdala"],
                "haufe": [0.2, -0.1, np.nan],
                "p_fdr": [0.004, 0.21, np.nan],
            }
        ),
        "operating_points": pd.DataFrame([{**cohort, "operating_point": "youden"}]),
        "qc": pd.DataFrame(
            {
                "cohort": ["discovery"] * 99 + ["saline"] * 49,
                "participant_id": [f"sub-{i:03d}" for i in range(148)],
                "flag": ["tiv_low"] * 3 + [np.nan] * 145,
            }
        ),
    }


@pytest.fixture(scope="module", params=RUNS)
def evidence(request: pytest.FixtureRequest) -> Run:
    return evidence_of(RUNS[request.param]())


def row(run: MadeUpRun, cohort: str, metric: str) -> pd.Series:
    return rows_of(run.performance, "roi_svc", cohort, metric).iloc[0]


def shown(value: float) -> str:
    return f"{100 * value:.1f} %"


# ---------------------------------------------------------------- numbers
def test_performance_has_the_numbers_of_the_table():
    run = made_up_run()
    text = gather(evidence_of(run))["performance"].text
    for cohort in ("discovery", "external_a", "external_pooled", "saline"):
        for metric in ("balanced_accuracy", "sensitivity", "specificity"):
            found = row(run, cohort, metric)
            low, high = 100 * found["ci_low"], 100 * found["ci_high"]
            name = metric.replace("_", " ")
            assert (
                f"{name} {shown(found['estimate'])} (95 % interval {low:.1f} to {high:.1f}" in text
            )
        assert f"AUC {row(run, cohort, 'auc')['estimate']:.2f} (95 % interval" in text
    assert "n = 99, 52 responders" in text
    assert "p = 0.001, the smallest that 1,000 permutations can give, whole procedure" in text
    assert "p = 0.024, own labels permuted" in text


def test_other_facts_have_the_numbers_of_the_tables():
    run = made_up_run()
    found = gather(evidence_of(run))
    null = run.null[
        (run.null["cohort"] == "discovery")
        & (run.null["metric"] == "balanced_accuracy")
        & (run.null["aggregation"] == "mean_over_repeats")
    ]["value"].mean()
    inner, outer = (
        row(run, cohort, "balanced_accuracy")["estimate"]
        for cohort in ("discovery", "external_pooled")
    )
    width = row(run, "saline", "balanced_accuracy")
    for name, part in {
        "null_centre": f"{shown(null)} over 1,000 permutations",
        "optimism": f"{shown(inner)} by cross-validation, {shown(outer)} in External cohorts",
        "precision": f"Saline {100 * (width['ci_high'] - width['ci_low']):.1f}",
        "sample_size": "136 features, 0.346 people of the smaller class a feature",
        "missing_counts": "no MADRS score at ses-24h 3, confound age is missing 1",
        "flow": "117 in the table, 105 matching the filter, 99 analysed (52 responders, 47",
        "analysis_sizes": "each outer training part about 89 people",
        "specification": f"roi_svc: models/roi_svc.json, SHA-256 {SHA256}",
        "evaluation_balance": "Saline 15 responders of 49",
        "outcome": "MADRS score falls by at least 50 % from ses-baseline to ses-24h",
        "best_of_chance": "each of its 49 people gives a balanced accuracy of up to",
        "validation": "10 repeats of 10 outer folds",
        "code": "mri-response 0.1.0",
        "limitations": "edge of its grid in 3 of 100 outer folds.",
    }.items():
        assert part in found[name].text, name
    gap = 100 * (outer - inner)
    assert f"{gap:+.1f} percentage points".replace("-", "−") in found["optimism"].text


def test_characteristics_are_told_cohort_by_cohort():
    run = made_up_run()
    evidence = evidence_of(run)
    ages = {cohort: table["age"] for cohort, table in people_of(run).items()}
    told = gather(evidence)
    for cohort, age in ages.items():
        part = f"{evidence.names.titles[cohort]}: age {age.mean():.1f} ({age.std():.1f})"
        assert part in told["characteristics"].text
    assert "Saline" not in told["characteristics_discovery"].text


def test_further_tables_are_told():
    run = made_up_run()
    evidence = evidence_of(run)
    people = {"characteristics": evidence.tables["characteristics"]}
    without = gather(dataclasses.replace(evidence, tables=people))
    evidence = dataclasses.replace(evidence, tables={**people, **further_tables()})
    told = gather(evidence)
    assert set(told) - set(without) == {
        *("comparisons", "measures_compared", "specificity", "calibration", "decision_curve"),
        *("subgroups", "learning_curve", "size_for_precision", "region_sets", "quality"),
    }
    for name, part in {
        "comparisons": "roi_svc minus confounds_only in Drug, discovery: AUC +0.31 (0.11 to 0.48), "
        "p = 0.012, by Holm 0.024, corrected resampled t",
        "specificity": "External cohorts minus control: AUC +0.31 (0.11 to 0.48); p = 0.037",
        "calibration": "slope 0.91 (0.71 to 1.11), Brier score 0.23 (0.03 to 0.43)",
        "decision_curve": "at 2 of 3 threshold probabilities, with the simultaneous 95 % band "
        "above 0 at 1",
        "subgroups": "sex F 65.2 % (50.0 to 80.0 %; n = 61), 1 group too small for a number",
        "quality": "Drug, discovery 3 of 99, Saline 0 of 49",
        "learning_curve": "70 people 66.0 % (57.0 to 75.0 %), 99 people 69.2 % (60.1 to 78.3 %). "
        "From 70 people on",
        "size_for_precision": "Drug, discovery 1,520.",
        "region_sets": "Of 2 sets of regions, 1 had a Haufe pattern beyond chance at an FDR of "
        "5 %: frontal lobe (towards responder; p by FDR 0.004).",
        "model_output": "Other operating points were chosen inside the training data alone.",
    }.items():
        assert part in told[name].text, name
    assert "nan" not in " ".join(fact.text for fact in told.values())
    assert "those of cross-validation are naive" in told["calibration"].text
    assert "naive" not in told["decision_curve"].text
    assert "It is no probability" in without["model_output"].text
    assert "It is no probability" not in told["model_output"].text


# ---------------------------------------------------------------- sources
def test_every_number_can_be_traced(evidence):
    """Rows that a source names exist; files and keys that it names are of the known kinds."""
    if "discovery" in evidence.cohorts:
        tables = {**evidence.tables, **further_tables()}
        evidence = dataclasses.replace(evidence, tables=tables)
    tables = {"performance": evidence.performance, "flow": evidence.flow}
    tables["null"] = evidence.summaries["null_summary"]
    tables |= evidence.tables
    for name, fact in gather(evidence).items():
        assert fact.source, name
        if re.search(r"\d", fact.text):
            assert fact.source != "n/a", name
        for part in fact.source.split("; "):
            table, _, keys = part.partition(".tsv: ")
            if table not in tables or "=" not in keys:
                assert re.match(
                    r"config: [a-z]|(models|features|figures)/|[a-z_]+\.tsv|checks before|"
                    r"terms of the workflow|ro-crate",
                    part,
                ), (name, part)
                continue
            rows = tables[table]
            for key, values in re.findall(r"(\w+)=([^=]+?)(?=, \w+=|$)", keys):
                if key == "column":
                    named = re.split(r", | and ", values)
                    assert set(named) <= set(rows.columns), (name, part)
                elif not re.search(r" or |, | and |\.\.\.", values):
                    rows = rows[rows[key] == values]
                    assert len(rows), (name, part)


def test_what_is_cited_is_known(evidence):
    known = set(resource("references"))
    cited = {key for fact in gather(evidence).values() for key in fact.cites}
    cited |= {key for fact in methods(evidence) for key in fact.cites}
    assert len(cited) > 8
    assert cited <= known


# ---------------------------------------------------------------- what is left out
def test_no_participant_and_no_missing_number_in_any_fact():
    for make in (made_up_run, six_cohorts):
        run = make()
        evidence = evidence_of(run)
        evidence = dataclasses.replace(evidence, tables={**evidence.tables, **further_tables()})
        told = gather(evidence)
        facts = [*told.values(), *methods(evidence), *results(told)]
        text = " ".join(f"{fact.text} {fact.source}" for fact in facts)
        assert not [who for who in run.ids if who in text]
        assert "sub-0" not in text
        assert not re.search(r"\bnan\b", text)
        assert "\u00a0" not in " ".join(fact.text for fact in gather(evidence).values())


def test_no_p_is_zero():
    tables = further_tables()
    tables["comparisons"] = tables["comparisons"].assign(p_value=1e-5, p_holm=2e-5)
    tables["roi_sets"] = tables["roi_sets"].assign(p_fdr=1e-6)
    told = gather(evidence_of(made_up_run(), tables=tables))
    assert "p < 0.001, by Holm < 0.001" in told["comparisons"].text
    assert "p by FDR < 0.001" in told["region_sets"].text


def test_a_curve_that_shows_nothing_says_so():
    curve = further_tables()["learning_curve"].assign(within_margin="False")
    told = gather(evidence_of(made_up_run(), tables={"learning_curve": curve}))
    assert "was not shown" in told["learning_curve"].text


def test_a_run_without_tables_tells_less_and_fails_nowhere(evidence):
    bare = dataclasses.replace(evidence, tables={}, frozen={}, n_features={}, warnings=())
    told = gather(bare)
    assert not {"characteristics", "comparisons", "specification", "subgroups"} & set(told)
    assert "features, " not in told["sample_size"].text
    assert set(told) < set(fact_names())


def test_without_other_cohorts_their_items_do_not_apply():
    told = gather(evidence_of(one_cohort()))
    for name in ("updating", "cohort_differences"):
        assert not told[name].applies
    assert "optimism" not in told
    assert "frozen_first" not in told
    assert told["evaluation_data"].text.startswith("None")


def test_small_cohorts_have_words_in_place_of_numbers():
    told = gather(evidence_of(six_cohorts()))
    part = "(n = 14, 3 responders): not computed, a class has fewer than 5 people."
    assert part in told["performance"].text
    assert "ultra-high field" not in told["precision"].text
    assert "ultra-high field" not in told["heterogeneity"].text


def test_row_filters_name_no_people():
    run = made_up_run()
    run.config["cohorts"]["saline"]["where"] = {
        "participant_id": ["sub-a", "sub-b"],
        "group": ["MDD"],
    }
    text = gather(evidence_of(run))["eligibility"].text
    assert "Saline: 2 given values of participant_id, group is MDD" in text
    assert "sub-a" not in text


# ---------------------------------------------------------------- methods
def test_methods_follow_the_configuration():
    run = made_up_run()
    run.config["permutation"]["method"] = "conditional"
    run.config["confounds"]["missing"] = "impute"
    run.config["models"]["forest"] = {
        "features": "roi",
        "confounds": [],
        "standardize": False,
        "pca": None,
        "estimator": "sklearn.ensemble.RandomForestClassifier",
        "parameters": {},
        "grid": {"max_depth": [2, 4]},
    }
    paragraphs = methods(evidence_of(run))
    text = " ".join(fact.text for fact in paragraphs)
    cites = {key for fact in paragraphs for key in fact.cites}
    assert "but drawn given these, by a probability estimated from all discovery people" in text
    assert "filled with the mean of the training rows, inside the fold" in text
    assert "RandomForestClassifier of scikit-learn" in text
    assert {"conditional_permutation", "scikit_learn", "svm", "nested_cv"} <= cites
    assert "python 3.11.9" in text
    plain = {key for fact in methods(evidence_of(made_up_run())) for key in fact.cites}
    assert not {"conditional_permutation", "scikit_learn"} & plain


def test_methods_tell_how_further_tables_came_about():
    evidence = evidence_of(made_up_run())
    without = {fact.text for fact in methods(evidence)}
    evidence = dataclasses.replace(evidence, tables=further_tables())
    told = [fact for fact in methods(evidence) if fact.text not in without]
    assert [fact.text.split()[0] for fact in told] == ["Models", "Decision", "Net", "Where"]
    cites = {key for fact in told for key in fact.cites}
    assert {"nadeau_bengio", "decision_curve", "haufe", "benjamini_hochberg"} <= cites
    assert "mcnemar" not in cites  # frozen models are not compared in these tables


def compared(**changes):
    rows = further_tables()["comparisons"].assign(**changes)
    told = methods(evidence_of(made_up_run(), tables={"comparisons": rows}))
    (fact,) = [fact for fact in told if fact.text.startswith("Models were compared")]
    return fact


def test_methods_name_the_tests_that_the_table_has_and_no_other():
    cross_validated = compared()
    assert "by the corrected resampled t-test" in cross_validated.text
    # Stacks have no permuted labellings, so that their comparisons are not widened.
    assert "where both models went through the same 20 or more" in cross_validated.text
    assert "DeLong" not in cross_validated.text
    assert cross_validated.cites == ("nadeau_bengio",)
    frozen = compared(method="delong")
    assert "Frozen models, and people who were held out: DeLong's test" in frozen.text
    assert "resampled" not in frozen.text
    # Where single people are left out there is an estimate alone.
    alone = compared(p_value=np.nan, p_holm=np.nan)
    assert "without a test, since none holds its level" in alone.text
    assert alone.cites == ()


def test_methods_name_the_intervals_of_cohorts_together_and_at_the_edge():
    several, alone = made_up_run(), made_up_run()
    alone.performance = alone.performance[alone.performance["cohort"] != "external_pooled"]
    said = "of external cohorts together MOVER of the cohorts' intervals"
    for run, together in ((several, True), (alone, False)):
        (text,) = [f.text for f in methods(evidence_of(run)) if f.text.startswith("External and")]
        assert (said in text) == together
        assert "Newcombe's where it is 0 or 1" in text
    edge = several.performance["ci_method"] == "delong_logit"
    several.performance.loc[edge, "ci_method"] = "newcombe_auc"
    told = gather(several.read())
    assert ", Newcombe" in told["measures"].text
    assert "newcombe_auc" not in told["performance"].text


def test_methods_name_the_null_of_other_cohorts():
    run = made_up_run()
    nulls = set(run.performance.loc[run.performance["cohort"] == "saline", "null"].dropna())
    (text,) = [f.text for f in methods(evidence_of(run)) if f.text.startswith("External and")]
    assert "For p, the labels of the cohort were permuted while the model stayed" in text
    assert ("refitted to them scored" in text) == ("discovery_labels" in nulls)
    run.config["external"]["model"] = "ensemble"
    evidence = evidence_of(run, tables={"calibration": further_tables()["calibration"]})
    (text,) = [f.text for f in methods(evidence) if f.text.startswith("External and")]
    assert "learned from the cross-validated decision values of the discovery people" in text


def test_documents_say_brain_measures_only_where_there_are_some():
    config = copy.deepcopy(CONFIG)
    config["features"]["clinic"] = {"kind": "clinical", "columns": ["severity"], "categorical": []}
    both = copy.deepcopy(config)
    both["models"]["clinic"] = {**CONFIG["models"]["roi_svc"], "features": "clinic"}
    text = gather(evidence_of(made_up_run(both)))["objective"].text
    assert text.startswith(
        "To tell responders from non-responders by brain measures and clinical features: "
    )
    assert text.endswith("is roi_svc (brain measures).")
    config["models"]["roi_svc"]["features"] = "clinic"
    told = gather(evidence_of(made_up_run(config)))
    assert "roi_svc (clinical features)" in told["objective"].text
    assert "who rated them is not known" in told["no_rater"].text
    about_people = ("objective", "intended_use", "data_sources", "eligibility", "missing_handling")
    for name in (*about_people, "input_quality", "outcome_blind"):
        assert "brain" not in told[name].text.lower(), name


def test_ids_that_are_said_to_be_a_cohorts_own_are_told():
    run = made_up_run()
    assert "if an id is in two cohorts." in gather(evidence_of(run))["people_apart"].text
    run.config["cohorts"]["saline"]["own_ids"] = True
    text = gather(evidence_of(run))["people_apart"].text
    assert "(not looked for in Saline, whose ids are said to be their own)" in text


def test_harmonisation_is_among_what_is_learned_inside_the_folds():
    run = made_up_run()
    assert "Harmonisation" not in gather(evidence_of(run))["inside_folds"].text
    run.config["models"]["roi_svc"]["harmonise"] = HARMONISE
    text = gather(evidence_of(run))["inside_folds"].text
    assert text.startswith("Harmonisation of sites, confound regression")


def test_new_sites_that_show_their_own_effects_are_called_transductive():
    run = made_up_run()
    options = {"column": "site", "method": "combat", "keep": [], "reference": None}
    run.config["models"]["roi_svc"]["harmonise"] = options | {"learn_from": None}
    run.config["confounds"]["unseen_site"] = "mean"
    told = gather(evidence_of(run))["input_quality"].text
    assert "did not have stay as they are" in told
    assert "transductive" not in told
    run.config["confounds"]["unseen_site"] = "own"
    told = gather(evidence_of(run))["input_quality"].text
    assert "Such scores are transductive" in told
    told = " ".join(fact.text for fact in methods(evidence_of(run)))
    assert "own people, without labels (transductive)" in told


def test_the_card_says_whether_the_model_travels_and_how():
    run = made_up_run()
    told = gather(evidence_of(run))["apply"].text
    assert told.startswith("Elsewhere the folder models/roi_svc/ is all that is needed")
    assert "apply.model" in told
    forest = {"estimator": "sklearn.ensemble.RandomForestClassifier", "parameters": {}, "grid": {}}
    run.config["models"]["roi_svc"] |= forest
    told = gather(evidence_of(run))["apply"].text
    assert "is a program and no formula" in told
    assert "apply.model" not in told


def test_cohorts_that_are_learned_from_in_turn_did_not_serve_evaluation_alone():
    said = "models of their own were learned from external cohorts"
    run = made_up_run()
    assert said not in gather(run.read())["data_use"].text
    assert said in gather(run.read(tables={"transport": pd.DataFrame()}))["data_use"].text


def test_permutations_that_spread_less_than_coins_are_not_said_to_spread_more():
    run = made_up_run()
    table = run.tables["precision"]
    said = "Cross-validation spreads more than coins"
    for more, shown_ in ((0.02, True), (-0.02, False)):
        changed = table.assign(best_of_null=table["best_of_chance"].astype(float) + more)
        text = " ".join(caveats(run.read(tables={"precision": changed})))
        assert (said in text) == shown_
        assert "ithout signal, 19 of 20 permutations of the whole procedure" in text


def test_caveats_say_which_intervals_the_discovery_cohort_has():
    run = made_up_run()
    evidence = evidence_of(run)
    assert any("two intervals" in text for text in caveats(evidence))
    own = (run.performance["cohort"] == "discovery") & run.performance["ci_method"].notna()
    held_out = run.performance.assign(
        ci_method=run.performance["ci_method"].mask(own, "mover_wilson")
    )
    text = " ".join(caveats(dataclasses.replace(evidence, performance=held_out)))
    assert "naive" not in text
    assert "No interval over people covers what other scanners" in text


def test_results_are_facts_in_order():
    evidence = evidence_of(made_up_run())
    facts = gather(evidence)
    told = results(facts)
    assert [facts["flow"], facts["missing_counts"], facts["characteristics"]] == told[:3]
    assert facts["performance"] in told


def test_caveats_of_the_page_are_limitations():
    evidence = evidence_of(made_up_run())
    text = gather(evidence)["limitations"].text
    for caveat in caveats(evidence):
        assert caveat.replace("\u00a0", " ") in text
    assert "The workflow warned: " in text


def test_weighting_of_classes_is_told():
    config = copy.deepcopy(CONFIG)
    text = gather(evidence_of(made_up_run(config)))["class_imbalance"].text
    assert "inverse frequency in the training rows: roi_svc." in text
    config["models"]["roi_svc"]["class_weight"] = None
    text = gather(evidence_of(made_up_run(config)))["class_imbalance"].text
    assert "No weighting of classes by the workflow." in text


def test_a_recipe_is_told_apart_from_weights():
    run = made_up_run()
    frozen = {"roi_svc": {"sha256": SHA256, "coding": {}, "decision_sha256": "cd" * 32}}
    assert "is a recipe" in gather(evidence_of(run, frozen=frozen))["prediction"].text
    assert "features × weights" in gather(evidence_of(run))["prediction"].text


def test_a_fact_is_plain():
    assert Fact("a", "b") == Fact("a", "b", (), True)


def test_methods_name_the_comparison_of_arms_only_where_there_are_both() -> None:
    found = [f for f in methods(evidence_of(made_up_run())) if "Specificity of" in f.text]
    assert len(found) == 1
    assert "Interactions" not in found[0].text
    assert not {"hc3", "firth"} & set(found[0].cites)
    assert not [f for f in methods(evidence_of(one_cohort())) if "Specificity of" in f.text]


@pytest.mark.parametrize(
    ("method", "said", "cited"),
    [
        ("logistic_hc3_z", "arm: logistic regression on the outcome, with HC3 errors", "hc3"),
        ("firth_profile_likelihood", "Firth's penalised likelihood since", "firth"),
        ("ols_hc3_t", "arm: analysis of covariance on the score at the end", "hc3"),
    ],
)
def test_methods_name_the_interactions_that_were_fitted(method, said, cited):
    table = further_tables()["specificity"].assign(method=method)
    told = methods(evidence_of(made_up_run(), tables={"specificity": table}))
    (fact,) = [f for f in told if "Specificity of" in f.text]
    assert said in fact.text
    assert set(fact.cites) & {"hc3", "firth"} == {cited}


def test_people_with_missing_confounds_are_told_as_the_configuration_has_it():
    run = made_up_run()
    text = gather(evidence_of(run))["input_quality"].text
    assert "A person with a missing confound is left out here" in text
    run.config["confounds"]["missing"] = "impute"
    text = gather(evidence_of(run))["input_quality"].text
    assert "left out here" not in text
    assert "A missing confound counts as its mean" in text


def test_what_stands_outside_the_folds_depends_on_the_rules_for_scans():
    run = made_up_run()
    assert "only what learns nothing from people" in gather(run.read())["inside_folds"].text
    run.config["quality_control"]["exclude"] = [{"measure": "tiv", "above": 2000}]
    assert "only what learns nothing from people" in gather(run.read())["inside_folds"].text
    run.config["quality_control"]["exclude"] = [{"measure": "mean_correlation", "below": 0.7}]
    for measure in ("mean_correlation", "resemblance"):
        run.config["quality_control"]["exclude"] = [{"measure": measure, "above": 0.7}]
        text = gather(run.read())["inside_folds"].text
        assert "whose measures compare a scan with those of other people" in text
        assert "only what learns nothing" not in text
    # What the confounds of this run are coded by; without categories it is not said.
    assert text.endswith("; and which categories columns of the cohort have.")
    run.config["models"]["roi_svc"]["confounds"] = ["age"]
    assert gather(run.read())["inside_folds"].text.endswith("without the labels.")


def test_who_was_analysed_depends_on_the_rules_for_scans():
    run = made_up_run()
    assert gather(run.read())["eligibility"].text.endswith("were analysed.")
    run.config["quality_control"]["exclude"] = [{"measure": "tiv", "above": 2000}]
    text = gather(run.read())["eligibility"].text
    assert text.endswith("were analysed unless a rule of quality control left their scan out.")


def test_where_people_were_held_out_the_model_is_developed_from_all_of_them():
    run = made_up_run()
    config = copy.deepcopy(run.config)
    config["cross_validation"] |= {"outer": "held_out", "held_out": 0.3, "repeats": 1}
    held_out = run.read(config=config)
    own = held_out.flow[held_out.flow["cohort"] == held_out.discovery].set_index("step")["n"]
    own = own.astype(int)
    own["analysed"], own["analysed, positive"] = 140, 71  # of whom performance.tsv has 99
    rows = held_out.flow["cohort"] == held_out.discovery
    held_out.flow.loc[rows, "n"] = own.to_numpy()
    told = gather(held_out)
    assert "Development: 140 people, 71 responder" in told["sample_size"].text
    assert "n = 140, 71 responder" in told["training_data"].text
    sizes = "Internal validation: n = 99, 52 responders held out and predicted"
    assert sizes in told["analysis_sizes"].text
    assert "by people held out of the discovery cohort," in told["optimism"].text
    alone = one_cohort()
    alone.config["cross_validation"] = config["cross_validation"]
    told = gather(alone.read())["evaluation_data"].text
    assert (
        told
        == "None: the model has been evaluated by people held out of the discovery cohort alone."
    )
    assert "(140 people, 71 responders)" in methods(held_out)[0].text


def test_families_that_are_exchanged_as_a_whole_are_told():
    run = made_up_run()
    said = "(families of equal size as a whole)"
    assert said not in gather(run.read())["permutation"].text
    run.config["cross_validation"]["group"] = "family"
    assert f"permutations of the labels {said}," in gather(run.read())["permutation"].text
    run.config["permutation"]["within"] = "family"  # people inside their family
    assert said not in gather(run.read())["permutation"].text


def test_clusters_name_everything_that_was_done():
    run = made_up_run()
    run.config["models"]["roi_svc"]["harmonise"] = HARMONISE
    run.config["cross_validation"] |= {"group": "family", "inner": "leave_group_out"}
    run.config["cross_validation"]["inner_column"] = "scanner"
    text = gather(run.read())["clusters"].text
    assert "inner splits leave out whole values of scanner" in text
    assert "families (family) stayed on one side of every split" in text
    assert "features were harmonised by site inside the folds" in text
    assert text.endswith("between clusters, but for what harmonisation takes from each site.")
    plain = gather(made_up_run().read())["clusters"].text
    assert plain.endswith("Model parameters do not vary between clusters.")
    assert "nothing was done" not in text


def test_the_formula_is_that_of_the_frozen_model():
    run = made_up_run()
    text = gather(evidence_of(run))["prediction"].text
    assert "= features × weights + confounds × their weights + intercept" in text
    run.config["models"]["roi_svc"]["harmonise"] = HARMONISE
    told = gather(evidence_of(run))
    assert "= harmonised features × weights" in told["prediction"].text
    text = told["input_quality"].text
    assert "people of a site that training did not have get no score" in text
    run.config["models"]["roi_svc"]["confounds"] = []
    assert "× weights + intercept" in gather(evidence_of(run))["prediction"].text


def test_what_is_learned_from_other_cohorts_is_an_exception_that_is_told():
    run = made_up_run()
    said = "harmonised by the shift and scale of their own people"
    run.config["confounds"]["unseen_site"] = "own"
    assert said not in gather(evidence_of(run))["updating"].text
    run.config["models"]["roi_svc"]["harmonise"] = HARMONISE
    read = evidence_of(run)
    assert (
        f"threshold there, but that sites which the discovery cohort does not have were {said}"
        in (" ".join(fact.text for fact in methods(read)))
    )
    assert said in gather(read)["updating"].text


def test_measures_name_the_intervals_that_were_computed():
    run = made_up_run()
    assert "corrected by the permutation null" in gather(run.read())["measures"].text
    inflated = run.performance["ci_method"] == "null_inflated"
    run.performance.loc[inflated, ["ci_low", "ci_high"]] = np.nan
    assert "corrected by the permutation null" not in gather(run.read())["measures"].text


def test_arms_are_compared_where_there_are_both():
    run = made_up_run()
    said = "external cohorts and control by the difference"
    assert said in gather(evidence_of(run, tables=further_tables()))["measures_compared"].text
    tables = {"specificity": further_tables()["specificity"], "comparisons": pd.DataFrame()}
    alone = MAKERS["measures_compared"](evidence_of(one_cohort(), tables=tables))
    assert alone.text.startswith("Models were compared")
    assert said not in alone.text


def test_of_several_cohorts_the_difference_within_them_is_told():
    run = made_up_run()
    table = run.tables["specificity"]
    text = gather(evidence_of(run, tables={"specificity": table}))["specificity"].text
    own = table[(table["model"] == "roi_svc") & (table["analysis"] == "difference")]
    within = own.set_index("metric").loc["auc_within_cohorts"]
    assert f"people compared within their own cohort: AUC +{within['estimate']:.2f} (" in text
    alone = table[table["metric"] != "auc_within_cohorts"]
    text = gather(evidence_of(run, tables={"specificity": alone}))["specificity"].text
    assert f"minus control: AUC +{own.set_index('metric').loc['auc', 'estimate']:.2f} (" in text


def test_groups_without_an_interval_have_no_unit_in_its_place():
    tables = further_tables()
    tables["subgroups"].loc[:, ["ci_low", "ci_high"]] = np.nan
    text = gather(evidence_of(made_up_run(), tables=tables))["subgroups"].text
    assert "(no interval; n = 61)" in text


def test_the_conditional_draw_is_called_additive_and_the_intercept_ours():
    run = made_up_run()
    run.config["permutation"]["method"] = "conditional"
    text = " ".join(fact.text for fact in methods(run.read()))
    assert "their squares or splines, without products (additive)" in text
    assert "Labels of models with confounds were not permuted at random but drawn given" in text
    assert "from which that of LIBSVM may differ" in text


def test_confounds_that_are_categories_and_the_weights_of_a_stack_are_told():
    made_up = made_up_run()
    assert "Coded as categories: sex; the others" in gather(made_up.read())["confounds"].text
    config = copy.deepcopy(made_up.config)
    declared = {"column": "scanner", "categorical": True}
    config["models"][config["primary_model"]]["confounds"] = ["age", declared]
    config["confounds"]["categorical"] = ["scanner"]
    config["stacks"] = {"both": list(config["models"])[:1]}
    told = gather(made_up.read(config=config))
    assert "scanner (categories)" in told["confounds"].text
    assert "scanner removed as a confound" in told["clusters"].text
    assert "A scanner that training did not have is an error." in told["input_quality"].text
    assert "In the second level of a stack both classes weigh alike" in told["class_imbalance"].text
