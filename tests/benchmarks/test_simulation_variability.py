"""Short version of benchmarks/simulation_variability.py: what it counts is what a run tests."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark_script import load_benchmark
from threadpoolctl import threadpool_limits

from mri_response.variability.components import rank_test
from mri_response.variability.surrogates import people_surrogates


@pytest.fixture(scope="module")
def levels():
    with threadpool_limits(1):  # matrices are small
        yield load_benchmark("simulation_variability")


def test_drawing_stops_early_and_changes_no_decision(levels):
    cortex, rng, decisions = levels.Cortex(), np.random.default_rng(1), []
    for size in (0, 0.25, 0.35, 0.5, 1.0):
        axis = cortex.maps(1, levels.SCENARIOS["range 10 mm"], rng)
        maps = cortex.maps(40, levels.SCENARIOS["range 10 mm"], rng)
        maps += size * rng.standard_normal((40, 1)) * axis

        def source(maps=maps):
            return people_surrogates(maps, cortex.modes, "smooth", np.random.default_rng(2))

        whole = rank_test(maps, source(), levels.SURROGATES, alpha=levels.ALPHA, largest=1)
        assert levels.exceeds(maps, source()) == (whole.retained == 1)
        decisions.append(whole.retained)
    assert set(decisions) == {0, 1}


def test_every_kind_has_a_part_that_is_not_made_again(levels, tmp_path, monkeypatch):
    monkeypatch.setattr(levels, "PART", 2)
    for kind in levels.COUNTS:
        levels.part(kind, "range 25 mm", 0, tmp_path)
    made = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(made) == len(levels.COUNTS)
    levels.part("genes", "range 25 mm", 0, tmp_path)
    assert made == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    table = levels.joined(tmp_path).set_index("null")
    assert (table["data_sets"] == 2).all()
    assert table.loc["within_region", "rejected"] == 1
    assert table.loc["leak_samples_as_people", "rejected"] == 1
    assert {"smooth", "moran", "axis_found", "spin", "associations"} <= set(table.index)


def test_a_miss_lies_above_the_band_of_chance(levels, tmp_path):
    for rejected, name in ((70, "few"), (80, "many")):
        rows = "".join(f"{int(i < rejected)}\tgenes\t{name}\n" for i in range(1000))
        (tmp_path / f"genes_{name}.tsv").write_text(f"spin\tkind\tscenario\n{rows}")
    table = levels.joined(tmp_path).set_index("scenario")
    assert table["too_many"].to_dict() == {"few": False, "many": True}
