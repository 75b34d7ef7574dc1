"""What a study has, in lines for the terminal before the first job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.clinical_outcomes.study import OutcomeStudy
from mri_response.clinical_outcomes.visits import ONE_ARM, by_visit
from mri_response.config.clinical_outcomes import WHOLE, compared_part, outcome_cohorts
from mri_response.inputs.sources.people_tables import scores_path
from mri_response.people.outcomes.scores import scores_of_cohort

_SHOWN = 8


def outcome_lines(config: Mapping[str, Any], study: OutcomeStudy) -> list[str]:
    """Say how many people have scores where, and which sessions of the tables are not looked at.

    Parameters
    ----------
    config : mapping
        The completed configuration, with the section ``clinical_outcomes``.
    study : OutcomeStudy
        As `mri_response.clinical_outcomes.study.read_outcomes` returns it.

    Returns
    -------
    list of str
        A session that is written wrongly in a few rows shows here, and nowhere else: other sessions
        may stand in a table.
    """
    section, rows = config["clinical_outcomes"], study.scores
    scale = rows["measure"].iloc[0]
    rows = rows[rows["measure"] == scale]
    whole, arms = (rows[rows["part"] == part] for part in (WHOLE, compared_part(section)))
    people = whole.drop_duplicates("participant_id")
    known = [f"{people['baseline'].notna().sum()} at {section['baseline']}"]
    known += [f"{own['score'].notna().sum()} at {session}" for session, own in by_visit(whole)]
    counts = arms.drop_duplicates("participant_id")["arm"].value_counts(sort=False)
    in_arms = [f"{n} {arm}" for arm, n in counts.items() if arm != ONE_ARM]
    where = " in the first period" if section["crossover"] and in_arms else ""
    who = f"{len(people)} people{', ' if in_arms else ''}{', '.join(in_arms)}{where}"
    lines = [f"clinical outcomes: {who}; {scale} scores: {', '.join(known)}"]
    for name in outcome_cohorts(config):
        cohort, wanted = config["cohorts"][name], [section["baseline"], *section["visits"]]
        scores = scores_of_cohort(cohort, scale, highest=section["scales"][scale]["highest"])
        other = scores["score"].notna() & ~scores["session_id"].isin(wanted)
        counts = scores.loc[other, "session_id"].value_counts()
        if len(counts):
            shown = [f"{session} ({n})" for session, n in counts.items()][:_SHOWN]
            more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
            lines.append(
                f"  {scores_path(cohort)}: scores at other sessions, which are not looked at: "
                f"{', '.join(shown)}{more}"
            )
    return lines
