"""Could the result be leakage? What the run proves, and what leakage would move."""

from __future__ import annotations

import pandas as pd

from mri_response.features.resemblance import ALIKE
from mri_response.report.naming import model_title
from mri_response.report.numbers import as_numbers, estimate_text, minus
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Lead, Table, Text
from mri_response.report.sections.section import Section

#: Tables to download, with their titles.
TABLES = {"leakage": "Certificate against leakage"}

_WORDS = {
    "people_split": ("Somebody on both sides of a split", "splits"),
    "families_split": ("A family on both sides of a split", "splits"),
    "ids_shared": ("People of the discovery cohort in another cohort", "people"),
    "scans_alike": ("Scans almost those of other people", "scans"),
    "null_centre": ("Mean over permuted labels above chance", "permutations"),
    "gain_centre": ("Mean gain over permuted residuals above 0", "permutations"),
    "removal_of_confounds": ("Signal in shuffled features after confound removal", "run"),
}
_VERDICTS = {"yes": "no", "no": "yes", "not_measured": "not judged"}
#: What was looked at, in sentences, each with the check that it belongs to (None: always).
_WHAT_IT_IS = (
    (
        None,
        "The first rows are counted in the files of the run and are proofs: all splits are in "
        "splits.tsv.",
    ),
    (
        "scans_alike",
        "Scans are compared over regions or voxels, each standardised over all scans; of people of "
        "two open data sets no two were alike by more than a correlation of 0.66, and the median "
        f"of two visits of a person was 0.92, so that {ALIKE:g} is the limit here.",
    ),
    (
        "null_centre",
        "Where labels are exchanged at random, nothing that was learned in the training folds "
        "alone can tell them: the mean over permutations may lie above 50 % by no more than 3.09 "
        "standard errors. Labels that are exchanged within sites are not judged, since sites may "
        "rightly tell them.",
    ),
    (
        "gain_centre",
        "Where residuals given baseline and confounds are exchanged at random, nothing that was "
        "learned in the training folds alone can tell them: the mean gain in R2 over permutations "
        "may lie above 0 by no more than 3.09 standard errors. Residuals that are exchanged within "
        "sites are not judged. In runs that predict a number scans are not compared with one "
        "another beyond the copies that are told before a run.",
    ),
    (
        None,
        "What happened to the scans before they came here, such as a template made from everybody "
        "or an average over sessions, cannot be seen in the files of a run.",
    ),
)


def _blocks(run: Run) -> list[Block]:
    """The certificate; empty without ``leakage.tsv``."""
    table = run.tables.get("leakage")
    if table is None:
        return []
    rows = as_numbers(table, ("n_checked", "n_found", "value", "limit"))
    found = rows[rows["passed"] == "no"]
    judged = int((rows["passed"] != "not_measured").sum())
    lead = f"None of {judged} checks found a way by which the outcome could have leaked."
    if len(found):
        what = ", ".join(dict.fromkeys(_WORDS[check][0].lower() for check in found["check"]))
        lead = (
            f"{len(found)} of {judged} checks found a way by which the outcome may have leaked "
            f"({what}): no result below is valid before it is explained."
        )
    made = Table(
        run.names.title("Certificate against leakage"),
        ["Looked for", "Where", "Looked at", "Found", "Value (limit)"],
        [_cells(row, run) for _, row in rows.iterrows()],
    )
    checks = {None, *rows["check"]}
    how = " ".join(sentence for check, sentence in _WHAT_IT_IS if check in checks)
    return [Lead(lead), made, Details("What was looked at, and how", [Text(how)])]


def _cells(row: pd.Series, run: Run) -> list[str]:
    what, unit = _WORDS[row["check"]]
    titles, scope = run.names.titles, row["scope"]
    cohort, _, source = scope.partition(", ")
    if row["check"] in ("null_centre", "gain_centre", "removal_of_confounds"):
        where = model_title(scope, run.config)
    else:
        where = f"{titles.get(cohort, cohort)}{f', {source}' if source else ''}"
    answer = _VERDICTS[row["passed"]]
    if row["passed"] != "not_measured" and row["n_found"] > 0:
        answer = f"{row['n_found']:,.0f}"
    return [what, where, f"{row['n_checked']:,.0f} {unit}", answer, _value(row)]


def _value(row: pd.Series) -> str:
    if pd.isna(row["value"]):
        return ""
    if row["check"] == "scans_alike":
        return f"{row['value']:.2f} (at most {row['limit']:g})"
    limit = row["limit"]
    if row["check"] == "gain_centre":
        text = minus(row["value"], 3)
        return text if pd.isna(limit) else f"{text} (at most {minus(limit, 3)})"
    text = estimate_text("balanced_accuracy", row["value"])
    bound = estimate_text("balanced_accuracy", limit)
    return text if pd.isna(limit) else f"{text} (at most {bound})"


SECTION = Section(
    "leakage",
    "Could it be leakage?",
    "Leakage",
    _blocks,
    TABLES,
    module=None,
)
