"""What page and methods say of variability, beside the tables that the sentences are from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flat_blocks import flat
from made_up_run import made_up_run

from mri_response.config.variability import COMPONENTS_BEFORE
from mri_response.report.facts.variability import variability_methods
from mri_response.report.sections.blocks import Answers, Table, Text
from mri_response.report.sections.variability import SECTION, headline

EFFECT = {
    **{"before": {"source": "fs", "session": "a"}, "after": {"source": "fs", "session": "b"}},
    **{"measure": "difference", "center": "none", "confounds": ["age"], "cohort": "discovery"},
    **{"control": "control", "columns": ["*"], "exclude": []},
}
GENES = {
    **{"table": "folder/genes.tsv", "test": ["SST"], "maps": ["mean"], "nulls": ["spin", "moran"]},
    **{"hemisphere": "left_averaged", "n": 99, "background": "all", "sets": None},
}


@pytest.fixture(scope="module")
def made_up():
    return made_up_run()


def run_of(made_up, control=True, null="smooth", **given):
    asked = {
        **{"effects": ["change"], "atlas": "destrieux", "clinical": ["fall"], "score": None},
        **{"components": {"null_maps": null, "n": 999, "alpha": 0.05, "max": 10}, "genes": GENES},
        **{"stability": {"bootstrap": 1000, "split_half": 200}, "adjust_baseline": True},
        **{"within": None, "permutations": 999},
    }
    effect = EFFECT | ({} if control else {"control": None})
    config = made_up.config | {"effects": {"change": effect}, "variability": asked}
    made = {f"variability_{name}": text(t) for name, t in (tables(control, null) | given).items()}
    return made_up.read(config=config, tables=made)


def text(table: pd.DataFrame) -> pd.DataFrame:
    """A table as it is read from a run."""
    return table.astype(object).map(lambda cell: cell if pd.isna(cell) else str(cell))


def tables(control=True, null="smooth"):
    """Two retained components of three, the first of them one of anatomy."""
    components = pd.DataFrame(
        {
            **{"effect": "change", "component": [1, 2, 3], "n": 41, "n_regions": 160},
            **{"null_maps": null, "explained": [0.3, 0.2, 0.1], "null_95": [0.2, 0.15, 0.12]},
            **{"p_value": [0.001, 0.03, 0.6], "retained": [True, True, False], "rank_kept": 0.9},
            **{"cos_median": 0.9, "split_half": 0.5, "split_half_null_95": [0.3, 0.6, 0.6]},
            **{"returns": [True, False, False], "top_person_share": 0.1, "cos_without_one": 0.8},
            **{"r_map_mean": [-0.95, 0.1, 0.99], "before_component": [2, 1, 1]},
            **{"before_cos": [0.71, 0.78, 0.99], "before_r": [-0.44, 0.12, 0.9]},
            **{"before_r_low": -0.7, "before_r_high": 0.95},
            **{"before_cos_null_95": 0.55, "before_cos_p": [0.004, 0.06, 0.3]},
        }
    )
    arms = ["treated", "control"] if control else ["treated"]
    dimensions = pd.DataFrame(
        {
            **{"effect": "change", "maps": arms, "n_permutations": 999, "pr_unbiased": 12.34},
            **{"pr_low": 8.0, "pr_high": 19.0, "largest_share": 0.066, "similarity": 0.1234},
            **{"similarity_low": 0.1, "similarity_high": 0.2, "similarity_p": 0.001},
            "p_difference": [np.nan, 0.25][: len(arms)],
        }
    )
    regions = pd.DataFrame({"effect": "change", "p_max": [0.01, 0.05, 0.051, 1, 1]})
    ratios = {"ln_vr": [1, -1, 1, 1, 1.0], "p_max_vr": [0.05, 0.01, 0.03, 0.06, 1]}
    regions = regions.assign(**(ratios if control else dict.fromkeys(ratios, np.nan)))
    sets = pd.DataFrame(
        {
            **{"effect": "change", "region_set": ["hippocampus", "amygdala"], "n": 41},
            **{"mean": 0.5, "ci_low": 0.1, "ci_high": 0.9, "p_max": 0.02, "sd": 1.0},
            "cites": ["ketamine_hippocampus", "ketamine_amygdala"],
            **dict.fromkeys(["n_control", "sd_control", "ln_vr"], np.nan),
            **dict.fromkeys(["ln_vr_low", "ln_vr_high", "p_max_vr"], np.nan),
        }
    )
    spread = {"effect": "change", "maps": arms, "n_regions": 160}
    spread |= {"slope": [1.1, -0.2][: len(arms)], "r": [0.8, -0.1][: len(arms)]}
    associations = pd.DataFrame(
        {
            **{"effect": "change", "component": [1, 2], "column": "fall", "n": 40, "r": 0.3},
            **{"ci_low": 0.0, "ci_high": 0.5, "p_value": 0.04, "p_max": 0.09},
            **{"n_permutations": 999, "adjusted_for": "age, map before", "family_size": 2},
        }
    )
    genes = pd.DataFrame(
        {
            **{"effect": "change", "map": "mean", "gene": "SST", "hemisphere": "left_averaged"},
            **{"n": 41, "n_regions": 74, "n_genes": 60, "n_left_out": 12, "r": 0.3},
            **{"ci_low": 0.1, "ci_high": 0.5, "null": ["spin", "moran"], "p_value": [0.04, 0.06]},
            **{"p_max": [0.04, 0.06], "n_surrogates": 99, "n_distinct": [99, 98]},
            **{"p_smallest": 0.01, "leads": [False, True], "share_of_genes_beyond": 0.2},
            **{"r_given_axis": 0.1, "p_given_axis": 0.4},
        }
    )
    return {
        **{"components": components, "dimensions": dimensions, "regions": regions},
        **{"region_sets": sets, "spread": pd.DataFrame(spread), "associations": associations},
        "genes": genes,
    }


def texts(run) -> str:
    blocks = flat(SECTION.blocks(run))
    assert not [block for block in blocks if isinstance(block, Answers)], "they are told before"
    made = [block.text for block in blocks if isinstance(block, Text)]
    return " ".join(made).replace("\u00a0", " ")


def test_sets_of_genes_have_interval_and_people(made_up):
    row = {"effect": "change", "map": "mean", "gene_set": "glutamate", "n": 41, "n_genes": 9}
    row |= {"mean_r": 0.21, "ci_low": 0.05, "ci_high": 0.33, "null": "spin", "leads": True}
    run = run_of(made_up, gene_sets=pd.DataFrame([row | {"p_value": 0.02, "p_max": 0.04}]))
    made = [block for block in flat(SECTION.blocks(run)) if isinstance(block, Table)]
    (sets,) = (table for table in made if table.caption.startswith("Sets of genes"))
    cells = dict(zip(sets.columns, sets.rows[0], strict=True))
    assert (cells["n"], cells["Mean r"]) == ("41", ("0.21", "0.05 to 0.33"))


def test_axes_are_those_that_are_retained_and_return(made_up):
    told = headline(run_of(made_up))
    assert told == (
        "change (41 people, 160 regions): 2 axes of change exceed equally smooth independent maps, "
        "1 of 2 return in split halves."
    )
    assert "which are not smooth" in headline(run_of(made_up, null="within_region"))


def test_sentences_have_the_numbers_of_their_tables(made_up):
    said = texts(run_of(made_up))
    for sentence in (
        "component 1 is most like component 2 of these (cosine 0.71, of random maps up to 0.55 in "
        "95 %, p = 0.004; its scores with people's own maps before: r "
        "\u22120.44 (95 % interval \u22120.70 to 0.95))",
        "1 of 2 is one of anatomy too (cosine of 0.7 or more and p of 0.05 or less)",
        "One is the mean change of the whole map (r of 0.9 or more).",
        "correlate by 0.123 (95 % interval 0.100 to 0.200) on average",
        "participation ratio): 12.3 (95 % interval 8.0 to 19.0); the person who brings most brings "
        "7 % of the variance",
        "the mean change of 2 regions of 5 differs from 0",
        "People vary more under treatment than in the control arm in 2 regions and less in 1",
        "slope of the log SD of change on the log mean before, over 160 regions: 1.10 (r = 0.80); "
        "\u22120.20 (r = \u22120.10) in controls.",
        "spin: 99 different surrogates, smallest p that can be reached 0.01; moran: 98 different",
        "12 regions below the cortex are not tested",
        "says nothing about the genes of those who were scanned and nothing about who responds",
    ):
        assert sentence in said, sentence


def test_without_a_control_arm_nothing_is_said_of_it(made_up):
    run = run_of(made_up, control=False)
    said = texts(run)
    assert "Without a control arm nothing can be said" in said
    assert "in controls" not in said.lower()
    sets = next(b for b in flat(SECTION.blocks(run)) if isinstance(b, Table) and "SD" in b.columns)
    assert sets.columns == ["Effect", "Region", "n", "Mean change", "p", "SD"]
    assert [len(row) for row in sets.rows] == [6, 6]
    drafted = " ".join(fact.text for fact in variability_methods(run))
    assert "exchanged between arms" not in drafted
    assert "Spread:" not in drafted
    drafted = " ".join(fact.text for fact in variability_methods(run_of(made_up)))
    assert "people exchanged between arms after their means were taken out" in drafted


def test_methods_cite_what_the_run_has(made_up):
    facts = variability_methods(run_of(made_up))
    cited = {key for fact in facts for key in fact.cites}
    assert {"ketamine_hippocampus", "ketamine_amygdala", "moran_randomisation"} <= cited
    assert not cited & {"ketamine_thalamus", "ketamine_accumbens", "ketamine_subgenual"}
    drafted = " ".join(fact.text for fact in facts)
    assert "SST (named beforehand; table genes.tsv)" in drafted
    assert "given the confounds of the effect and each person's map before treatment" in drafted
    assert f"on the first {COMPONENTS_BEFORE} components of such maps" in drafted
    empty = tables()["region_sets"].iloc[:0]
    facts = variability_methods(run_of(made_up, null="within_region", region_sets=empty))
    drafted = " ".join(fact.text for fact in facts)
    assert "works on ketamine" not in drafted
    assert "stay correlated" not in drafted


def test_tables_say_of_whom_they_are(made_up):
    shown = [b for b in flat(SECTION.blocks(run_of(made_up))) if isinstance(b, Table)]
    notes = " ".join(block.note for block in shown)
    assert "adjusted for: age, map before. This says how changes go together and predicts" in notes
    assert "74 regions (left averaged), 41 people" in notes
    assert "share of the other genes of the table (60 in all)" in notes
    assert "mean of its regions, in the unit of the table of regions or in per cent" in notes
    assert "A mean change of the whole map counts as smoothness" in notes
    rows = next(block for block in shown if "genes" in block.caption.lower()).rows
    assert [row[4] for row in rows] == ["spin", "moran, leads"]
