"""The answer first: five questions, what becomes of 100 people, and the figure to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import CONFOUNDS_ONLY
from mri_response.core.vocabulary import EXTERNAL_POOLED, Role
from mri_response.evaluation.headline import headline_row
from mri_response.report.below_chance import auc_below_chance
from mri_response.report.lookup import is_computed
from mri_response.report.naming import (
    lowered,
    plural,
    short_title,
)
from mri_response.report.numbers import (
    interval_text,
    number,
    percent,
)
from mri_response.report.pictures import Interval, hundred_people, intervals
from mri_response.report.run import Run
from mri_response.report.sections.answer_numbers import answer_number, compared_with
from mri_response.report.sections.blocks import (
    AnswerItem,
    Answers,
    Block,
    Columns,
    Details,
    Picture,
    Text,
)
from mri_response.report.sections.other_cohorts import each_by_itself, other_threshold
from mri_response.report.sections.section import Section
from mri_response.report.undecided import why_undecided

#: Tables to download, with their titles.
TABLES = {
    "verdict": "Questions and answers, with the numbers behind them",
    "natural_frequencies": "What becomes of 100 people",
}
#: Table that has the evidence: anchor of its section and what the link says.
_EVIDENCE = {
    "predicts": ("result", "discovery"),
    "holds_elsewhere": ("generalisation", "other people"),
    "is_it_the_drug": ("specificity", "the drug"),
    "better_than_the_clinic": ("comparisons", "comparisons"),
    "differs_between_groups": ("subgroups", "subgroups"),
}
QUESTIONS = {
    "predicts": "Does it predict?",
    "holds_elsewhere": "Does it hold elsewhere?",
    "is_it_the_drug": "Is it the drug?",
    "better_than_the_clinic": "Is it better than the clinic?",
    "differs_between_groups": "Who may trust it: does it work alike for everybody?",
}
#: Answer in a word or two, its look, and a sentence; by question.
_WORDS = {
    "predicts": {
        "found": ("Yes.", "yes", "It tells {positives} from {negatives} better than chance, in "
                  "people of this cohort whom the model had not seen."),
        "found_but_small": ("Yes, but too little.", "open", "It does better than chance, and by "
                            "less than would be of use."),
        "not_found": ("No.", "no", "No useful prediction was found: if there is any, it is "
                      "too small."),
        "cannot_tell": ("Can’t tell.", "open", "Neither a useful prediction nor that there is "
                        "none has been shown."),
        "not_asked": ("Not asked.", "none", "A class has too few people for a number."),
    },
    "holds_elsewhere": {
        "found": ("Yes.", "yes", "The finished model does better than chance in people of other "
                  "cohorts."),
        "found_but_small": ("Yes, but too little.", "open", "In other cohorts it does better than "
                            "chance, and by less than would be of use."),
        "not_found": ("No.", "no", "No useful prediction was found in other cohorts."),
        "cannot_tell": ("Can’t tell.", "open", "Neither that it works in other cohorts nor that "
                        "it does not has been shown."),
        "not_asked": ("Not asked.", "none", "There is no other cohort with enough people: whether "
                      "the result holds for other people is not known."),
    },
    "is_it_the_drug": {
        "found": ("This speaks for it.", "yes", "The model does better in treated people than "
                  "in controls. Who was treated was not drawn by lot, so hospitals or patients may "
                  "also explain it."),
        "found_but_small": ("Yes, but too little.", "open", "The model does better in treated "
                            "people than in controls, and by less than would matter."),
        "not_found": ("No.", "no", "The model does not do better in treated people than in "
                      "controls by anything that would matter: nothing here speaks for an effect "
                      "of the drug."),
        "cannot_tell": ("Can’t tell.", "open", "Treated people and controls differ too little, or "
                        "are too few, to tell."),
        "not_above_chance": ("Can’t tell.", "open", "The model does better in treated people than "
                             "in controls, but that it does better than chance in the treated has "
                             "not been shown."),
        "not_asked": ("Not asked.", "none", "Treated people of other cohorts and controls could "
                      "not be compared: whether it is the drug is not known."),
    },
    "better_than_the_clinic": {
        "found": ("Yes.", "yes", "In this cohort it does better than {against}."),
        "found_but_small": ("Yes, but too little.", "open", "In this cohort it does better than "
                            "{against}, and by less than would matter."),
        "not_found": ("No.", "no", "It does not do better than {against} by anything that would "
                      "matter."),
        "cannot_tell": ("Can’t tell.", "open", "That it does better than {against} is neither "
                        "shown nor ruled out."),
        "not_above_chance": ("Can’t tell.", "open", "Its figure is higher than that of {against}, "
                             "but it has not been shown to do better than chance. A comparison "
                             "with something that may be worse than guessing does not count."),
        "not_asked": ("Not asked.", "none", "The model was compared with nothing that the clinic "
                      "knows without a scan."),
    },
    "differs_between_groups": {
        "found": ("No.", "no", "It does better in some people than in others ({against})."),
        "not_found": ("Yes.", "yes", "Between the groups compared there is no difference that "
                      "would matter. {widest}"),
        "cannot_tell": ("Can’t tell.", "open", "The groups compared are too small to say. "
                        "{widest}"),
        "not_asked": ("Not asked.", "none", "No two groups of people are large enough to be "
                      "compared."),
    },
}  # fmt: skip
#: Where no model knows what a clinic knows, and the scan is compared with confounds.
NO_CLINIC = "No clinical measure was compared."
#: Where no cohort is without a treatment, as where patients are told from healthy people.
NO_CONTROL = (
    "No cohort without a treatment was compared: this run cannot tell whether a drug plays a part."
)
_ABOVE_CHANCE = ("predicts", "holds_elsewhere")
#: Intervals that the first screen of a laptop has place for; of more cohorts, external ones stand
#: together alone.
_MOST_LINES = 5


def _blocks(run: Run) -> list[Block]:
    """Questions with answers beside the picture of 100 people and the intervals."""
    verdict = run.numeric("verdict")
    if verdict is None or not len(verdict):
        return []
    right = [block for block in (_hundred(run), _intervals(run, verdict)) if block]
    row = verdict.iloc[0]
    rules = (
        f"Answers are about model {run.model} and follow rules that stand in the configuration "
        f"(verdict): “yes” where p, adjusted for the number of questions (Holm), is at most "
        f"{row['level']:g} and the 95 % interval lies above chance; “no” where the interval ends "
        f"below what would be of use ({percent(row['useful'])} balanced accuracy; a difference of "
        f"{verdict['useful'].iloc[-1]:g}); else “can’t tell”. A difference of two AUC counts only "
        "where the model’s own AUC lies above chance by its interval. What would be of use is no "
        "result: the configuration says it (verdict.useful_performance, useful_difference), and it "
        "counts only if it was fixed before the numbers were seen."
    )
    answers = Answers(_items(run, verdict))
    return [Columns([answers], right), Details("How these answers are made", [Text(rules)])]


def answer_of(run: Run, question: str) -> list[Block]:
    """The answer to a question where its evidence stands.

    Parameters
    ----------
    run : Run
        The run.
    question : str
        As in ``verdict.tsv``.

    Returns
    -------
    list of Block
        Empty where the run does not ask it.
    """
    verdict = run.numeric("verdict")
    if verdict is None:
        return []
    asked = zip(verdict["question"], _items(run, verdict), strict=True)
    items = [replace(item, target="", target_label="") for name, item in asked if name == question]
    return [Answers(items)] if items else []


def _items(run: Run, verdict: pd.DataFrame) -> list[AnswerItem]:
    """The answer to every question, counted together."""
    n_tested = int(verdict["p_value"].notna().sum())
    return [_item(run, row, n_tested) for _, row in verdict.iterrows()]


def _item(run: Run, row: pd.Series, n_tested: int) -> AnswerItem:
    question, answer = row["question"], row["answer"]
    short, tone, text = _WORDS[question][answer]
    against = "" if pd.isna(row["against"]) else compared_with(run, row)
    names = run.names
    both = {"positives": plural(names.positive), "negatives": plural(names.negative)}
    # The question says what confounds these are.
    clinic = question == "better_than_the_clinic" and against
    said = lowered(short_title(str(row["against"]), run.config)) if clinic else against
    text = text.format(**both, against=said, widest=_widest(row, against))
    if question == "is_it_the_drug" and answer == "not_asked" and not has_controls(run):
        text = NO_CONTROL
    asked = QUESTIONS[question]
    if answer == "not_asked":
        return AnswerItem(asked, short, text, tone=tone)
    if question in _ABOVE_CHANCE and answer == "found":
        short = short if _is_useful(row) else "Yes, better than chance."
        text += _by_enough(row)
    if answer == "cannot_tell":
        text += why_undecided(row, n_tested)
    if question == "better_than_the_clinic":
        text += auc_below_chance(run, str(row["against"]), str(row["cohort"]))
    if question == "holds_elsewhere":
        text += each_by_itself(run) if row["cohort"] == EXTERNAL_POOLED else ""
        text += other_threshold(run, str(row["cohort"]))
    if question == "better_than_the_clinic" and row["against"] == CONFOUNDS_ONLY:
        asked, text = f"Is it better than {against}?", f"{text} {NO_CLINIC}"
    target, label = _EVIDENCE[question]
    return AnswerItem(asked, short, text, answer_number(run, row), tone, target, label)


def _widest(row: pd.Series, against: str) -> str:
    """How far apart the model may be in two groups: the limit that is furthest from 0."""
    reach = max(number(row["ci_high"]), -number(row["ci_low"]))
    return f"How well it does may differ most between {against}: by up to {100 * reach:.1f} points."


def _is_useful(row: pd.Series) -> bool:
    """Whether the whole interval lies where performance is of use."""
    return number(row["ci_low"]) >= number(row["useful"])


def _by_enough(row: pd.Series) -> str:
    """Whether a figure above chance is shown to be of use as well."""
    fixed = ", as set for this run" if row["question"] == _ABOVE_CHANCE[0] else ""
    useful = f"{percent(row['useful'])} or more{fixed}"
    if _is_useful(row):
        return f" This is of use ({useful})."
    return f" That it is of use ({useful}) is not shown."


def has_controls(run: Run) -> bool:
    """Whether a cohort of the run is a control.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    bool
    """
    return Role.CONTROL in (cohort["role"] for cohort in run.config["cohorts"].values())


def _hundred(run: Run) -> Picture | None:
    """The picture of 100 people: in other cohorts where there are some, else in the discovery."""
    row = hundred_row(run)
    if row is None:
        return None
    svg, caption = people_of(run, row)
    title = run.names.title("Of 100 people like these")
    return Picture("hundred", title, svg, caption, "usefulness")


def people_of(run: Run, row: pd.Series, again: bool = False) -> tuple[str, str]:
    """Draw 100 people, and say what becomes of them.

    Parameters
    ----------
    run : Run
        The run.
    row : Series
        Of ``natural_frequencies.tsv``.
    again : bool
        Whether the page has such a picture before this one, which has the intervals.

    Returns
    -------
    svg, caption : str
    """
    names = run.names
    hit, missed, spared, alarmed = (int(row[name]) for name in COUNTS)
    positive, negative = plural(names.positive), plural(names.negative)
    found = "" if again else _between(row, "true_positive", "95 % interval ")
    left = "" if again else _between(row, "true_negative", "")
    caption = (
        f"{hit + spared} are told rightly, {missed + alarmed} wrongly (crossed). {hit + missed} "
        f"are {positive} (orange): {hit} called so{found}, {missed} missed. {spared + alarmed} "
        f"are {negative} (blue): {spared} called so{left}, {alarmed} called {positive}. Of those "
        f"called {positive}, {hit} of {hit + alarmed} are; of those called {negative}, {spared} "
        f"of {spared + missed}. From: {names.titles[row['cohort']]} (n = {row['n']:.0f}), "
        f"{_share(row, positive)}."
    )
    svg = hundred_people(
        [
            ("positive right", hit),
            ("positive wrong", missed),
            ("negative wrong", alarmed),
            ("negative right", spared),
        ],
        caption,
        again,
    )
    return svg, caption


def _between(row: pd.Series, name: str, what: str) -> str:
    """The limits of a count in brackets; nothing where it has none."""
    low, high = number(row[f"{name}_low"]), number(row[f"{name}_high"])
    return "" if np.isnan(low) else f" ({what}{low:.0f} to {high:.0f})"


#: Counts of the picture of 100 people, in the order in which its caption tells them.
COUNTS = ("true_positive", "false_negative", "true_negative", "false_positive")


def hundred_row(run: Run) -> pd.Series | None:
    """The row of ``natural_frequencies.tsv`` that the picture of 100 people shows.

    Parameters
    ----------
    run : Run
        The run.

    Returns
    -------
    Series or None
        External cohorts together, else the external cohort, else the discovery cohort; None
        where none has numbers.
    """
    table = run.numeric("natural_frequencies")
    if table is None:
        return None
    table = table[table["operating_point"] == "decision_zero"]
    external = [name for name in run.others if run.names.roles[name] == Role.EXTERNAL]
    for cohort in (EXTERNAL_POOLED, *external, run.discovery):
        rows = table[table["cohort"] == cohort]
        if len(rows):
            return rows.iloc[0]
    return None


def _share(row: pd.Series, positive: str) -> str:
    given = f"of whom {percent(row['prevalence'])} are {positive}"
    return f"{given}, as the config states" if row["prevalence_from"] == "config" else given


def _intervals(run: Run, verdict: pd.DataFrame) -> Picture | None:
    """Balanced accuracy of the primary model in every cohort."""
    names, lines = run.names, []
    each = names.ordered(run.cohorts)
    apart = len(each) <= _MOST_LINES
    for cohort in each if apart else names.together(run.cohorts):
        if not is_computed(run.performance, run.model, cohort):
            continue
        row = headline_row(run.performance, run.model, cohort, "balanced_accuracy")
        values: list[Any] = [number(row[name]) for name in ("estimate", "ci_low", "ci_high")]
        if np.isnan(values[1]):
            continue
        text = f"{percent(values[0])} ({interval_text('balanced_accuracy', *values[1:])})"
        lines.append(Interval(names.titles[cohort], text, *values))
    if not lines:
        return None
    row = verdict.iloc[0]
    said = "; ".join(f"{line.name} {line.text}" for line in lines)
    label = f"Balanced accuracy with 95 % intervals: {said}."
    svg = intervals(lines, number(row["null_value"]), number(row["useful"]), label)
    useful = percent(row["useful"])
    caption = f"95 % intervals over people; useful: {useful} or more, as set for this run."
    if not apart:
        caption += " Each external cohort by itself: in the evidence."
    title = names.title("Balanced accuracy by cohort")
    return Picture("intervals", title, svg, caption, "headline")


SECTION = Section("verdict", "The answer", "Answer", _blocks, TABLES)
