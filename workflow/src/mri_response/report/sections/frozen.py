"""Numbers of the frozen models in cohorts of one role."""

from __future__ import annotations

from mri_response.evaluation.headline import rows_of
from mri_response.report.lookup import is_computed
from mri_response.report.naming import CI_NAMES, METRIC_NAMES, NULL_NAMES, too_small
from mri_response.report.numbers import estimate_text, interval_text, p_text
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Table


def frozen_table(run: Run, role: str, caption: str) -> Table | None:
    """Every number of every model in the cohorts of a role, with each null that it was tested by.

    Parameters
    ----------
    run : Run
        The run.
    role : str
        Role of the cohorts, ``external`` or ``control``.
    caption : str
        Title of the table.

    Returns
    -------
    Table or None
        None where the run has no cohort of this role.
    """
    if role not in {cohort["role"] for cohort in run.config["cohorts"].values()}:
        return None
    names = run.names
    table = Table(
        names.title(caption),
        ["Cohort", "Model", "Number", "Estimate", "95 % interval", "Method", "p by null"],
    )
    for model in run.models:
        for cohort in run.cohorts_of(model):
            if names.roles[cohort] != role:
                continue
            if is_computed(run.performance, model, cohort):
                rows = _rows(run, model, cohort)
                table.rows += [[names.titles[cohort], model, *cells] for cells in rows]
            else:
                table.rows.append([names.titles[cohort], model, too_small(run.config)])
    return table


def _rows(run: Run, model: str, cohort: str) -> list[list[str]]:
    """Cells behind cohort and model, per metric."""
    found = []
    for metric, metric_name in METRIC_NAMES.items():
        rows = rows_of(run.performance, model, cohort, metric)
        if not len(rows):
            continue
        row = rows.iloc[0]
        p_values = [
            f"{p_text(r['p_value'], r['n_permutations'])} ({NULL_NAMES[r['null']]})"
            for _, r in rows.iterrows()
            if r["null"] in NULL_NAMES
        ]
        found.append(
            [
                metric_name,
                estimate_text(metric, row["estimate"]),
                interval_text(metric, row["ci_low"], row["ci_high"]),
                CI_NAMES.get(row["ci_method"], row["ci_method"]),
                "; ".join(p_values) or "none: not tested alone",
            ]
        )
    return found
