"""How numbers, cohorts, classes and regions are written in figures and in the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.queries import (
    CONFOUNDS_ONLY,
    MAJORITY_CLASS,
    class_names,
    left_out_column,
    used_confounds,
)
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Interval, Null, Role

NULL_NAMES = {
    Null.WHOLE_PROCEDURE: "whole procedure permuted",
    Null.GIVEN_CONFOUNDS: "whole procedure permuted, given the confounds",
    Null.OWN_LABELS: "own labels permuted",
    Null.DISCOVERY_LABELS: "discovery labels permuted",
}
AGGREGATION_NAMES = {
    Aggregation.MEAN_OVER_REPEATS: "mean over repeats",
    Aggregation.PERSON: "per person (mean decision value over repeats)",
    Aggregation.MEAN_OVER_FOLDS: "mean over folds",
    Aggregation.FROZEN_MODEL: "frozen model",
}
CI_NAMES = {
    Interval.NULL_INFLATED: "corrected by the permutation null",
    Interval.NAIVE_BOOTSTRAP: "naive bootstrap",
    Interval.WILSON: "Wilson",
    Interval.MOVER_WILSON: "MOVER on Wilson limits",
    Interval.DELONG_LOGIT: "DeLong, logit scale",
}
METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "auc": "AUC",
}
_CLASS_TITLES = {"nonresponder": "non-responder", "nonremitter": "non-remitter"}
_NBSP = "\u00a0"
MINUS = "\u2212"


@dataclass(frozen=True)
class Naming:
    """Names used in every figure and table of one run.

    Attributes
    ----------
    titles : dict of str to str
        Title of each cohort, in the order of the config; the pooled external cohort is last.
    roles : dict of str to str
        Role of each cohort: discovery, external or control. The pooled cohort is external.
    positive, negative : str
        The two classes as written for a reader.
    simulated : bool
        Whether the data were made by the simulation.
    """

    titles: dict[str, str]
    roles: dict[str, str]
    positive: str
    negative: str
    simulated: bool

    def title(self, text: str) -> str:
        """Return a figure or table title, marked when the data are simulated."""
        return f"{text} (simulated data)" if self.simulated else text

    def ordered(self, cohorts: Iterable[str]) -> list[str]:
        """Return the cohorts present, discovery first, then external, pooled, control."""
        present = set(cohorts)
        rank = {Role.DISCOVERY: 0, Role.EXTERNAL: 1, Role.CONTROL: 3}
        names = [name for name in self.titles if name in present]
        return sorted(names, key=lambda c: 2 if c == EXTERNAL_POOLED else rank[self.roles[c]])

    def leaning(self, value: float) -> str:
        """Return the class that a weight or pattern of this sign leans towards."""
        return self.positive if value > 0 else self.negative

    def together(self, cohorts: Iterable[str]) -> list[str]:
        """Return the cohorts present in order, for external ones the pooled one if it is there."""
        names = self.ordered(cohorts)
        if EXTERNAL_POOLED not in names:
            return names
        return [c for c in names if c == EXTERNAL_POOLED or self.roles[c] != Role.EXTERNAL]


def naming(config: Mapping[str, Any]) -> Naming:
    """Derive the names of a run from its validated config.

    Parameters
    ----------
    config : mapping
        The config with its defaults filled in.

    Returns
    -------
    Naming
    """
    titles = {name: spec.get("title") or name for name, spec in config["cohorts"].items()}
    roles = {name: spec["role"] for name, spec in config["cohorts"].items()}
    titles[EXTERNAL_POOLED] = "External cohorts together"
    roles[EXTERNAL_POOLED] = Role.EXTERNAL
    positive, negative = class_names(config)
    return Naming(
        titles=titles,
        roles=roles,
        positive=_CLASS_TITLES.get(positive, str(positive)),
        negative=_CLASS_TITLES.get(negative, str(negative)),
        simulated=bool(config.get("simulation")),
    )


def left_out_text(cross_validation: Mapping[str, Any]) -> str:
    """Who is left out together in the outer splits of a run, for the methods."""
    cv = cross_validation
    column, repeats = left_out_column(cv), cv["repeats"]
    if cv["outer"] == "k_fold":
        return f"{repeats} repeats of {cv['outer_folds']} outer folds"
    if cv["outer"] == "leave_group_out":
        return (
            f"{repeats} repeats of {cv['outer_folds']} outer folds, each of all people with some "
            f"values of {column}"
        )
    if cv["outer"] == "leave_one_site_out":
        return f"one outer fold for each value of {column}, of all people with that value"
    if cv["outer"] == "leave_one_out":
        return f"one outer fold for each {'family' if cv['group'] else 'person'}"
    if column is None:
        who = f"{percent(cv['held_out'])} of the people, drawn without looking at the labels"
    elif column == "participant_id":
        who = "people listed in the config"
    else:
        who = f"those with {column} {' or '.join(cv['held_out'][column])}"
    return f"one split: {who}, were held out and predicted by a model that learned from the others"


def validated_text(cross_validation: Mapping[str, Any]) -> str:
    """What the discovery figure is one of, as in ``over 10 repeats of 10-fold nested...``."""
    cv = cross_validation
    column = left_out_column(cv)
    if cv["outer"] == "held_out":
        return "of the held-out people"
    if cv["outer"] == "leave_one_site_out":
        return f"of nested cross-validation that leaves out one {column} at a time"
    if cv["outer"] == "leave_one_out":
        return f"of nested leave-one-{'family' if cv['group'] else 'person'}-out cross-validation"
    groups = f" by whole values of {column}" if cv["outer"] == "leave_group_out" else ""
    return (
        f"over {cv['repeats']} repeats of {cv['outer_folds']}-fold nested cross-validation{groups}"
    )


def as_number(values: pd.Series) -> pd.Series:
    """Return a column as floats; ``n/a`` and empty become NaN, other text is an error."""
    if pd.api.types.is_numeric_dtype(values):
        return values.astype(float)
    return pd.to_numeric(values.replace({"n/a": np.nan, "": np.nan}).astype(object)).astype(float)


def number(value: Any) -> float:
    """Return one table cell as a float; ``n/a`` is NaN."""
    if value is None or value is pd.NA or value == "n/a":
        return float("nan")
    return float(value)


def rows_of(
    performance: pd.DataFrame,
    model: str,
    cohort: str,
    metric: str,
    aggregation: str | None = None,
) -> pd.DataFrame:
    """Return the rows of one number in the performance table.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model, cohort, metric : str
        What to look up.
    aggregation : str, optional
        By default the tested one: ``mean_over_repeats`` where the table has it for this cohort
        (discovery), ``frozen_model`` elsewhere.

    Returns
    -------
    DataFrame
        In table order; empty when there is none.
    """
    chosen = performance[
        (performance["model"] == model)
        & (performance["cohort"] == cohort)
        & (performance["metric"] == metric)
    ]
    if aggregation is None:
        discovery = (chosen["role"] == Role.DISCOVERY).any()
        aggregation = Aggregation.MEAN_OVER_REPEATS if discovery else Aggregation.FROZEN_MODEL
    return chosen[chosen["aggregation"] == aggregation]


def headline_row(
    performance: pd.DataFrame, model: str, cohort: str, metric: str, null: str | None = None
) -> pd.Series | None:
    """Return the row shown first for one number: the tested aggregation, corrected interval.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model, cohort, metric : str
        What to look up.
    null : str, optional
        A named null; by default ``own_labels`` where the cohort has it, else the first row.

    Returns
    -------
    Series or None
        None when the table has no such row.
    """
    rows = rows_of(performance, model, cohort, metric)
    wanted = null or Null.OWN_LABELS
    matching = rows[rows["null"] == wanted]
    if null is None and not len(matching):
        matching = rows
    if not len(matching):
        return None
    # With very few permutations the corrected interval is n/a; the naive one is shown then.
    with_interval = matching[as_number(matching["ci_low"]).notna()]
    return (with_interval if len(with_interval) else matching).iloc[0]


def people_counts(performance: pd.DataFrame, model: str, cohort: str) -> tuple[int, int]:
    """Return the people of a cohort and those among them in the positive class."""
    rows = performance[(performance["model"] == model) & (performance["cohort"] == cohort)]
    return int(number(rows["n"].iloc[0])), int(number(rows["n_positive"].iloc[0]))


def is_computed(performance: pd.DataFrame, model: str, cohort: str) -> bool:
    """Return whether the cohort has metrics, i.e. both classes were large enough."""
    row = headline_row(performance, model, cohort, "auc")
    return row is not None and not np.isnan(number(row["estimate"]))


def lowered(text: str) -> str:
    """Write a title inside a sentence: its first letter small, unless it is an acronym."""
    return text if text.isupper() else text[0].lower() + text[1:]


def model_title(name: str, config: Mapping[str, Any]) -> str:
    """Write a model, stack or baseline in words."""
    if name == CONFOUNDS_ONLY:
        return f"Confounds alone ({', '.join(used_confounds(config))})"
    if name == MAJORITY_CLASS:
        return "Larger class for everybody"
    if name in config["stacks"]:
        return f"Stack {name} ({' and '.join(config['stacks'][name])})"
    return f"Model {name}"


def pair_title(pair: tuple[str, str], config: Mapping[str, Any]) -> str:
    """Write the difference of two models in words."""
    return f"{model_title(pair[0], config)} − {lowered(model_title(pair[1], config))}"


def too_small(config: Mapping[str, Any]) -> str:
    """Say why a cohort has no numbers."""
    return (
        f"Not computed: a class has fewer than {config['min_class_size']} people, "
        "too few for a meaningful number."
    )


def group_name(variable: str, group: str) -> str:
    """Write a subgroup as readable text, as in ``women``, ``age 30 to 44`` or ``site A``."""
    if variable == "sex" and group in ("F", "M"):
        return "women" if group == "F" else "men"
    return f"{variable} {group}"


def percent(value: Any) -> str:
    """Write a proportion as a percentage with one decimal: 0.702 as ``70.2 %``."""
    value = number(value)
    return "n/a" if np.isnan(value) else f"{100 * value:.1f}{_NBSP}%"


def two_decimals(value: Any) -> str:
    """Write an AUC with two decimals."""
    value = number(value)
    return "n/a" if np.isnan(value) else f"{value:.2f}"


def estimate_text(metric: str, value: Any) -> str:
    """Write an estimate in the style of its metric."""
    return two_decimals(value) if metric == "auc" else percent(value)


def interval_text(metric: str, low: Any, high: Any) -> str:
    """Write a 95 % interval in the style of its metric, the percent sign once."""
    low, high = number(low), number(high)
    if np.isnan(low) or np.isnan(high):
        return "n/a"
    if metric == "auc":
        text = f"{low:.2f} to {high:.2f}"
    else:
        text = f"{100 * low:.1f} to {100 * high:.1f} %"
    return text.replace(" ", _NBSP)


def minus(value: float, digits: int = 2) -> str:
    """Write a number with a real minus sign."""
    return f"{value:.{digits}f}".replace("-", MINUS)


def with_sign(value: float, digits: int) -> str:
    """Write a number with its sign, as in ``+0.120``."""
    return "n/a" if np.isnan(value) else f"{value:+.{digits}f}".replace("-", MINUS)


def signed(metric: str, value: float) -> str:
    """A difference with its sign: AUC with two decimals, balanced accuracy in points of percent."""
    text = f"{abs(value):.2f}" if metric.startswith("auc") else f"{100 * abs(value):.1f}"
    zero = not any(digit in text for digit in "123456789")
    return text if zero else ("+" if value > 0 else MINUS) + text


def signed_interval(metric: str, low: float, high: float) -> str:
    """An interval of a difference."""
    return f"{signed(metric, low)} to {signed(metric, high)}"


def p_phrase(p: Any, n_permutations: Any) -> str:
    """Write ``p = 0.024`` or ``p < 0.001``."""
    text = p_text(p, n_permutations)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def p_text(p: Any, n_permutations: Any) -> str:
    """Write a permutation p value with three decimals.

    The smallest p value that M permutations can give is 1 / (M + 1); it is marked with a
    dagger, which the report explains, since more permutations might have given a smaller one.
    """
    p, m = number(p), number(n_permutations)
    if np.isnan(p):
        return "n/a"
    text = "<\u2009" + "0.001" if p < 0.0005 else f"{p:.3f}"
    smallest = not np.isnan(m) and p <= (1 + 1e-9) / (m + 1)
    return text + ("†" if smallest else "")


# Abbreviations of the AAL and Destrieux atlases and of FreeSurfer's tables.
_EXPAND = {
    "ant": "anterior",
    "cent": "central",
    "cerebelum": "cerebellum",
    "cingul": "cingulate",
    "circ": "circular",
    "fis": "fissure",
    "front": "frontal",
    "frontopol": "frontopolar",
    "inf": "inferior",
    "ins": "insula",
    "intrapariet": "intraparietal",
    "lat": "lateral",
    "lg": "long",
    "med": "medial",
    "mid": "middle",
    "oc": "occipital",
    "occ": "occipital",
    "ofcant": "orbitofrontal anterior",
    "ofclat": "orbitofrontal lateral",
    "ofcmed": "orbitofrontal medial",
    "ofcpost": "orbitofrontal posterior",
    "oper": "opercular",
    "orb": "orbital",
    "pariet": "parietal",
    "parahippocampal": "parahippocampal",
    "plan": "planum",
    "post": "posterior",
    "sup": "superior",
    "supramarginal": "supramarginal",
    "supp": "supplementary",
    "temp": "temporal",
    "tempo": "temporal",
    "transv": "transverse",
    "tri": "triangular",
    "triangul": "triangular",
    "trans": "transverse",
    "vent": "ventricle",
}
_FORM = {"G": "gyrus", "S": "sulcus", "G&S": "gyrus and sulcus"}
_SIDES = {"left": "left", "right": "right", "lh": "left", "rh": "right", "l": "left", "r": "right"}
_MEASURES = ("thickness", "volume", "area", "meancurv")


def _side(tokens: list[str]) -> tuple[str, list[str]]:
    if len(tokens) > 1 and tokens[0].lower() in _SIDES:
        return _SIDES[tokens[0].lower()], tokens[1:]
    if len(tokens) > 1 and tokens[-1] in ("L", "R"):
        return _SIDES[tokens[-1].lower()], tokens[:-1]
    return "", tokens


def _word(part: str) -> str:
    """Expand an abbreviation; keep acronyms, Roman numerals and names in camel case."""
    if part.lower() in _EXPAND:
        return _EXPAND[part.lower()]
    keeps_case = part.isupper() or re.search(r"[a-z][A-Z]|^[IVX]+-[IVX]+$", part)
    return part if keeps_case else part.lower()


def readable_region(name: str) -> str:
    """Write a region's name from an atlas or a FreeSurfer table as readable text.

    Parameters
    ----------
    name : str
        For example ``Left_SFG_superior_frontal_gyrus``, ``Frontal_Sup_2_L`` or
        ``lh_G_front_sup_thickness``.

    Returns
    -------
    str
        For example ``Superior frontal gyrus, left``. A name of an unknown style keeps its
        words.
    """
    separator = r"[_\s]+" if "_" in name or " " in name else "-"
    side, tokens = _side([token for token in re.split(separator, name) if token])
    measure = ""
    if name.startswith(("lh_", "rh_")) and len(tokens) > 1 and tokens[-1] in _MEASURES:
        measure, tokens = tokens[-1], tokens[:-1]
    elif (
        # Neuromorphometrics puts a capitalised abbreviation before the words in lower case.
        side
        and "_" in name
        and len(tokens) > 1
        and not tokens[0].islower()
        and all(re.fullmatch(r"[a-z]+", token) for token in tokens[1:])
    ):
        tokens = tokens[1:]
    form = ""
    if len(tokens) > 1 and tokens[0] in _FORM:
        form, tokens = _FORM[tokens[0]], tokens[1:]
    words: list[str] = []
    for token in tokens:
        numeral = re.fullmatch(r"[IVX]+-[IVX]+", token)
        for part in [token] if numeral else re.split("-|(?=&)|(?<=&)", token):
            if part == "&":
                words.append("and")
            elif part.isdigit() and words and words[-1].isdigit():
                words[-1] = f"{words[-1]}/{part}"
            else:
                words.append(_word(part))
    text = " ".join([*words, form]).strip() or name
    return ", ".join(part for part in (text[0].upper() + text[1:], measure, side) if part)


def readable_regions(names: Iterable[str]) -> list[str]:
    """Write regions' names as readable text; names that would collide stay as they are."""
    names = list(names)
    texts = [readable_region(name) for name in names]
    counts = pd.Series(texts).value_counts()
    return [text if counts[text] == 1 else name for text, name in zip(texts, names, strict=True)]
