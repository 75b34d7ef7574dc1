"""How beliefs are updated, and what treatment does to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.belief_updating.run_tables import typed
from mri_response.config.belief import group_names
from mri_response.report.figures.plan import FigureSpec
from mri_response.report.naming import Naming
from mri_response.report.numbers import minus, p_phrase, p_text, with_limits, with_sign
from mri_response.report.run import Run
from mri_response.report.sections.blocks import (
    Block,
    Details,
    Figures,
    Lead,
    Table,
    Text,
    Warnings,
)
from mri_response.report.sections.module_answers import belief_findings
from mri_response.report.sections.section import Section

#: Tables to download, with their titles; those of single people only with the privacy key.
TABLES = {
    "belief_sessions": "Belief updating: sessions of people, and why they are not used",
    "belief_people": "Belief updating: people, groups and scores",
    "belief_news": "Belief updating: news by E1 and by eBR",
    "belief_rates": "Belief updating: learning rates of people",
    "belief_reliability": "Belief updating: means and reliability of learning rates",
    "belief_shrunk": "Belief updating: learning rates of people, drawn to their group",
    "belief_censored": "Belief updating: learning rates of people, answers cut at the ends",
    "belief_models": "Belief updating: frequencies of models",
    "belief_same": "Belief updating: are the models the same?",
    "belief_recovery": "Belief updating: recovery of parameters",
    "belief_model_recovery": "Belief updating: recovery of models",
    "belief_predictions": "Belief updating: answers beside those of the model",
    "belief_effects": "Belief updating: effects on updates",
    "belief_variances": "Belief updating: variances of the mixed model",
    "belief_changes": "Belief updating: changes of learning rates",
    "belief_answers": "Belief updating: changes of first estimates",
    "belief_agents": "Belief updating: people and agents without bias",
    "belief_agents_effects": "Belief updating: effects on updates of agents without bias",
    "belief_association": "Belief updating: association with the score",
    "belief_mediation": "Belief updating: mediation",
    "belief_sensitivity": "Belief updating: mediation and unmeasured confounding",
    "belief_found": "Belief updating: planted and found changes",
}
_CAUSES = (
    "Practice, expectation and regression to the mean are part of every change. Only a randomised "
    "comparison tells them from the treatment."
)


def _blocks(run: Run) -> list[Block]:
    """What changes with treatment, what unbiased agents show, and how well it can be known."""
    if "belief_changes" not in run.tables:
        return []
    names = run.names
    tables = {name: typed(table) for name, table in run.tables.items() if name in TABLES}
    made: list[Block] = [
        Lead(headline(run)),
        *_news_warnings(tables),
    ]
    made += [Figures(("belief_updates",)), _changes(tables, names), Text(_CAUSES)]
    further: list[Block] = [Text(_who(tables)), _effects(run, tables)]
    further += [_first_estimates(tables, names), Figures(("belief_rates",))]
    clinic: list[Block] = []
    if "belief_association" in tables:
        clinic.append(_association(run, tables["belief_association"]))
    if "belief_mediation" in tables:
        clinic += [Text(_mediation(run, tables)), Figures(("belief_mediation",))]
    figures = Figures(("belief_models", "belief_predictions", "belief_recovery", "belief_found"))
    known = [_recovery(tables, names), figures]
    return [
        *made,
        Details("Who, trial by trial, and first estimates", further),
        Details("Beliefs and the score", clinic),
        Details("Which model, and how well it can be known", known),
    ]


def _alt_text(spec: FigureSpec, run: Run) -> str:
    """Describe a figure of this section to readers who do not see it."""
    describe = _DESCRIBED.get(spec.kind)
    if describe is not None:
        return describe(run)
    return f"The table {_TABLE_OF[spec.kind]}.tsv has its numbers."


_TABLE_OF = {
    "belief_recovery": "belief_model_recovery",
    "belief_predictions": "belief_predictions",
    "belief_mediation": "belief_mediation",
}


# ---------------------------------------------------------------- sentences
def headline(run: Run) -> str:
    """How asymmetry changed in every session, in one group against the other.

    Parameters
    ----------
    run : Run
        A run that compares how beliefs are updated.

    Returns
    -------
    str
        With intervals and p.
    """
    tables = {"belief_changes": typed(run.tables["belief_changes"])}
    belief = run.config["belief"]
    contrast = " - ".join(group_names(belief))
    parts = []
    for session in belief["sessions"]:
        row = _change(tables, session, "A", contrast)
        parts.append(
            f"{with_sign(row['estimate'], 3)} in {session} (95 % interval "
            f"{minus(row['ci_low'], 3)} to {minus(row['ci_high'], 3)}, "
            f"{p_phrase(row['p_value'], None)})"
        )
    what = f"Change of asymmetry A since {belief['baseline']}, {contrast.replace(' - ', ' minus ')}"
    return f"{what}: {'; '.join(parts)}. A above 0 means more learning from good than bad news."


def _who(tables: dict[str, pd.DataFrame]) -> str:
    people, sessions = tables["belief_people"], tables["belief_sessions"]
    counts = people["group"].value_counts(sort=False)
    who = ", ".join(f"{n} {group}" for group, n in counts.items())
    out = sessions[~sessions["used"]]
    reasons = "; ".join(f"{reason} ({n})" for reason, n in out["reason"].value_counts().items())
    left = f"; {len(out)} are not used: {reasons}" if len(out) else ", all of which are used"
    share = sessions["n_differing"].sum() / sessions[["n_good", "n_bad"]].sum(axis=1).sum()
    return (
        f"{len(people)} people ({who}) with {len(sessions)} sessions{left}. On {100 * share:.0f} % "
        "of trials the news is of another kind against the own estimate than against that for the "
        "average person."
    )


def _news_warnings(tables: dict[str, pd.DataFrame]) -> list[Block]:
    news = tables.get("belief_news")
    if news is None or "disagree" not in news or not news["disagree"].any():
        return []
    rows = news[news["disagree"]].itertuples()
    items = [f"{row.session_id}, {row.group}: {row.warning}." for row in rows]
    return [Warnings("News by either estimate disagrees", items)]


def _mediation(run: Run, tables: dict[str, pd.DataFrame]) -> str:
    belief = run.config["belief"]
    row = tables["belief_mediation"].set_index("path").loc["ab"]
    zero = tables["belief_sensitivity"].query("is_zero").iloc[0]
    return (
        f"Mediation of the change of {belief['score']['scale']} by that of "
        f"{belief['mediation']['parameter']}, {row['n']:.0f} people: a b = "
        f"{minus(row['estimate'])}, percentile interval {minus(row['ci_low'])} to "
        f"{minus(row['ci_high'])}, BCa {minus(row['bca_low'])} to {minus(row['bca_high'])}; "
        f"{row['note']}. Errors of mediator and score that correlate by {minus(zero['rho'])} would "
        "explain all of it."
    )


# ---------------------------------------------------------------- tables
def _change(tables: dict, session: str, parameter: str, contrast: str) -> pd.Series:
    table = tables["belief_changes"]
    same = (table["session_id"] == session) & (table["parameter"] == parameter)
    return table[same & (table["contrast"] == contrast)].iloc[0]


def _known(value: float, digits: int) -> str:
    return "" if pd.isna(value) else minus(value, digits)


def _reliability(row: Mapping[str, Any]) -> tuple[str, str] | str:
    """The reliability of a change, which the difference of two groups does not have."""
    if pd.isna(row["reliability_low"]):
        return _known(row["reliability"], 2)
    return with_limits(row, 2, ("reliability", "reliability_low", "reliability_high"))


def _codes(effects: pd.DataFrame) -> str:
    """What is minus what, from the row that has all codes; the later session is that of a row."""
    row = effects.loc[effects["coding"].str.len().idxmax()]
    own = f"time: {row['session_id']} - "
    return row["coding"].replace(own, "time: the row's session - ").replace(" - ", " minus ")


def _changes(tables: dict[str, pd.DataFrame], names: Naming) -> Table:
    made = Table(
        names.title("Learning rates: changes since the session before treatment"),
        ["Session", "Group", "Parameter", "n", "Before", "After", "Change", "p", "Reliability"],
    )
    changes = tables["belief_changes"]
    for row in changes[changes["parameter"].isin(["S", "A"])].to_dict("records"):
        made.rows.append(
            [
                row["session_id"],
                row["contrast"].replace(" - ", " minus "),
                row["parameter"],
                f"{row['n']:.0f}",
                *(_known(row[name], 2) for name in ("before", "after")),
                with_limits(row, 3),
                p_text(row["p_value"], None),
                _reliability(row),
            ]
        )
    made.note = (
        "Small numbers: 95 % intervals over people (t; between groups Welch). Reliability is that "
        "of the change: 1 less the share of its variance that is error of estimation, with "
        "limits by the jackknife over people; below 0 changes differ by less than their errors. No "
        "p is corrected for the number of rows."
    )
    return made


def _effects(run: Run, tables: dict[str, pd.DataFrame]) -> Table:
    effects, agents = tables["belief_effects"], tables["belief_agents_effects"]
    made = Table(
        run.names.title("Updates, trial by trial: people beside agents without bias"),
        ["Session", "Effect", "n", "Points", "df", "p", "Agents, A = 0", "Agents, Bayes"],
    )
    shown = effects[effects["term"].str.contains("time|valence")]
    keyed = agents.set_index(["session_id", "term"])
    for row in shown.to_dict("records"):
        agent = keyed.loc[(row["session_id"], row["term"])]
        made.rows.append(
            [
                row["session_id"],
                row["term"],
                (f"{row['n_people']:.0f}", f"{row['n_trials']:,.0f} trials"),
                with_limits(row, 2),
                f"{row['df']:,.0f}",
                p_text(row["p_value"], None),
                with_limits(agent, 2, ("linear", "linear_low", "linear_high")),
                _known(agent["bayesian"], 2),
            ]
        )
    made.note = (
        f"Mixed model over trials. An effect is a difference: {_codes(shown)}; an interaction is "
        "a difference of differences. Small numbers: 95 % intervals (Satterthwaite) and, of "
        "agents, lowest and highest draw; agents who follow Bayes' rule have no noise and no "
        "draws. An effect that agents without any bias show too is no sign of one."
    )
    return made


def _first_estimates(tables: dict[str, pd.DataFrame], names: Naming) -> Table:
    words = {
        "E1": "own estimate",
        "eBR": "estimate for others",
        "abs_error": "size of the error",
        "share_good": "share of good news",
    }
    made = Table(
        names.title("First estimates: did they change?"),
        ["Session", "Group", "What", "n", "Before", "After", "Change", "p"],
    )
    for row in tables["belief_answers"].to_dict("records"):
        if pd.isna(row["estimate"]):
            continue
        digits = 2 if row["parameter"] == "share_good" else 1
        made.rows.append(
            [
                row["session_id"],
                row["contrast"].replace(" - ", " minus "),
                words[row["parameter"]],
                f"{row['n']:.0f}",
                *(_known(row[name], digits) for name in ("before", "after")),
                with_limits(row, digits),
                p_text(row["p_value"], None),
            ]
        )
    made.note = (
        "A change of A that comes with a change of first estimates may come from them. Points of "
        "the scale, but for the share. Small numbers: 95 % intervals over people (t; between "
        "groups Welch)."
    )
    return made


def _association(run: Run, table: pd.DataFrame) -> Table:
    score = run.config["belief"]["score"]
    made = Table(
        run.names.title("Change of learning rates and change of the score"),
        ["Session", "Parameter", "n", "r", "p", "p, whole family", "Reliability"],
    )
    for row in table.to_dict("records"):
        made.rows.append(
            [
                row["session_id"],
                row["parameter"],
                f"{row['n']:.0f}",
                with_limits(row, 2, ("r", "ci_low", "ci_high")),
                p_text(row["p_value"], row["n_permutations"]),
                p_text(row["p_family"], row["n_permutations"]),
                _reliability(row),
            ]
        )
    made.note = (
        f"n: people with {score['scale']} in {score['baseline']} and {score['endpoint']} and with "
        "learning rates. Partial correlations given the score and the parameter before and the "
        "covariates. Small numbers: 95 % intervals (Fisher); p by permutation of residuals. Both "
        "are changes after treatment: this describes and predicts nothing."
    )
    return made


def _recovery(tables: dict[str, pd.DataFrame], names: Naming) -> Table:
    made = Table(
        names.title("What these trials can recover"),
        ["Answers", "Parameter", "r", "Error", "Bias", "SD of true ones", "Intervals that cover"],
    )
    words = {"normal": "as the model says", "on_scale": "rounded and cut to the scale"}
    for row in tables["belief_recovery"].to_dict("records"):
        made.rows.append(
            [
                words[row["answers"]],
                row["parameter"],
                minus(row["r"]),
                *(minus(row[name], 3) for name in ("rmse", "bias", "spread")),
                f"{100 * row['coverage']:.0f} %",
            ]
        )
    first = tables["belief_recovery"].iloc[0]
    made.note = (
        "Simulated with each session's own estimates, base rates, parameters and noise: "
        f"{first['n_sessions']:.0f} sessions, {first['n_draws']:.0f} times each. r, error (root "
        "mean square) and bias: found beside true. Intervals: 1.96 standard errors."
    )
    return made


# ---------------------------------------------------------------- figures in words
def _describe_updates(run: Run) -> str:
    table = typed(run.tables["belief_agents"]).query("news == @run.config['belief']['news']")
    rows = table[table["quantity"].isin(["update_good", "update_bad"])]
    parts = [
        f"{row.group}, {row.session_id}, {row.quantity.removeprefix('update_')} news: people "
        f"{minus(row.people, 1)}, agents {minus(row.linear_low, 1)} to {minus(row.linear_high, 1)}"
        for row in rows.itertuples()
    ]
    return f"{'; '.join(parts)}."


def _describe_rates(run: Run) -> str:
    table = typed(run.tables["belief_reliability"])
    rows = table[table["parameter"].isin(["LR_good", "LR_bad"]) & (table["group"] != "all")]
    parts = [
        f"{row['group']}, {row['session_id']}, {row['parameter'].removeprefix('LR_')} news: "
        f"{minus(row['mean'])}"
        for row in rows.to_dict("records")
    ]
    return f"{'; '.join(parts)}."


def _describe_models(run: Run) -> str:
    table = typed(run.tables["belief_models"]).query("level == 'model'")
    rows = table.loc[table.groupby(["group", "session_id"], sort=False)["frequency"].idxmax()]
    parts = [
        f"{row.group}, {row.session_id}: {row.name_} with {minus(row.frequency)}"
        for row in rows.rename(columns={"name": "name_"}).itertuples()
    ]
    return f"Most frequent: {'; '.join(parts)}."


def _describe_found(run: Run) -> str:
    table = typed(run.tables["belief_found"])
    covered = int(table["covered"].sum())
    return f"{covered} of {len(table)} intervals hold what was planted."


_DESCRIBED = {
    "belief_updates": _describe_updates,
    "belief_rates": _describe_rates,
    "belief_models": _describe_models,
    "belief_found": _describe_found,
}


SECTION = Section(
    "belief",
    "How beliefs are updated",
    "Beliefs",
    _blocks,
    TABLES,
    _alt_text,
    module="belief",
    findings=belief_findings,
)
