"""The section on what needs no scan, with every kind of model that it can meet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.config.queries import compared_pairs
from mri_response.evaluation.comparisons import ADDED, comparison_table
from mri_response.report.facts.gathered import gather
from mri_response.report.facts.methods import methods, results
from mri_response.report.figures import comparisons
from mri_response.report.naming import naming
from mri_response.report.sections.comparisons import SECTION, verdicts

CLINICAL = {"kind": "clinical", "columns": ["madrs"], "categorical": [], "unseen": "error"}


@pytest.fixture(scope="module")
def inputs():
    """The made-up run with a clinical model, one of both, a stack and permuted scans."""
    run = made_up_run()
    config, predictions = run.config, run.predictions
    config["features"] |= {
        "clinic": CLINICAL,
        "side_by_side": {"kind": "concatenated", "sets": ["roi", "clinic"]},
    }
    svc = config["models"]["roi_svc"]
    config["models"] |= {
        "clinic": svc | {"features": "clinic", "confounds": []},
        "both": svc | {"features": "side_by_side", "confounds": ["tiv"]},
    }
    config["stacks"] = {"stacked": ["roi_svc", "clinic"]}
    rng = np.random.default_rng(1)
    models = {}
    fold = predictions.groupby("cohort").cumcount() % 10 + 1
    first = predictions.assign(outer_fold=fold.where(predictions["repeat"] != "n/a"))
    for name in ("roi_svc", "clinic", "both", "stacked", "confounds_only"):
        noise = rng.normal(size=len(first))
        models[name] = first.assign(decision=first["decision"].astype(float) + noise)
    roles = {name: cohort["role"] for name, cohort in config["cohorts"].items()}
    added = {
        "comparison": ADDED,
        "model_a": "both",
        "model_b": "clinic",
        "cohort_a": "discovery",
        "cohort_b": "discovery",
        "metric": "balanced_accuracy",
        "aggregation": "mean_over_repeats",
        "estimate": 0.1,
        "p_value": 0.02,
        "method": "imaging_residuals_permuted",
        "n_permutations": 200,
    }
    pairs = compared_pairs(config)
    table = comparison_table(models, pairs, roles, seed=3, min_class_size=5, added=[added])
    return run.read(config=config, tables={"comparisons": table.astype(object)})


def test_it_says_what_the_table_says(inputs):
    names = naming(inputs.config)
    texts = verdicts(inputs.tables["comparisons"], inputs.config, names)
    assert [text.split(",")[0] for text in texts[:2]] == [
        "Model roi_svc against confounds alone (age",
        "Model roi_svc against model clinic",
    ]
    assert texts[-1].startswith("Given the columns of model clinic, the scans add to it: ")
    assert "+10.0 points of balanced accuracy with everybody's own scan" in texts[-1]
    assert "p = 0.020" in texts[-1]
    made = flat(SECTION.blocks(inputs))
    tables = [block for block in made if block.kind == "table"]
    assert len(tables) == 2
    labels = [row[0] for row in tables[1].rows]
    assert "Stack stacked (roi_svc and clinic) − model clinic" in labels
    assert "Model both − model clinic" in labels
    cells = next(row for row in tables[1].rows if row[-1].startswith("residuals of the scans"))
    assert cells[3][0] == "+10.0 points"
    assert cells[1] == "Drug, discovery, n = 99"
    assert tables[0].columns[1] == "Balanced accuracy, Drug, discovery, n = 99"
    assert not [block for block in made if "No clinical model" in getattr(block, "text", "")]


def test_the_reviewers_documents_say_how_scans_were_given_the_clinic(inputs):
    told = gather(inputs)["imaging_added"]
    assert (
        "both given the clinical columns of clinic: balanced accuracy +10.0 percentage" in told.text
    )
    assert "one-sided and approximate" in told.text
    assert told in results(gather(inputs))
    (paragraph,) = [fact for fact in methods(inputs) if "freedman_lane" in fact.cites]
    assert "residuals of the scans" in paragraph.text


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("roi_svc", "clinic", "The scan tells more."),
        ("roi_svc", "confounds_only", "The scan tells more."),
        ("both", "clinic", "The scan tells more."),
        ("stacked", "clinic", "The scan tells more."),
        # The clinic may be the reason, or there is no scan at all.
        ("both", "confounds_only", "Model both does better than confounds alone (age, sex, TIV)."),
        ("stacked", "confounds_only", "does better than confounds alone (age, sex, TIV)."),
        ("clinic", "confounds_only", "Model clinic does better than confounds alone"),
        ("roi_svc", "majority_class", "Model roi_svc does better than larger class for everybody."),
    ],
)
def test_of_the_scan_it_speaks_where_nothing_else_can_be_the_reason(inputs, first, second, said):
    row = {
        "comparison": "models",
        "model_a": first,
        "model_b": second,
        "metric": "balanced_accuracy",
        "method": "exchanged_within_people",
        "estimate": 0.1,
        "ci_low": 0.05,
        "ci_high": 0.15,
        "p_value": 0.01,
        "n_permutations": 999,
    }
    cohorts = [name for name in inputs.names.titles if name != "external_pooled"][:3]
    table = pd.DataFrame([row | {"cohort_a": c, "p_holm": 0.01} for c in cohorts])
    config = inputs.config | {"primary_model": first, "comparisons": [[first, second]]}
    names = naming(inputs.config)
    (text,) = verdicts(table, config, names)
    assert said in text
    assert ("scan tells more" in text) == said.startswith("The scan")
    table.loc[2, "p_holm"] = 0.2
    (text,) = verdicts(table, config, names)
    assert f"in 2 of these {len(cohorts)} cohorts; in the others it was not shown." in text
    table["p_holm"] = 0.2
    (text,) = verdicts(table, config, names)
    assert "has not been shown, which is not evidence that it does not." in text


def test_a_verdict_has_the_auc_and_says_where_it_is_of_balanced_accuracy_alone(inputs):
    """Class weights on one side alone move the balanced accuracy and not the AUC."""
    row = {
        **{"comparison": "models", "model_a": "roi_svc", "model_b": "clinic"},
        **{"cohort_a": "discovery", "metric": "balanced_accuracy", "n_permutations": 999},
        **{"method": "corrected_resampled_t", "estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15},
        **{"p_value": 0.01, "p_holm": 0.01},
    }
    of_auc = {"metric": "auc", "estimate": -0.01, "ci_low": -0.06, "ci_high": 0.04}
    table = pd.DataFrame([row, row | of_auc | {"p_value": 0.7, "p_holm": 0.7}])
    config = inputs.config | {"primary_model": "roi_svc", "comparisons": [["roi_svc", "clinic"]]}
    (text,) = verdicts(table, config, naming(inputs.config))
    assert "balanced accuracy +10.0 points (95 % interval" in text
    assert "AUC −0.01" in text
    assert "a higher AUC was not shown everywhere. Class weights or thresholds" in text
    table.loc[1, ["estimate", "p_value", "p_holm"]] = [0.05, 0.01, 0.01]
    (text,) = verdicts(table, config, naming(inputs.config))
    assert text.endswith("The scan tells more.")
    table.loc[0, "p_holm"] = 0.2  # of balanced accuracy the verdict is, with or without the AUC
    assert "has not been shown" in verdicts(table, config, naming(inputs.config))[0]


def test_what_was_not_asked_is_said():
    run = made_up_run()
    texts = [block.text for block in flat(SECTION.blocks(run.read())) if block.kind == "text"]
    assert any(text.startswith("No clinical model was asked for.") for text in texts)
    assert SECTION.blocks(run.read(tables={})) == []


def test_the_figure_has_a_row_for_each_pair(inputs):
    table, names = inputs.tables["comparisons"], naming(inputs.config)
    figure = comparisons.draw(table, inputs.performance, names, inputs.config)
    labels = [label.get_text().replace("\n", " ") for label in figure.axes[2].get_yticklabels()]
    assert len(labels) == len(compared_pairs(inputs.config))
    assert "Stack stacked (roi_svc and clinic) − model clinic" in labels
