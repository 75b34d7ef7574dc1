"""Genes: tests of maps under spins and Moran surrogates, and tables that are refused."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from brain_data import made_parcels, smooth_maps

from mri_response.core.errors import InputError
from mri_response.inputs.parcels import SPHERE
from mri_response.variability.expression import expression_of, read_expression
from mri_response.variability.gene_results import read_gene_sets
from mri_response.variability.genes import (
    MapNull,
    MapOfPeople,
    correlations,
    family_p_values,
    gene_table,
    main_axis,
    map_nulls,
    set_table,
    two_sided,
)
from mri_response.variability.spins import distinct_orders, smallest_p, spin_orders

PARCELS = made_parcels(30)
GENES = [f"G{i}" for i in range(12)]


def expression_file(folder, rng, rows=None, reach=25.0):
    """A table of made-up expression, the same on both sides."""
    values = smooth_maps(PARCELS, len(GENES), rng, reach)[:, :30].T
    table = pd.DataFrame(np.vstack([values, values]), columns=GENES)
    # Sides differ a little, as measured ones do: copies are refused.
    table.iloc[30:] += 1e-3 * rng.standard_normal((30, len(GENES)))
    table.insert(0, "region", PARCELS["region"])
    path = folder / "genes.tsv"
    (table if rows is None else table.iloc[rows]).to_csv(path, sep="\t", index=False)
    return path


def maps_of(values, rng, name="mean"):
    return MapOfPeople(name, values, values + 0.1 * rng.standard_normal((50, len(values))))


# ---------------------------------------------------------------- spins
def test_a_spin_loses_and_doubles_no_region():
    points = PARCELS[SPHERE].to_numpy()[:30]
    orders = spin_orders(points, 200, np.random.default_rng(1))
    assert (np.sort(orders, axis=1) == np.arange(30)).all()
    assert distinct_orders(orders) > 150
    assert smallest_p(5000, 99) == 0.01


def test_every_direction_is_as_likely():
    turned = spin_orders(np.eye(3), 3000, np.random.default_rng(2))
    # Six permutations of three axes by symmetry; none is preferred beyond chance.
    _, counts = np.unique(turned, axis=0, return_counts=True)
    assert len(counts) == 6
    shares = counts / 3000
    assert shares.min() > 0.02


def test_a_mirrored_map_has_the_r_of_one_hemisphere(tmp_path):
    rng = np.random.default_rng(3)
    table = read_expression(expression_file(tmp_path, rng), ["G0"])
    mirrored = table.loc[["left"] * 1 + ["right"]].copy()
    mirrored.loc["right"] = mirrored.loc["left"].to_numpy()
    half = smooth_maps(PARCELS, 1, rng)[0, :30]
    one = expression_of(PARCELS, mirrored, "left_averaged")
    both = expression_of(PARCELS, mirrored, "both_measured")
    drawn = [
        correlations(
            map_nulls(
                [maps_of(own.weights @ np.tile(half, 2), rng)],
                own,
                ["spin"],
                20,
                np.random.default_rng(4),
            )[0].maps["mean"],
            own.levels,
        )
        for own in (one, both)
    ]
    np.testing.assert_allclose(drawn[0], drawn[1], atol=1e-12)


# ---------------------------------------------------------------- p-values
def test_p_counts_both_signs_and_itself():
    null = np.array([[0.1], [-0.5], [0.3], [0.5]])
    assert two_sided(np.array([0.5]), null)[0] == 3 / 5
    assert two_sided(np.array([0.9]), null)[0] == 1 / 5
    assert two_sided(np.array([0.0]), null)[0] == 1
    rng = np.random.default_rng(5)
    many = rng.standard_normal((99, 3)) * [1, 10, 0.1]
    observed = np.array([2.5, 25, 0.25])
    family = family_p_values(observed, many)
    assert (family >= two_sided(observed, many)).all()
    assert family.max() - family.min() < 0.1  # each over its own spread


@pytest.mark.parametrize("method", ["spin", "moran"])
def test_unrelated_maps_are_rejected_about_as_often_as_stated(tmp_path, method):
    rng = np.random.default_rng(6)
    table = read_expression(expression_file(tmp_path, rng, reach=70), ["G0"])
    own = expression_of(PARCELS, table, "left_averaged")
    drawn = smooth_maps(PARCELS, 150, rng, 70) @ own.weights.T
    maps = [maps_of(values, rng, str(i)) for i, values in enumerate(drawn)]
    null = map_nulls(maps, own, [method], 99, rng)[0]
    observed = np.array([correlations(one.pattern, own.levels) for one in maps])
    p = [
        two_sided(found, correlations(null.maps[one.name], own.levels))
        for found, one in zip(observed, maps, strict=True)
    ]
    naive = (np.abs(observed) > 0.361).mean()  # p = 0.05 for 30 independent regions
    assert (np.array(p) <= 0.05).mean() < 0.11
    assert naive > 0.15


def test_the_table_says_what_was_planted_and_what_not(tmp_path):
    rng = np.random.default_rng(7)
    table = read_expression(expression_file(tmp_path, rng), ["G0", "G1"])
    own = expression_of(PARCELS, table, "left_averaged")
    values = own.levels[:, 0] + 0.4 * own.levels[:, 0].std() * rng.standard_normal(30)
    maps = [maps_of(values, rng), maps_of(rng.standard_normal(30), rng, "component 1")]
    nulls = map_nulls(maps, own, ["spin", "moran"], 199, rng)
    made = gene_table(maps, own, ["G0", "G1"], nulls).set_index(["map", "gene", "null"])
    made = made.sort_index()
    assert (made.loc[("mean", "G0"), "p_max"] < 0.05).all()
    assert (made.loc[("component 1",), "p_max"] > 0.05).all()
    assert (made.groupby(["map", "gene"])["leads"].sum() == 1).all()
    leading = made[made["leads"]]["p_value"].droplevel("null")
    assert (leading == made.groupby(["map", "gene"])["p_value"].max().loc[leading.index]).all()
    row = made.loc[("mean", "G0", "spin")]
    assert row["share_of_genes_beyond"] == 0
    assert row["ci_low"] < row["r"] < row["ci_high"] + 0.05
    # Given the main axis: the coefficient of a regression, as a correlation of residuals.
    axis = sm.add_constant(main_axis(own.levels))
    residuals = [sm.OLS(x, axis).fit().resid for x in (values, own.levels[:, 0])]
    assert row["r_given_axis"] == pytest.approx(np.corrcoef(*residuals)[0, 1])
    drawn = [sm.OLS(own, axis).fit().resid for own in nulls[0].maps["mean"]]
    null = np.array([np.corrcoef(own, residuals[1])[0, 1] for own in drawn])
    beyond = (np.abs(null) >= abs(row["r_given_axis"])).sum()
    assert row["p_given_axis"] == pytest.approx((1 + beyond) / 200)
    assert (made.loc[("component 1",), "p_given_axis"] > 0.02).all()


def test_sets_are_means_of_correlations_against_random_phenotypes(tmp_path):
    rng = np.random.default_rng(8)
    own = expression_of(
        PARCELS, read_expression(expression_file(tmp_path, rng), []), "left_averaged"
    )
    maps = [maps_of(own.levels[:, :5].mean(axis=1), rng)]
    nulls = map_nulls(maps, own, ["spin", "moran"], 99, rng)
    sets = {"own": GENES[:5], "other": GENES[5:10]}
    fewer = MapOfPeople("fewer samples", maps[0].pattern, maps[0].samples[:-3])
    several = [MapNull(n.name, n.maps | {fewer.name: n.maps["mean"]}, n.distinct) for n in nulls]
    both = set_table([*maps, fewer], own, sets, several)
    assert both.groupby("map")["ci_low"].count().tolist() == [4, 4]
    made = set_table(maps, own, sets, nulls).set_index(["gene_set", "null"])
    expected = correlations(maps[0].pattern, own.levels[:, :5]).mean()
    assert made.loc[("own", "spin"), "mean_r"] == pytest.approx(expected)
    drawn = correlations(nulls[0].maps["mean"], own.levels[:, :5]).mean(axis=1)
    assert made.loc[("own", "spin"), "null_sd"] == pytest.approx(drawn.std())
    # The interval over people, gene by gene and sample by sample.
    resampled = [
        np.mean([np.corrcoef(sample, gene)[0, 1] for gene in own.levels[:, :5].T])
        for sample in maps[0].samples
    ]
    for null in ("spin", "moran"):
        limits = made.loc[("own", null), ["ci_low", "ci_high"]].tolist()
        assert limits == pytest.approx(np.percentile(resampled, [2.5, 97.5]).tolist())
    assert made.loc["own", "p_value"].max() < made.loc["other", "p_value"].min() + 0.5


# ---------------------------------------------------------------- joining
def test_regions_are_joined_by_name(tmp_path):
    rng = np.random.default_rng(9)
    order = rng.permutation(60)
    plain = expression_of(
        PARCELS, read_expression(expression_file(tmp_path, np.random.default_rng(9)), []), "left"
    )
    mixed = expression_of(
        PARCELS,
        read_expression(expression_file(tmp_path, np.random.default_rng(9), order), []),
        "left",
    )
    np.testing.assert_array_equal(plain.levels, mixed.levels)
    shuffled = PARCELS.iloc[order].reset_index(drop=True)
    maps = smooth_maps(PARCELS, 3, rng)
    other = expression_of(
        shuffled,
        read_expression(expression_file(tmp_path, np.random.default_rng(9)), []),
        "left_averaged",
    )
    average = expression_of(
        PARCELS,
        read_expression(expression_file(tmp_path, np.random.default_rng(9)), []),
        "left_averaged",
    )
    np.testing.assert_allclose(
        correlations(maps[:, order] @ other.weights.T, other.levels),
        correlations(maps @ average.weights.T, average.levels),
        atol=1e-12,
    )
    np.testing.assert_allclose((maps @ average.weights.T), (maps[:, :30] + maps[:, 30:]) / 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.drop(columns="G1"), "found no gene 'G1'"),
        (lambda t: t.assign(G2=t["G2"].where(t.index != 3)), "line 5: column G2: found no value"),
        (lambda t: pd.concat([t, t.iloc[[4]]]), "found the region 'lh_area04' again"),
        (
            lambda t: t.assign(**{g: t[g].where(t.index != 7, t[g][2]) for g in GENES}),
            "found the values of another in the region 'lh_area07'",
        ),
        (
            lambda t: t.assign(**{g: t[g].where(t.index != 9, 0) for g in GENES}),
            "found one value for all genes in the region 'lh_area09'",
        ),
        (lambda t: t.assign(G5=1.0), "found the gene 'G5' with one value in all regions"),
    ],
)
def test_spoilt_tables_are_refused(tmp_path, spoil, said):
    path = expression_file(tmp_path, np.random.default_rng(10))
    spoil(pd.read_csv(path, sep="\t")).to_csv(path, sep="\t", index=False)
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        read_expression(path, ["G0", "G1"])


def test_regions_without_expression_are_named(tmp_path):
    table = read_expression(
        expression_file(tmp_path, np.random.default_rng(11), slice(2, None)), []
    )
    with pytest.raises(InputError, match="found no expression of 'lh_area00', 'lh_area01'"):
        expression_of(PARCELS, table, "left")
    few = PARCELS[PARCELS["name"].isin([f"area{i:02d}" for i in range(5, 15)])].reset_index(
        drop=True
    )
    with pytest.raises(InputError, match="found 10 cortical regions"):
        expression_of(few, table, "left")


def test_sets_of_genes_are_read(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("one\tabout\t" + "\t".join(GENES[:6]) + "\tNONE\nsmall\tabout\tG1\tG2\n")
    assert read_gene_sets(path, GENES) == {"one": GENES[:6]}
    path.write_text("one\tabout\tX\n")
    with pytest.raises(InputError, match="found no set with 5 genes"):
        read_gene_sets(path, GENES)
    path.write_text("one\tabout\n")
    with pytest.raises(InputError, match="line 1: found 'one' without genes"):
        read_gene_sets(path, GENES)
