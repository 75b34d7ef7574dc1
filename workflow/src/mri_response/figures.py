"""Figures of one run, each a function of tables or images that returns a Figure.

Colours are those of Okabe and Ito, told apart by readers with any common colour vision. Sizes
are in millimetres at print: 85 for one column, 180 for two. Text is never below 8 points.

References
----------
Okabe M, Ito K. Color Universal Design: how to make figures and presentations that are friendly
to colorblind people. J*Fly, 2008.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.ticker
import nibabel as nib
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, FigureBase
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox
from nibabel.nifti1 import Nifti1Image

from mri_response.atomic import atomic_path
from mri_response.intervals import bootstrap_counts
from mri_response.metrics import person_weights
from mri_response.seeds import Stream, generator
from mri_response.tables import read_tsv
from mri_response.wording import (
    NULL_NAMES,
    POOLED,
    Naming,
    as_number,
    estimate_text,
    headline_row,
    interval_text,
    is_computed,
    number,
    p_phrase,
    people_counts,
    readable_regions,
    rows_of,
)

MM = 1 / 25.4
SINGLE_COLUMN = 85.0
DOUBLE_COLUMN = 180.0

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#595959"
POSITIVE, NEGATIVE = VERMILION, BLUE
_EXTERNAL_STYLES = [
    (GREEN, "-"),
    (PURPLE, (0, (5, 1.5))),
    (ORANGE, (0, (3, 1, 1, 1))),
    (SKY, (0, (1.5, 1))),
]
_CONTROL_STYLES = [(BLACK, (0, (1, 1))), (GREY, (0, (6, 2))), (GREY, (0, (3, 1, 1, 1)))]
_DIVERGING = "RdBu_r"

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "figure.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titleweight": "normal",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
    "patch.linewidth": 0.7,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": 100,
}


def _styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    @functools.wraps(draw)
    def wrapper(*args: Any, **kwargs: Any) -> Figure:
        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            figure = draw(*args, **kwargs)
            # Layout depends on the style, so it is done before the style is left.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            _round_layout(figure)
            return figure

    return wrapper


def _round_layout(figure: FigureBase) -> None:
    """Round the places that the layout found: its solver leaves their last bit to chance."""
    for part in figure.subfigs:
        part.bbox_relative.set_points(np.round(part.bbox_relative.get_points(), 9))
        _round_layout(part)
    for axes in figure.axes:
        place = Bbox(np.round(axes.get_position(original=True).get_points(), 9))
        axes.set_position(place, which="original")
        axes.apply_aspect()
    for text in figure.texts:
        text.set_position(np.round(text.get_position(), 9))


def _figure(width: float, height: float, constrained: bool = True) -> Figure:
    figure = Figure(
        figsize=(width * MM, height * MM), layout="constrained" if constrained else None
    )
    FigureCanvasAgg(figure)
    if constrained:
        figure.get_layout_engine().set(w_pad=1.2 * MM, h_pad=1.2 * MM, hspace=0.02, wspace=0.02)
    return figure


def save_figure(figure: Figure, path_png: Path | str, path_svg: Path | str) -> None:
    """Write a figure as PNG (300 dpi) and SVG, the same bytes for the same figure.

    Parameters
    ----------
    figure : Figure
        A figure of this module.
    path_png, path_svg : path
        Where to write. A file appears only once it is complete.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Glyphs as paths: the same picture where the font is not installed.
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": "mri-response"})
        matplotlib.rcParams["svg.fonttype"] = "path"
        with atomic_path(path_png) as temporary:
            figure.savefig(temporary, format="png", dpi=300, metadata={"Software": None})
        with atomic_path(path_svg) as temporary:
            figure.savefig(
                temporary, format="svg", dpi=300, metadata={"Date": None, "Creator": None}
            )


# --- text -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4096)
def _text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text in mm."""
    if not text:
        return 0.0
    properties = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, properties, ismath=False)
    return width / 72 * 25.4


def wrap(text: str, width: float, size: float = 8, weight: str = "normal") -> str:
    """Break text into lines of at most ``width`` mm; words too long for a line are cut.

    Parameters
    ----------
    text : str
        The text. Line breaks in it are kept.
    width : float
        Width in mm.
    size : float
        Font size in points.
    weight : str
        Font weight.

    Returns
    -------
    str
        The text with line breaks.
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            candidate = f"{line} {word}" if line else word
            if _text_width(candidate, size, weight) <= width:
                line = candidate
                continue
            if line:
                lines.append(line)
            line = word
            while _text_width(line, size, weight) > width and len(line) > 1:
                keep = len(line) - 1
                while keep > 1 and _text_width(line[:keep], size, weight) > width:
                    keep -= 1
                # Cut after a joint of the word where there is one.
                joints = [i for i in range(2, keep) if line[i] in "_-/."]
                keep = joints[-1] + 1 if joints else keep
                lines.append(line[:keep])
                line = line[keep:]
        lines.append(line)
    return "\n".join(lines)


def _hanging(mark: str, text: str, width: float) -> str:
    """Wrap an item of a list so that its lines stand to the right of its mark."""
    indent = " " * max(1, round(_text_width(f"{mark}  ", 8) / _text_width(" ", 8)))
    body = wrap(text, width - _text_width(indent, 8))
    return f"{mark}  " + body.replace("\n", f"\n{indent}")


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _line_height(size: float = 8) -> float:
    """Height of a line of text in mm."""
    return size * 1.2 / 72 * 25.4


def _suptitle(figure: Figure, text: str, width: float, **kwargs: Any) -> int:
    """Set the title, left-aligned and wrapped; return its number of lines."""
    wrapped = wrap(text, width - 6, size=9, weight="bold")
    figure.suptitle(
        wrapped, x=2 / width, ha="left", fontweight="bold", fontsize=9, linespacing=1.2, **kwargs
    )
    return _lines(wrapped)


def _styles(cohorts: list[str], names: Naming) -> dict[str, tuple[str, Any]]:
    """Colour and line style of each cohort; the same in every figure of a run."""
    styles: dict[str, tuple[str, Any]] = {}
    externals = controls = 0
    for cohort in cohorts:
        role = names.roles[cohort]
        if cohort == POOLED:
            styles[cohort] = (VERMILION, "-")
        elif role == "discovery":
            styles[cohort] = (BLUE, "-")
        elif role == "external":
            styles[cohort] = _EXTERNAL_STYLES[externals % len(_EXTERNAL_STYLES)]
            externals += 1
        else:
            styles[cohort] = _CONTROL_STYLES[controls % len(_CONTROL_STYLES)]
            controls += 1
    return styles


# --- people ---------------------------------------------------------------------------------


def _of_cohort(predictions: pd.DataFrame, model: str, cohort: str, names: Naming) -> pd.DataFrame:
    rows = predictions[predictions["model"] == model]
    if cohort == POOLED:
        members = [
            name for name, role in names.roles.items() if role == "external" and name != POOLED
        ]
        rows = rows[rows["cohort"].isin(members)]
    else:
        rows = rows[rows["cohort"] == cohort]
    return rows.assign(label=as_number(rows["label"]), decision=as_number(rows["decision"]))


def person_scores(
    predictions: pd.DataFrame, model: str, cohort: str, names: Naming
) -> pd.DataFrame:
    """Return one decision value a person and label: the mean over repeats and rows.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model, cohort : str
        What to take; ``external_pooled`` is all external cohorts together.
    names : Naming
        Names of the run.

    Returns
    -------
    DataFrame
        Columns cohort, participant_id, label (0 or 1), decision.
    """
    rows = _of_cohort(predictions, model, cohort, names)
    return rows.groupby(["cohort", "participant_id", "label"], sort=False, as_index=False)[
        "decision"
    ].mean()


def _rows_by_repeat(
    predictions: pd.DataFrame, model: str, cohort: str, names: Naming
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (rows,), decision values (repeats, rows) and people (rows,) of a cohort's rows.

    A frozen model has one decision value a row, which counts as one repeat.
    """
    rows = _of_cohort(predictions, model, cohort, names)
    # Cohorts without sessions leave them empty, and pandas would drop such rows.
    identity = [c for c in ("cohort", "participant_id", "session_id") if c in rows]
    rows = rows.assign(**{c: rows[c].fillna("n/a").astype(str) for c in [*identity, "repeat"]})
    wide = rows.pivot_table(index=[*identity, "label"], columns="repeat", values="decision")
    if wide.isna().to_numpy().any():
        raise ValueError(f"cohort {cohort}: not every person has a decision value in every repeat")
    index = wide.index.to_frame(index=False)
    # Two studies may have given the same identifier.
    person = index["cohort"] + "/" + index["participant_id"]
    return index["label"].to_numpy(dtype=int), wide.to_numpy().T, person.to_numpy()


def roc_curve(
    label: np.ndarray, decision: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the empirical ROC curve, for many weightings of the rows at once.

    Parameters
    ----------
    label : ndarray, shape (rows,)
        1 = positive class, 0 = negative class.
    decision : ndarray, shape (rows,)
        Decision values; equal values make one step.
    weights : ndarray, shape (weightings, rows), optional
        How much each row counts; by default 1.

    Returns
    -------
    false_positive_rate, true_positive_rate : ndarray, shape (weightings, points)
        From (0, 0) to (1, 1).
    """
    weights = np.ones((1, len(label))) if weights is None else weights
    order = np.argsort(-decision, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(decision[order])), len(label) - 1)
    rates = []
    for is_class in (label[order] == 0, label[order] == 1):
        cumulated = np.cumsum(weights[:, order] * is_class, axis=1)
        rate = cumulated[:, last_of_tie] / cumulated[:, -1:]
        rates.append(np.hstack([np.zeros((len(weights), 1)), rate]))
    return rates[0], rates[1]


def mean_roc(
    label: np.ndarray, decisions: np.ndarray, grid: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the ROC curve averaged over repeats at fixed false positive rates.

    Parameters
    ----------
    label : ndarray, shape (rows,)
        1 = positive class, 0 = negative class.
    decisions : ndarray, shape (repeats, rows)
        Decision values.
    grid : ndarray, shape (points,)
        False positive rates.
    weights : ndarray, shape (weightings, rows), optional
        How much each row counts; by default 1.

    Returns
    -------
    ndarray, shape (weightings, points)
        Mean true positive rate.
    """
    n_weightings = 1 if weights is None else len(weights)
    total = np.zeros((n_weightings, len(grid)))
    for decision in decisions:
        fpr, tpr = roc_curve(label, decision, weights)
        for row in range(n_weightings):
            total[row] += np.interp(grid, fpr[row], tpr[row])
    return total / len(decisions)


def roc_band(
    label: np.ndarray,
    decisions: np.ndarray,
    participant_id: np.ndarray,
    grid: np.ndarray,
    seed: int,
    n_bootstrap: int = 1000,
) -> tuple[np.ndarray, np.ndarray]:
    """Return pointwise 95 % percentile limits of the mean ROC curve.

    People are drawn with replacement within each class; all rows and repeats of a person go
    along. The folds are not drawn again, so the band is somewhat too narrow, as every naive
    bootstrap of cross-validated predictions.

    Parameters
    ----------
    label : ndarray, shape (rows,)
        1 = positive class, 0 = negative class.
    decisions : ndarray, shape (repeats, rows)
        Decision values.
    participant_id : ndarray, shape (rows,)
        Whose row it is.
    grid : ndarray, shape (points,)
        False positive rates.
    seed : int
        Seed of the run.
    n_bootstrap : int
        Number of draws.

    Returns
    -------
    low, high : ndarray, shape (points,)

    References
    ----------
    Efron B, Tibshirani R. An Introduction to the Bootstrap. Chapman & Hall, 1993, chapter 13.
    """
    weights, person = person_weights(participant_id)
    drawn = bootstrap_counts(label, person, n_bootstrap, generator(seed, Stream.BOOTSTRAP))
    curves = mean_roc(label, decisions, grid, drawn * weights)
    low, high = np.percentile(curves, [2.5, 97.5], axis=0)
    return low, high


# --- figures --------------------------------------------------------------------------------


def _auc_text(performance: pd.DataFrame, model: str, cohort: str) -> str:
    row = headline_row(performance, model, cohort, "auc")
    interval = interval_text("auc", row["ci_low"], row["ci_high"])
    text = f"AUC {estimate_text('auc', row['estimate'])} ({interval})"
    return text.replace(" ", "\xa0")


@_styled
def roc(
    predictions: pd.DataFrame, performance: pd.DataFrame, model: str, names: Naming, seed: int
) -> Figure:
    """Draw ROC curves: discovery with its band on the left, frozen-model cohorts on the right.

    Parameters
    ----------
    predictions, performance : DataFrame
        The tables ``predictions.tsv`` and ``performance.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.
    seed : int
        Seed of the bootstrap of the band.

    Returns
    -------
    Figure
    """
    cohorts = names.ordered(performance.loc[performance["model"] == model, "cohort"])
    styles = _styles(cohorts, names)
    (discovery,) = [c for c in cohorts if names.roles[c] == "discovery"]
    others = [c for c in cohorts if c != discovery]
    width = DOUBLE_COLUMN if others else SINGLE_COLUMN
    labels = {}
    for cohort in cohorts:
        n, _ = people_counts(performance, model, cohort)
        if is_computed(performance, model, cohort):
            result = _auc_text(performance, model, cohort)
        else:
            result = "no curve, a class is too small"
        # The parts of the result stay on one line.
        text = f"{names.titles[cohort]}, n\xa0=\xa0{n}: {result}".replace("-", "\u2011")
        labels[cohort] = wrap(text, width - 18)
    n_lines = sum(_lines(label) for label in labels.values()) + 2
    legend_height = n_lines * _line_height() * 1.12 + 3

    title = names.title(f"ROC curves, model {model}")
    height = 82 + legend_height + 5 * _lines(wrap(title, width - 6, 9, "bold"))
    figure = _figure(width, height)
    _suptitle(figure, title, width)
    columns = 2 if others else 1
    grid_spec = figure.add_gridspec(
        2, columns, height_ratios=[height - legend_height - 10, legend_height]
    )
    handles: list[Any] = []
    grid = np.linspace(0, 1, 401)
    for position, group in enumerate([[discovery], others] if others else [[discovery]]):
        axes = figure.add_subplot(grid_spec[0, position])
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        for cohort in group:
            colour, line = styles[cohort]
            handle = Line2D([], [], color=colour, linestyle=line, label=labels[cohort])
            if not is_computed(performance, model, cohort):
                handle = Line2D([], [], linestyle="none", label=labels[cohort])
                handles.append(handle)
                continue
            handles.append(handle)
            label, decisions, person = _rows_by_repeat(predictions, model, cohort, names)
            weights = person_weights(person)[0][None]
            if cohort == discovery:
                low, high = roc_band(label, decisions, person, grid, seed)
                axes.fill_between(grid, low, high, color=colour, alpha=0.2, linewidth=0)
                mean = mean_roc(label, decisions, grid, weights)[0]
                axes.plot([0, *grid], [0, *mean], color=colour, linestyle=line)
                handles.append(
                    Patch(color=colour, alpha=0.2, label="Band: 95 % bootstrap over people")
                )
            else:
                fpr, tpr = roc_curve(label, decisions[0], weights)
                axes.plot(fpr[0], tpr[0], color=colour, linestyle=line, clip_on=False)
        axes.set(
            xlim=(0, 1),
            ylim=(0, 1),
            aspect="equal",
            xlabel="1 − specificity",
            ylabel="Sensitivity",
            title="Discovery, cross-validated" if position == 0 else "Frozen model, new people",
        )
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.set_yticks(np.linspace(0, 1, 6))
    handles.append(Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), label="Chance"))
    below = figure.add_subplot(grid_spec[1, :])
    below.axis("off")
    below.legend(
        handles=handles, loc="upper left", borderaxespad=0, handlelength=2.4, labelspacing=0.3
    )
    return figure


@_styled
def null_distribution(
    null: pd.DataFrame, performance: pd.DataFrame, model: str, names: Naming
) -> Figure:
    """Draw what chance gave: null BAC and AUC of every cohort, and the observed value.

    Parameters
    ----------
    null, performance : DataFrame
        The tables ``null.tsv`` and ``performance.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        A row for each cohort with metrics, BAC on the left and AUC on the right.
    """
    null = null[null["model"] == model]
    cohorts = [c for c in names.ordered(null["cohort"]) if is_computed(performance, model, c)]
    metrics = {"balanced_accuracy": "Balanced accuracy", "auc": "AUC"}
    panels, sizes, marked = {}, set(), False
    for cohort in cohorts:
        for metric in metrics:
            rows = rows_of(performance, model, cohort, metric)
            values, texts = {}, []
            for null_name in dict.fromkeys(rows["null"]):
                row = headline_row(performance, model, cohort, metric, null_name)
                drawn = null[
                    (null["cohort"] == cohort)
                    & (null["metric"] == metric)
                    & (null["null"] == null_name)
                    & (null["aggregation"] == row["aggregation"])
                ]
                if not len(drawn):
                    continue
                values[null_name] = as_number(drawn["value"]).dropna().to_numpy()
                sizes.add(len(values[null_name]))
                p = p_phrase(row["p_value"], row["n_permutations"])
                marked = marked or p.endswith("†")
                texts.append(f"{p} ({NULL_NAMES.get(null_name, null_name)})")
            observed = number(headline_row(performance, model, cohort, metric)["estimate"])
            lines = [f"{metrics[metric]} observed: {estimate_text(metric, observed)}", *texts]
            panels[cohort, metric] = (values, observed, wrap("\n".join(lines), 82))

    count = " or ".join(f"{size:,}" for size in sorted(sizes))
    title = names.title(f"What chance gives: {count} permutations, model {model}")
    if not cohorts:
        title = names.title(f"What chance gives, model {model}")
        return _message(title, "No cohort is large enough in both classes.")
    heights = []
    for cohort in cohorts:
        lines = max(_lines(panels[cohort, m][2]) for m in metrics)
        heading = _lines(wrap(names.titles[cohort], 170, weight="bold"))
        heights.append(29 + (lines + heading) * _line_height())
    heights[-1] += 5
    legend_height = 18.0 if marked else 13.0
    height = sum(heights) + legend_height + 8
    figure = _figure(DOUBLE_COLUMN, height)
    _suptitle(figure, title, DOUBLE_COLUMN)
    parts = figure.subfigures(len(cohorts) + 1, 1, height_ratios=[*heights, legend_height])
    everything = np.concatenate(
        [values for panel in panels.values() for values in [*panel[0].values(), [panel[1]]]]
    )
    low = min(0.2, np.floor(everything.min() * 20) / 20)
    high = max(0.8, np.ceil(everything.max() * 20) / 20)
    bins = np.arange(low, high + 0.0125, 0.025)
    shown = set()
    for part, cohort in zip(parts[:-1], cohorts, strict=True):
        heading = wrap(names.titles[cohort], 170, weight="bold")
        part.suptitle(heading, x=2 / DOUBLE_COLUMN, ha="left", fontsize=8, fontweight="bold")
        for axes, metric in zip(part.subplots(1, 2), metrics, strict=True):
            values, observed, text = panels[cohort, metric]
            for null_name, drawn in values.items():
                shown.add(null_name)
                weights = np.full(len(drawn), 100 / max(len(drawn), 1))
                if null_name == "discovery_labels":
                    axes.hist(
                        drawn, bins, weights=weights, histtype="step", color=BLACK, linewidth=1
                    )
                else:
                    axes.hist(drawn, bins, weights=weights, color=SKY, edgecolor="white")
            axes.axvline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
            axes.axvline(observed, color=VERMILION, linewidth=2)
            axes.set_title(text, linespacing=1.2, pad=3)
            axes.set(xlim=(low, high), ylabel="Permutations (%)")
            if metric == "balanced_accuracy":
                axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
            if cohort == cohorts[-1]:
                axes.set_xlabel("Balanced accuracy (%)" if metric == "balanced_accuracy" else "AUC")
    filled = [n for n in NULL_NAMES if n in shown and n != "discovery_labels"]
    handles: list[Any] = [Line2D([], [], color=VERMILION, linewidth=2, label="Observed")]
    if filled:
        text = "Null: " + " or ".join(NULL_NAMES[name] for name in filled)
        handles.append(Patch(facecolor=SKY, edgecolor="white", label=text))
    handles.append(Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), label="Chance"))
    if "discovery_labels" in shown:
        text = f"Null: {NULL_NAMES['discovery_labels']}"
        handles.append(Patch(facecolor="none", edgecolor=BLACK, label=text))
    parts[-1].legend(
        handles=handles, loc="upper left", ncols=2, columnspacing=1.5, labelspacing=0.3
    )
    if marked:
        parts[-1].text(
            2.5 / DOUBLE_COLUMN,
            0.1,
            "† the smallest p that this number of permutations can give",
            va="bottom",
        )
    return figure


def _message(title: str, text: str) -> Figure:
    """Draw a figure that says in words why there is nothing to show."""
    figure = _figure(SINGLE_COLUMN, 34)
    _suptitle(figure, title, SINGLE_COLUMN)
    axes = figure.add_subplot()
    axes.axis("off")
    axes.text(0, 0.5, wrap(text, SINGLE_COLUMN - 8), va="center")
    return figure


def _swarm(values: np.ndarray, bin_width: float, spacing: float, limit: float) -> np.ndarray:
    """Offsets that keep points of similar value apart: people stacked around the middle."""
    offsets = np.zeros(len(values))
    bins = np.floor(values / bin_width).astype(int)
    for members in (np.flatnonzero(bins == b) for b in np.unique(bins)):
        order = members[np.argsort(values[members], kind="stable")]
        steps = np.array([(-1) ** k * ((k + 1) // 2) for k in range(len(order))], dtype=float)
        gap = min(spacing, limit / max(np.abs(steps).max(), 1))
        offsets[order] = steps * gap
    return offsets


@_styled
def decision_scores(predictions: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw every person's decision value by cohort and outcome, without any label of a person.

    Parameters
    ----------
    predictions : DataFrame
        The table ``predictions.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        Points, the box from the lower to the upper quartile with the median, and the
        threshold at zero.
    """
    cohorts = names.ordered(predictions.loc[predictions["model"] == model, "cohort"])
    title = names.title(f"Decision values by cohort and outcome, model {model}")
    headings = {c: wrap(names.titles[c], 165, weight="bold") for c in cohorts}
    row, gap = 9.5, 4.0
    height_inside = sum(2 * row + gap + _lines(headings[c]) * _line_height() for c in cohorts)
    height = height_inside + 24
    figure = _figure(DOUBLE_COLUMN, height)
    _suptitle(figure, title, DOUBLE_COLUMN)
    axes = figure.add_subplot()
    scores = {c: person_scores(predictions, model, c, names) for c in cohorts}
    everything = np.concatenate([frame["decision"].to_numpy() for frame in scores.values()])
    span = max(np.ptp(everything), 1e-9)
    ticks, tick_labels = [], []
    y = 0.0  # in mm, downwards
    for cohort in cohorts:
        y += _lines(headings[cohort]) * _line_height()
        axes.annotate(
            headings[cohort],
            (0, y),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontweight="bold",
            va="bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        for value, name, colour in ((1, names.positive, POSITIVE), (0, names.negative, NEGATIVE)):
            frame = scores[cohort]
            decisions = frame.loc[frame["label"] == value, "decision"].to_numpy()
            centre = y + row / 2
            ticks.append(centre)
            tick_labels.append(wrap(f"{name}, n = {len(decisions)}", 40))
            y += row
            if not len(decisions):
                continue
            offsets = _swarm(decisions, span / 110, 1.5, row / 2 - 1.4)
            axes.scatter(decisions, centre + offsets, s=9, color=colour, alpha=0.75, linewidths=0)
            if len(decisions) >= 5:
                low, middle, high = np.percentile(decisions, [25, 50, 75])
                box = Rectangle(
                    (low, centre - row * 0.36),
                    high - low,
                    row * 0.72,
                    fill=False,
                    edgecolor=BLACK,
                    linewidth=0.8,
                )
                axes.add_patch(box)
                axes.plot([middle] * 2, [centre - row * 0.36, centre + row * 0.36], color=BLACK)
        y += gap
        if cohort != cohorts[-1]:
            axes.axhline(y - gap / 2, color="#d0d0d0", linewidth=0.7)
    axes.axvline(0, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set(
        ylim=(y, 0),
        xlim=(everything.min() - 0.04 * span, everything.max() + 0.04 * span),
        xlabel=f"Decision value (right of the dashed line: taken for {names.positive})",
    )
    axes.set_yticks(ticks, tick_labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return figure


@_styled
def confusion(performance: pd.DataFrame, model: str, names: Naming) -> Figure:
    """Draw confusion matrices: counts of people and percentages of each true class.

    Discovery people are classed by their mean decision value over repeats.

    Parameters
    ----------
    performance : DataFrame
        The table ``performance.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
        One matrix a cohort, three in a row.
    """
    cohorts = names.ordered(performance.loc[performance["model"] == model, "cohort"])
    columns = min(3, len(cohorts))
    rows = [cohorts[i : i + columns] for i in range(0, len(cohorts), columns)]
    width = SINGLE_COLUMN if columns == 1 else DOUBLE_COLUMN
    panel = width / columns
    cell, label_width = 16.5, 23.0
    classes = [names.positive, names.negative]
    # A hyphen is a place to break a class name.
    above = [wrap(name.replace("-", "- "), cell - 1).replace("- ", "-") for name in classes]
    beside = [wrap(name.replace("-", "- "), label_width - 2) for name in classes]
    beside = ["True:\n" + text.replace("- ", "-") for text in beside]
    n_above = max(_lines(text) for text in above) + 1
    sizes = {c: people_counts(performance, model, c)[0] for c in cohorts}
    headings = {
        c: wrap(f"{names.titles[c]}, n\xa0=\xa0{sizes[c]}", panel - 6, weight="bold")
        for c in cohorts
    }
    lines = [max(_lines(headings[c]) for c in row) for row in rows]
    title = wrap(names.title(f"Confusion matrices, model {model}"), width - 6, 9, "bold")
    top = 4.5 * _lines(title) + 3
    heights = [(n + n_above) * _line_height() + 2 * cell + 8 for n in lines]
    # Drawn in millimetres: the matrices stay square and aligned whatever the titles are.
    figure, axes = _canvas(width, top + sum(heights))
    axes.text(2, 2, title, fontsize=9, fontweight="bold", va="top")
    for i, cohort in enumerate(cohorts):
        row, column = divmod(i, columns)
        x = column * panel + 2
        y = top + sum(heights[:row]) + lines[row] * _line_height()
        axes.text(x, y, headings[cohort], fontweight="bold", va="bottom", linespacing=1.2)
        y += 1.5
        if not is_computed(performance, model, cohort):
            text = "Not computed: a class has too few people."
            axes.text(x, y, wrap(text, panel - 8), va="top")
            continue
        aggregation = "person" if names.roles[cohort] == "discovery" else "frozen_model"
        counts = [
            number(rows_of(performance, model, cohort, metric, aggregation)["estimate"].iloc[0])
            for metric in ("true_positive", "false_negative", "false_positive", "true_negative")
        ]
        table = np.reshape(counts, (2, 2))
        left = x + label_width
        axes.text(left + cell, y, "Taken for", ha="center", va="top")
        y += n_above * _line_height() + 1
        for k in range(2):
            axes.text(
                left - 1.5,
                y + cell * (k + 0.5),
                beside[k],
                ha="right",
                va="center",
                linespacing=1.15,
            )
            axes.text(
                left + cell * (k + 0.5),
                y - 0.8,
                above[k],
                ha="center",
                va="bottom",
                linespacing=1.15,
            )
            for m in range(2):
                share = table[k, m] / table[k].sum()
                corner = (left + cell * m, y + cell * k)
                shade = _mix(BLUE, share)
                axes.add_patch(
                    Rectangle(corner, cell, cell, facecolor=shade, edgecolor="white", linewidth=1)
                )
                ink = max(("#ffffff", BLACK), key=lambda colour: contrast(colour, shade))
                middle = (corner[0] + cell / 2, corner[1] + cell / 2)
                # People with several rows can be halves.
                count = f"{table[k, m]:.1f}".removesuffix(".0")
                axes.text(*middle, count, color=ink, fontsize=11, ha="center", va="bottom")
                axes.text(
                    middle[0],
                    middle[1] + 1.2,
                    f"{100 * share:.0f} %",
                    color=ink,
                    ha="center",
                    va="top",
                )
    return figure


def contrast(first: Any, second: Any) -> float:
    """Return the contrast ratio of two colours, from 1 to 21.

    Parameters
    ----------
    first, second : colour
        Anything matplotlib takes for a colour.

    Returns
    -------
    float

    References
    ----------
    Web Content Accessibility Guidelines (WCAG) 2.1, definition of contrast ratio. W3C, 2018.
    """
    luminances = []
    for colour in (first, second):
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        luminances.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def _mix(colour: str, share: float) -> tuple[float, ...]:
    """Colour between white (0) and ``colour`` (1)."""
    full = np.array(matplotlib.colors.to_rgb(colour))
    return tuple(1 - (1 - full) * (0.06 + 0.94 * share))


def _canvas(width: float, height: float) -> tuple[Figure, Any]:
    """Figure with one axes over all of it, whose data units are mm from the upper left."""
    figure = _figure(width, height, constrained=False)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return figure, axes


@_styled
def roi_weights(weights: pd.DataFrame, model: str, names: Naming, top: int = 20) -> Figure:
    """Draw the regions with the strongest Haufe pattern, weights of the same regions beside.

    Parameters
    ----------
    weights : DataFrame
        The table ``weights/<model>.tsv``: region, weight, haufe.
    model : str
        The model.
    names : Naming
        Names of the run.
    top : int
        Number of regions, by absolute Haufe pattern.

    Returns
    -------
    Figure

    References
    ----------
    Haufe S et al. On the interpretation of weight vectors of linear models in multivariate
    neuroimaging. NeuroImage 2014;87:96-110.
    """
    frame = weights.assign(
        text=readable_regions(weights["region"]),
        weight=as_number(weights["weight"]),
        haufe=as_number(weights["haufe"]),
    )
    order = np.argsort(-np.abs(frame["haufe"].to_numpy()), kind="stable")[:top]
    frame = frame.iloc[order].sort_values("haufe", kind="stable")
    title = names.title(f"Regions with the strongest pattern, model {model}")
    texts = [wrap(text, 72) for text in frame["text"]]
    tallest = max(_lines(text) for text in texts)
    height = 34 + len(frame) * (4.4 if tallest == 1 else 3.6 * tallest)
    figure = _figure(DOUBLE_COLUMN, height)
    _suptitle(figure, title, DOUBLE_COLUMN)
    figure.get_layout_engine().set(wspace=0.05)
    left, right = figure.subplots(1, 2, sharey=True)
    panels = (
        (left, "haufe", "Haufe pattern: where the signal is", "Pattern, unit norm"),
        (right, "weight", "Weights of the refitted model", "Weight per SD, unit norm"),
    )
    positions = np.arange(len(frame))
    for axes, column, heading, label in panels:
        values = frame[column].to_numpy()
        axes.barh(positions, values, color=np.where(values > 0, POSITIVE, NEGATIVE), height=0.72)
        axes.axvline(0, color=BLACK, linewidth=0.7)
        limit = 1.05 * max(np.abs(values).max(), 1e-12)
        axes.set(xlim=(-limit, limit), xlabel=label)
        axes.set_title(heading)
        axes.locator_params(axis="x", nbins=5)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    left.set_yticks(positions, texts)
    left.set_ylim(-0.6, len(frame) - 0.4)
    handles = [
        Patch(color=POSITIVE, label=f"Towards {names.positive}"),
        Patch(color=NEGATIVE, label=f"Towards {names.negative}"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2)
    return figure


def paint_regions(
    atlas: Nifti1Image, regions: pd.DataFrame, values: Mapping[str, float]
) -> Nifti1Image:
    """Return an image that holds each region's value in the region's voxels.

    Parameters
    ----------
    atlas : Nifti1Image
        Label image.
    regions : DataFrame
        Columns index (label in the image) and region (name).
    values : mapping of str to float
        Value of each region by name. Regions without a value are 0.

    Returns
    -------
    Nifti1Image
        float32, on the atlas's grid.
    """
    labels = np.asarray(atlas.dataobj).astype(np.int64)
    index = as_number(regions["index"]).to_numpy(dtype=np.int64)
    lookup = np.zeros(max(labels.max(), index.max()) + 1, dtype=np.float32)
    for label, region in zip(index, regions["region"], strict=True):
        lookup[label] = values.get(region, 0.0)
    lookup[0] = 0
    return Nifti1Image(lookup[np.maximum(labels, 0)], atlas.affine)


def weight_image(files: Mapping[str, str], kind: str) -> Nifti1Image:
    """Read one kind of weights of a model as an image.

    Parameters
    ----------
    files : mapping of str to path
        Either an image for each kind, or ``table`` (weights by region), ``atlas`` and ``regions``.
    kind : str
        weight, haufe or weight_mean.

    Returns
    -------
    Nifti1Image
    """
    if "table" not in files.keys():  # noqa: SIM118 (a list of files with names)
        return nib.load(files[kind])
    table = read_tsv(files["table"])
    regions = read_tsv(files["regions"]).astype({"index": int})
    values = dict(zip(table["region"], table[kind].astype(float), strict=True))
    return paint_regions(nib.load(files["atlas"]), regions, values)


@_styled
def brain_maps(
    maps: Mapping[str, tuple[Nifti1Image, str]],
    title: str,
    names: Naming,
    axial: tuple[int, ...] = (-42, -26, -10, 6, 22, 38, 54),
    sagittal: tuple[int, ...] = (-48, -32, -6, 6, 32, 48),
) -> Figure:
    """Draw maps on slices of the MNI152 template.

    Parameters
    ----------
    maps : mapping
        Heading of each map to (image in MNI space, label of the colour bar with the unit).
        Voxels equal to 0 are not drawn.
    title : str
        Title of the figure.
    names : Naming
        Names of the run.
    axial, sagittal : tuple of int
        Slice positions in mm.

    Returns
    -------
    Figure
        For each map a row of axial and a row of sagittal slices and a colour bar centred
        at 0, whose ends are the 99th percentile of the absolute values.
    """
    # Imported here: it costs seconds, and only this figure needs it.
    from nilearn.datasets import load_mni152_template
    from nilearn.plotting import plot_stat_map

    background = load_mni152_template(resolution=2)
    title = names.title(title)
    wrapped_title = wrap(title, DOUBLE_COLUMN - 6, 9, "bold")
    headings = [wrap(text, DOUBLE_COLUMN - 6, weight="bold") for text in maps]
    row_axial, row_sagittal, bar, gap = 31.0, 26.0, 18.0, 4.0
    blocks = [
        _lines(t) * _line_height() + row_axial + row_sagittal + bar + 2 * gap for t in headings
    ]
    top = 4.5 * _lines(wrapped_title) + 3
    height = top + sum(blocks)
    figure, canvas = _canvas(DOUBLE_COLUMN, height)
    canvas.text(2, 2, wrapped_title, fontsize=9, fontweight="bold", va="top")
    y = top
    for heading, (image, label) in zip(headings, maps.values(), strict=True):
        canvas.text(2, y, heading, fontweight="bold", va="top", linespacing=1.2)
        y += _lines(heading) * _line_height()
        values = np.abs(np.nan_to_num(np.asarray(image.dataobj, dtype=float)))
        limit = float(np.percentile(values[values > 0], 99)) if (values > 0).any() else 1.0
        for mode, cuts, size in (("z", axial, row_axial), ("x", sagittal, row_sagittal)):
            rectangle = (0.01, 1 - (y + size) / height, 0.98, size / height)
            display = plot_stat_map(
                image,
                bg_img=background,
                display_mode=mode,
                cut_coords=list(cuts),
                figure=figure,
                axes=rectangle,
                cmap=_DIVERGING,
                vmax=limit,
                vmin=-limit,
                threshold=1e-12,
                colorbar=False,
                annotate=False,
                black_bg=False,
                dim=-0.6,
                resampling_interpolation="nearest",
            )
            display.annotate(size=8, left_right=mode == "z", positions=False)
            for cut, slice_axes in display.axes.items():
                slice_axes.ax.text(
                    0.5,
                    -0.02,
                    f"{mode} = {cut:g} mm".replace("-", "−"),
                    ha="center",
                    va="top",
                    transform=slice_axes.ax.transAxes,
                )
            y += size + gap
        bar_axes = figure.add_axes((0.3, 1 - (y + 5) / height, 0.4, 2.8 / height))
        mappable = ScalarMappable(Normalize(-limit, limit), _DIVERGING)
        colour_bar = figure.colorbar(mappable, cax=bar_axes, orientation="horizontal")
        colour_bar.outline.set_linewidth(0.5)
        colour_bar.locator = matplotlib.ticker.MaxNLocator(5)
        colour_bar.update_ticks()
        colour_bar.set_label(label)
        y += bar
    return figure


def weight_map(weight: Nifti1Image, haufe: Nifti1Image, model: str, names: Naming) -> Figure:
    """Draw the Haufe pattern and the refitted weights of a model on the brain.

    Parameters
    ----------
    weight, haufe : Nifti1Image
        Voxel maps, or region values painted by :func:`paint_regions`.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    direction = f"towards {names.negative} (blue) or {names.positive} (red)"
    return brain_maps(
        {
            "Haufe pattern: where the signal is": (haufe, f"Haufe pattern, {direction}"),
            "Weights of the refitted model": (weight, f"Weight, {direction}"),
        },
        f"Weights on the brain, model {model}",
        names,
    )


@_styled
def flow(flow_table: pd.DataFrame, names: Naming) -> Figure:
    """Draw the flow of participants of each cohort, from the table to the analysed classes.

    Parameters
    ----------
    flow_table : DataFrame
        The table ``flow.tsv``.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure

    References
    ----------
    Schulz KF, Altman DG, Moher D. CONSORT 2010 Statement. BMJ 2010;340:c332 (its flow diagram).
    """
    cohorts = names.ordered(flow_table["cohort"])
    columns = 1 if len(cohorts) == 1 else 2
    width = 120.0 if columns == 1 else DOUBLE_COLUMN
    panel = width / columns
    blocks = {c: _flow_boxes(flow_table[flow_table["cohort"] == c], names, panel) for c in cohorts}
    title = names.title("Flow of participants")
    top = 8.0
    rows = [cohorts[i : i + columns] for i in range(0, len(cohorts), columns)]
    headings = {
        c: wrap(f"{names.titles[c]} ({names.roles[c]})", panel - 6, weight="bold") for c in cohorts
    }
    heights = [
        max(_lines(headings[c]) * _line_height() + 2 + blocks[c][1] for c in row) + 6
        for row in rows
    ]
    figure, axes = _canvas(width, top + sum(heights))
    axes.text(2, 2, title, fontsize=9, fontweight="bold", va="top")
    y = top
    for row, height in zip(rows, heights, strict=True):
        for column, cohort in enumerate(row):
            x = column * panel + 2
            axes.text(x, y, headings[cohort], fontweight="bold", va="top", linespacing=1.2)
            start = y + _lines(headings[cohort]) * _line_height() + 2
            for kind, (left, upper, box_width, box_height), text, fill in blocks[cohort][0]:
                if kind == "line":
                    axes.plot(
                        [x + left, x + left + box_width],
                        [start + upper, start + upper + box_height],
                        color=BLACK,
                        linewidth=0.8,
                    )
                    continue
                if kind == "arrow":
                    axes.add_patch(
                        FancyArrowPatch(
                            (x + left, start + upper),
                            (x + left + box_width, start + upper + box_height),
                            arrowstyle="-|>",
                            mutation_scale=7,
                            shrinkA=0,
                            shrinkB=0,
                            linewidth=0.8,
                            color=BLACK,
                        )
                    )
                    continue
                axes.add_patch(
                    Rectangle(
                        (x + left, start + upper),
                        box_width,
                        box_height,
                        facecolor=fill,
                        edgecolor=BLACK,
                        linewidth=0.7,
                    )
                )
                centred = kind == "centre"
                axes.text(
                    x + left + (box_width / 2 if centred else 1.8),
                    start + upper + box_height / 2,
                    text,
                    ha="center" if centred else "left",
                    va="center",
                    linespacing=1.2,
                )
        y += height
    return figure


def _flow_boxes(
    steps: pd.DataFrame, names: Naming, panel: float
) -> tuple[list[tuple[str, tuple[float, float, float, float], str, str]], float]:
    """Boxes and arrows of one cohort in mm from its upper left corner, and their height."""
    counts = [(str(s), int(number(n))) for s, n in zip(steps["step"], steps["n"], strict=True)]
    ends = {"analysed", "analysed, positive", "analysed, negative"}
    starts = {"in participants table", "matching the row filter"}
    found = dict(counts)
    excluded = [(step, n) for step, n in counts if step not in ends | starts]
    main, side = panel * 0.40, panel * 0.48
    side_left = panel - side - 5
    items: list[tuple[str, tuple[float, float, float, float], str, str]] = []
    y = 0.0

    def height_of(text: str) -> float:
        return _lines(text) * _line_height() * 1.02 + 3.2

    def add(text: str, fill: str = "white") -> None:
        nonlocal y
        items.append(("centre", (0, y, main, height_of(text)), text, fill))
        y += height_of(text)

    table = found["in participants table"]
    add(wrap(f"In participants table\nn = {table}", main - 3))
    matching = found.get("matching the row filter", table)
    if matching != table:
        items.append(("arrow", (main / 2, y, 0, 5), "", ""))
        y += 5
        add(wrap(f"Matching the row filter\nn = {matching}", main - 3))
    if excluded:
        total = sum(n for _, n in excluded)
        lines = [_hanging(str(n), reason, side - 4) for reason, n in excluded]
        text = "\n".join([f"Excluded, n = {total}:", *lines])
    else:
        text = "Excluded, n = 0"
    height = height_of(text)
    items.append(("arrow", (main / 2, y, 0, height + 6), "", ""))
    items.append(("left", (side_left, y + 3, side, height), text, "white"))
    middle = y + 3 + height / 2
    items.append(("arrow", (main / 2, middle, side_left - main / 2, 0), "", ""))
    y += height + 6
    add(f"Analysed\nn = {found['analysed']}")
    items.append(("line", (main / 2, y, 0, 3), "", ""))
    y += 7
    classes = [
        (names.positive, found["analysed, positive"], "#FBE3D0"),
        (names.negative, found["analysed, negative"], "#D6E8F5"),
    ]
    columns = ((0.0, main), (side_left, side))
    texts = [
        wrap(f"{name}\nn = {n}", box - 3)
        for (name, n, _), (_, box) in zip(classes, columns, strict=True)
    ]
    height = max(height_of(text) for text in texts)
    for text, (_, _, fill), (left, box) in zip(texts, classes, columns, strict=True):
        centre = left + box / 2
        items.append(("line", (main / 2, y - 4, centre - main / 2, 0), "", ""))
        items.append(("arrow", (centre, y - 4, 0, 4), "", ""))
        items.append(("centre", (left, y, box, height), text, fill))
    return items, y + height


@_styled
def planted_vs_found(
    planted: pd.DataFrame, weights: pd.DataFrame, model: str, names: Naming, label: int = 6
) -> Figure:
    """Draw each region's planted difference against its Haufe pattern (simulation only).

    Parameters
    ----------
    planted : DataFrame
        The table ``simulation/planted.tsv``: region, planted (relative difference in %).
    weights : DataFrame
        The table ``weights/<model>.tsv``.
    model : str
        The model.
    names : Naming
        Names of the run.
    label : int
        How many of the strongest regions on either side are numbered and named.

    Returns
    -------
    Figure
    """
    both = planted[["region", "planted"]].merge(
        weights[["region", "haufe"]], on="region", how="inner", validate="one_to_one"
    )
    x = as_number(both["planted"]).to_numpy()
    y = as_number(both["haufe"]).to_numpy()
    order = np.argsort(y, kind="stable")
    chosen = [*order[::-1][:label], *order[:label]][: len(y)]
    texts = readable_regions(both["region"])
    correlation = np.corrcoef(x, y)[0, 1] if np.ptp(x) > 0 and np.ptp(y) > 0 else np.nan
    title = names.title(f"Planted beside found, model {model}")
    figure = _figure(DOUBLE_COLUMN, 96)
    _suptitle(figure, title, DOUBLE_COLUMN)
    axes, key = figure.subplots(1, 2, width_ratios=[100, 74])
    axes.axhline(0, color=GREY, linewidth=0.7)
    axes.axvline(0, color=GREY, linewidth=0.7)
    colour = np.where(x > 0, POSITIVE, np.where(x < 0, NEGATIVE, GREY))
    axes.scatter(x, y, s=16, c=colour, linewidths=0, alpha=0.85)
    axes.set(
        xlabel=wrap(
            f"Planted difference in grey matter, {names.positive} minus {names.negative} (%)", 92
        ),
        ylabel="Haufe pattern found",
    )
    axes.margins(0.07)
    _number_points(axes, x[chosen], y[chosen])
    axes.set_title(f"{len(both)} regions, correlation r = {correlation:.2f}")
    key.axis("off")
    key.set_title("Strongest patterns found")
    text = "\n".join(_hanging(str(k), texts[i], 68) for k, i in enumerate(chosen, start=1))
    key.text(0, 0.99, text, va="top", linespacing=1.45, transform=key.transAxes)
    handles = [
        Patch(color=POSITIVE, label=f"Planted: more in {names.positive}"),
        Patch(color=NEGATIVE, label=f"Planted: more in {names.negative}"),
        Patch(color=GREY, label="Nothing planted"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=3)
    return figure


def _number_points(axes: Any, x: np.ndarray, y: np.ndarray) -> None:
    """Number points beside them, moved apart vertically so that no two numbers overlap."""
    axes.figure.draw_without_rendering()
    pixels = axes.transData.transform(np.column_stack([x, y]))
    points = pixels * 72 / axes.figure.dpi
    placed: list[tuple[float, float]] = []
    for k in np.argsort(points[:, 1], kind="stable"):
        right = points[k, 0] + 5
        upper = points[k, 1]
        # A number is about 11 points wide and 8 high.
        while any(abs(right - a) < 11 and abs(upper - b) < 8 for a, b in placed):
            upper += 1
        placed.append((right, upper))
        moved = upper - points[k, 1]
        arrow = {"arrowstyle": "-", "linewidth": 0.5, "color": GREY} if moved > 4 else None
        axes.annotate(
            str(k + 1),
            (x[k], y[k]),
            (4, moved),
            textcoords="offset points",
            va="center",
            arrowprops=arrow,
        )


def planted_map(planted: Nifti1Image, haufe: Nifti1Image, model: str, names: Naming) -> Figure:
    """Draw the planted difference and the Haufe pattern found on the brain (simulation only).

    Parameters
    ----------
    planted : Nifti1Image
        Relative grey-matter difference in %.
    haufe : Nifti1Image
        Voxel map, or region values painted by :func:`paint_regions`.
    model : str
        The model.
    names : Naming
        Names of the run.

    Returns
    -------
    Figure
    """
    difference = f"Difference in grey matter, {names.positive} minus {names.negative} (%)"
    direction = f"towards {names.negative} (blue) or {names.positive} (red)"
    return brain_maps(
        {
            "Planted": (planted, difference),
            "Found: Haufe pattern": (haufe, f"Haufe pattern, {direction}"),
        },
        f"Planted beside found on the brain, model {model}",
        names,
    )
