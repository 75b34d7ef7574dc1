"""Rules of quality control that leave people out before the splits are drawn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from small_study import Study, snakemake


def test_people_whom_a_rule_leaves_out_are_in_no_split_and_listed(tmp_path: Path) -> None:
    study = Study(tmp_path / "study")
    smallest = study.people["discovery"]["tiv"].nsmallest(3)
    limit = float(smallest.iloc[-1])
    study.config["quality_control"] = {"exclude": [{"measure": "tiv", "below": limit}]}
    config = study.save()
    target = "results/small/splits.tsv"
    snakemake(target, "--cores", "1", "--configfile", config, cwd=study.folder)

    results = study.folder / "results" / "small"
    excluded = pd.read_csv(results / "exclusions.tsv", sep="\t").query("cohort == 'discovery'")
    ids = study.people["discovery"]["participant_id"]
    small = study.people["discovery"]["tiv"] < limit
    assert small.sum() == 2
    assert list(excluded["participant_id"]) == list(ids[small])
    assert (
        excluded["reason"]
        .str.contains(f"total intracranial volume (ml) below {limit:g}", regex=False)
        .all()
    )
    people = pd.read_csv(results / "people" / "discovery.tsv", sep="\t")
    splits = pd.read_csv(results / "splits.tsv", sep="\t")
    assert list(people["participant_id"]) == list(ids[~small])
    assert set(splits["participant_id"]) == set(ids[~small])
