"""The result in plain words, for readers who are no researchers."""

from __future__ import annotations

from mri_response.config.queries import CONFOUNDS_ONLY
from mri_response.core.vocabulary import Role
from mri_response.report.facts.phrases import predictors
from mri_response.report.naming import plural
from mri_response.report.run import Run
from mri_response.report.sections.answer_numbers import compared_with
from mri_response.report.sections.blocks import Block, Text
from mri_response.report.sections.section import Section
from mri_response.report.sections.verdict import (
    COUNTS,
    NO_CLINIC,
    NO_CONTROL,
    has_controls,
    hundred_row,
)

# By question and answer; other answers are told as an open question.
_PREDICTS = {
    "found": "It could do so better than guessing.",
    "found_but_small": "It did better than guessing, but by too little to be of use.",
    "not_found": "It could not do so in a way that would be of use.",
}
_ELSEWHERE = {
    "found": "It also worked in people of {others}, from whom it had learned nothing.",
    "found_but_small": "In people of {others} it also did better than guessing, but by too "
    "little to be of use.",
    "not_found": "In people of {others} it was of no use.",
    "cannot_tell": "Whether it works in people of {others} could not be shown either way.",
    "not_asked": "It was not tried in people of {others}.",
}
_DRUG = {
    "found": "It worked better in people who had the treatment than in people who had not, which "
    "speaks for the treatment, though these people may differ in other ways too.",
    "found_but_small": "It worked better in people who had the treatment than in people who had "
    "not, but by too little to matter.",
    "not_found": "It did not work better in people who had the treatment than in people who had "
    "not by anything that would matter.",
    "not_asked": "Nobody without the treatment was compared.",
}
_CLINIC = {
    "found": "It told more than {against}.",
    "found_but_small": "It told more than {against}, but by too little to matter.",
    "not_found": "It did not tell more than {against} by anything that would matter.",
    "not_asked": "It was not compared with what is known without a scan.",
}
_OPEN = {
    "predicts": "Whether it can could not be shown either way.",
    "is_it_the_drug": "Whether it tells something about the treatment could not be shown.",
    "better_than_the_clinic": "Whether it tells more than {against} could not be shown.",
}
_END = (
    "A single study is never the last word. Nothing here is meant for decisions about single "
    "patients: who is treated, and how, is for patients and their doctors to decide."
)


def _blocks(run: Run) -> list[Block]:
    """A summary of about 150 words, made by rules from ``verdict.tsv``."""
    verdict = run.numeric("verdict")
    if verdict is None or not len(verdict):
        return []
    answers = dict(zip(verdict["question"], verdict["answer"], strict=True))
    names, n = run.names, run.development()[0]
    positive, negative = plural(names.positive), plural(names.negative)
    simulated = "The people of this study were made up by a computer. " * names.simulated
    start = (
        f"{simulated}A computer looked at {predictors(run.config, run.model)} of {n} people whose "
        f"outcome was known and learned to tell {positive} from {negative}. It was then asked "
        "about people whom it had not seen."
    )
    told = {
        "predicts": _PREDICTS,
        "holds_elsewhere": _ELSEWHERE,
        "is_it_the_drug": _DRUG,
        "better_than_the_clinic": _CLINIC,
    }
    external = [cohort for cohort in run.others if names.roles[cohort] == Role.EXTERNAL]
    others = "another study" if len(external) == 1 else "other studies"
    clinic = verdict[(verdict["question"] == "better_than_the_clinic") & verdict["against"].notna()]
    against = compared_with(run, clinic.iloc[0]) if len(clinic) else ""
    known = {"others": others, "against": against}
    said = [
        words.get(answers[question], _OPEN.get(question, "")).format(**known)
        for question, words in told.items()
        if question in answers
    ]
    if answers.get("is_it_the_drug") == "not_asked" and not has_controls(run):
        said[said.index(_DRUG["not_asked"])] = NO_CONTROL
    if CONFOUNDS_ONLY in set(verdict["against"]):
        said.append(NO_CLINIC)
    return [Text(" ".join([start, *said, *_hundred(run, positive)])), Text(_END)]


def _hundred(run: Run, positive: str) -> list[str]:
    """What becomes of 100 people, in a sentence or two."""
    row = hundred_row(run)
    if row is None:
        return []
    hit, missed, spared, alarmed = (int(row[name]) for name in COUNTS)
    return [
        f"Of 100 people like these, {hit + missed} are {positive}. The computer would rightly find "
        f"{hit} of them and miss {missed}, and it would wrongly call {alarmed} of the "
        f"{spared + alarmed} others {positive}: {hit + spared} of 100 are told rightly."
    ]


SECTION = Section("plain", "In plain words", "In plain words", _blocks)
