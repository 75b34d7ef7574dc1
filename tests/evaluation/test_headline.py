"""Which rows of performance.tsv are read first."""

from made_up_run import made_up_run

from mri_response.evaluation.headline import headline_row


def test_headline_is_the_tested_aggregation_with_the_corrected_interval() -> None:
    performance = made_up_run().performance
    row = headline_row(performance, "roi_svc", "discovery", "balanced_accuracy")
    assert row["aggregation"] == "mean_over_repeats"
    assert row["ci_method"] == "null_inflated"
    shuffled = performance.iloc[::-1]
    assert headline_row(shuffled, "roi_svc", "saline", "auc")["null"] == "own_labels"
    row = headline_row(performance, "roi_svc", "saline", "auc", "discovery_labels")
    assert row["null"] == "discovery_labels"
    assert headline_row(performance, "roi_svc", "saline", "auc", "whole_procedure") is None
    assert headline_row(performance, "roi_svc", "nowhere", "auc") is None


def test_without_a_corrected_interval_the_naive_one_is_shown() -> None:
    performance = made_up_run().performance
    corrected = performance["ci_method"] == "null_inflated"
    performance.loc[corrected, ["ci_low", "ci_high"]] = "n/a"
    row = headline_row(performance, "roi_svc", "discovery", "balanced_accuracy")
    assert row["ci_method"] == "naive_bootstrap"
