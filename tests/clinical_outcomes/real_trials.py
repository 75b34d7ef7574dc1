"""The real tables that have known answers, as the functions under test take them."""

from pathlib import Path

import pandas as pd

from mri_response.clinical_outcomes.visits import visit_table

SESSIONS = ["ses-d2", "ses-d10", "ses-p2", "ses-p10"]


def ketamine_scores(shared_data: Path) -> pd.DataFrame:
    """MADRS scores of ds005917: 33 people with depression, one row per person and session."""
    people = ketamine_people(shared_data)
    table = pd.read_csv(
        shared_data / "ketamine_ds005917" / "phenotype.tsv", sep="\t", na_values="n/a"
    )
    table = table[table["participant_id"].isin(people.index) & table["session_id"].notna()]
    score = table["MADRS_Total"].astype(float)
    return table[["participant_id", "session_id"]].assign(score=score)


def ketamine_people(shared_data: Path) -> pd.DataFrame:
    """Order of infusions of the people with depression (groups MDD alone)."""
    table = pd.read_csv(
        shared_data / "ketamine_ds005917" / "participants.tsv", sep="\t", na_values="n/a"
    )
    return table[table["group"] == "MDD"].set_index("participant_id")


def ketamine(shared_data: Path) -> pd.DataFrame:
    """People by sessions after baseline."""
    return visit_table(ketamine_scores(shared_data), "ses-b0", SESSIONS)


def first_infusion(shared_data: Path, day: int) -> pd.DataFrame:
    """The first infusion alone, as a trial with two arms and one visit."""
    scores = ketamine_scores(shared_data)
    first = ketamine_people(shared_data)["infusion_1"].dropna()
    scores = scores[scores["participant_id"].isin(first.index)]
    arms = first.map({"d": "ketamine", "p": "placebo"})
    wanted = "ses-" + first.reindex(scores["participant_id"]).to_numpy(object) + str(day)
    at_visit = scores["session_id"].to_numpy(object) == wanted
    baseline = scores["session_id"] == "ses-b0"
    visit = scores[at_visit].assign(session_id="visit")
    both = pd.concat([scores[baseline], visit])
    return visit_table(both, "ses-b0", ["visit"], arms.to_dict())


def antidepressant(shared_data: Path) -> pd.DataFrame:
    """The antidepressant trial: people by visits, with ``sex`` beside."""
    raw = pd.read_csv(shared_data / "outcomes" / "antidepressant.csv")
    raw["participant_id"] = raw["PATIENT"].astype(str)
    people = raw.drop_duplicates("participant_id").set_index("participant_id")
    baseline = people["BASVAL"].rename("score").reset_index().assign(session_id="baseline")
    after = raw.assign(session_id=raw["VISIT"].astype(str), score=raw["HAMDTL17"])
    columns = ["participant_id", "session_id", "score"]
    scores = pd.concat([baseline[columns], after[columns]], ignore_index=True)
    table = visit_table(scores, "baseline", ["4", "5", "6", "7"], people["THERAPY"].to_dict())
    return table.assign(sex=table["participant_id"].map(people["GENDER"]))


def adolescents(shared_data: Path) -> pd.DataFrame:
    """Ten people before and 24 h after esketamine: MADRS total and item 10."""
    return pd.read_csv(shared_data / "outcomes" / "esketamine_adolescents.tsv", sep="\t")
