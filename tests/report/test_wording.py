"""Numbers and names as a reader sees them."""

from __future__ import annotations

import pytest
from made_up_run import CONFIG, made_up_run, one_cohort, six_cohorts

from mri_response.report.wording import (
    headline_row,
    interval_text,
    is_computed,
    naming,
    p_phrase,
    p_text,
    percent,
    readable_region,
    readable_regions,
    two_decimals,
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Left_SFG_superior_frontal_gyrus", "Superior frontal gyrus, left"),
        ("Right_Accumbens_Area", "Accumbens area, right"),
        ("Left_PCu_precuneus", "Precuneus, left"),
        ("Right_Ventral_DC", "Ventral DC, right"),
        ("Cerebellar_Vermal_Lobules_I-V", "Cerebellar vermal lobules I-V"),
        ("Frontal_Sup_2_L", "Frontal superior 2, left"),
        ("Cerebelum_7b_R", "Cerebellum 7b, right"),
        ("Cerebelum_4_5_L", "Cerebellum 4/5, left"),
        ("lh_G_front_sup_thickness", "Frontal superior gyrus, thickness, left"),
        (
            "rh_S_oc_middle&Lunatus_thickness",
            "Occipital middle and lunatus sulcus, thickness, right",
        ),
        ("Left-Accumbens-area", "Accumbens area, left"),
        ("Right-Cerebellum-Cortex", "Cerebellum cortex, right"),
        ("rh_superiorfrontal_volume", "Superiorfrontal, volume, right"),
        ("EstimatedTotalIntraCranialVol", "EstimatedTotalIntraCranialVol"),
        ("x", "X"),
    ],
)
def test_readable_region(name: str, text: str) -> None:
    assert readable_region(name) == text


def test_regions_that_would_collide_keep_their_names() -> None:
    names = ["lh_S_a&b_thickness", "lh_S_a_and_b_thickness", "Left_Amygdala"]
    assert readable_regions(names) == [*names[:2], "Amygdala, left"]


@pytest.mark.parametrize(
    ("p", "m", "text"),
    [
        (1 / 1001, 1000, "0.001†"),
        (2 / 1001, 1000, "0.002"),
        ("0.0239", "1000", "0.024"),
        (1 / 10001, 10000, "<\u20090.001†"),
        (3 / 10001, 10000, "<\u20090.001"),
        (1 / 100, 99, "0.010†"),
        ("n/a", "n/a", "n/a"),
        (1.0, 1000, "1.000"),
    ],
)
def test_p_text(p: object, m: object, text: str) -> None:
    assert p_text(p, m) == text


def test_p_phrase() -> None:
    assert p_phrase(0.0239, 1000) == "p = 0.024"
    assert p_phrase(1 / 10001, 10000) == "p <\u20090.001†"


def test_numbers() -> None:
    assert percent("0.702") == "70.2\xa0%"
    assert percent("n/a") == "n/a"
    assert two_decimals(0.716) == "0.72"
    assert interval_text("auc", 0.6, 0.812) == "0.60\xa0to\xa00.81"
    assert interval_text("sensitivity", "0.6", "0.8126") == "60.0\xa0to\xa081.3\xa0%"
    assert interval_text("auc", "n/a", "n/a") == "n/a"


def test_naming_of_response_and_of_labels() -> None:
    names = naming(CONFIG)
    assert (names.positive, names.negative, names.simulated) == ("responder", "non-responder", True)
    assert names.titles["saline"] == "Saline"
    assert names.title("ROC") == "ROC (simulated data)"
    names = naming(one_cohort().config)
    assert names.positive == "patient with major depression"
    assert names.negative == "healthy control"
    assert names.titles["clinic"] == "clinic"
    assert names.title("ROC") == "ROC"


def test_cohorts_are_ordered_by_role() -> None:
    names = naming(CONFIG)
    assert names.ordered(["saline", "external_pooled", "external_b", "discovery"]) == [
        "discovery",
        "external_b",
        "external_pooled",
        "saline",
    ]


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


def test_small_cohort_is_not_computed() -> None:
    performance = six_cohorts().performance
    assert not is_computed(performance, "roi_svc", "external_c")
    assert is_computed(performance, "roi_svc", "saline_b")


def test_without_a_corrected_interval_the_naive_one_is_shown() -> None:
    performance = made_up_run().performance
    corrected = performance["ci_method"] == "null_inflated"
    performance.loc[corrected, ["ci_low", "ci_high"]] = "n/a"
    row = headline_row(performance, "roi_svc", "discovery", "balanced_accuracy")
    assert row["ci_method"] == "naive_bootstrap"
