"""ROC curves, null distributions, decision values and confusion matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mri_response.core.seeds import Stream, generator
from mri_response.core.vocabulary import EXTERNAL_POOLED, Aggregation, Null, Role
from mri_response.evaluation.bootstrap import bootstrap_counts
from mri_response.people.rows import person_weights, told_apart
from mri_response.report.figures.style import (
    BLACK,
    BLUE,
    DOUBLE_COLUMN,
    GREY,
    NEGATIVE,
    POSITIVE,
    SINGLE_COLUMN,
    SKY,
    VERMILION,
    cohort_styles,
    contrast,
    line_count,
    line_height,
    message,
    mix,
    new_canvas,
    new_figure,
    styled,
    suptitle,
    swarm,
    wrap,
)
from mri_response.report.lookup import headline_row, is_computed, people_counts, rows_of
from mri_response.report.naming import NULL_NAMES, Naming
from mri_response.report.numbers import as_number, estimate_text, interval_text, number, p_phrase


def _of_cohort(predictions: pd.DataFrame, model: str, cohort: str, names: Naming) -> pd.DataFrame:
    rows = predictions[predictions["model"] == model]
    if cohort == EXTERNAL_POOLED:
        members = [
            name
            for name, role in names.roles.items()
            if role == Role.EXTERNAL and name != EXTERNAL_POOLED
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
    person = told_apart(index["cohort"], index["participant_id"])
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


def _auc_text(performance: pd.DataFrame, model: str, cohort: str) -> str:
    row = headline_row(performance, model, cohort, "auc")
    interval = interval_text("auc", row["ci_low"], row["ci_high"])
    text = f"AUC {estimate_text('auc', row['estimate'])} ({interval})"
    return text.replace(" ", "\xa0")


@styled
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
    styles = cohort_styles(cohorts, names)
    (discovery,) = [c for c in cohorts if names.roles[c] == Role.DISCOVERY]
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
    n_lines = sum(line_count(label) for label in labels.values()) + 2
    legend_height = n_lines * line_height() * 1.12 + 3

    title = names.title(f"ROC curves, model {model}")
    height = 82 + legend_height + 5 * line_count(wrap(title, width - 6, 9, "bold"))
    figure = new_figure(width, height)
    suptitle(figure, title, width)
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


@styled
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
        return message(title, "No cohort is large enough in both classes.")
    heights = []
    for cohort in cohorts:
        lines = max(line_count(panels[cohort, m][2]) for m in metrics)
        heading = line_count(wrap(names.titles[cohort], 170, weight="bold"))
        heights.append(29 + (lines + heading) * line_height())
    heights[-1] += 5
    legend_height = 18.0 if marked else 13.0
    height = sum(heights) + legend_height + 8
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
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
                if null_name == Null.DISCOVERY_LABELS:
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
    filled = [n for n in NULL_NAMES if n in shown and n != Null.DISCOVERY_LABELS]
    handles: list[Any] = [Line2D([], [], color=VERMILION, linewidth=2, label="Observed")]
    if filled:
        text = "Null: " + " or ".join(NULL_NAMES[name] for name in filled)
        handles.append(Patch(facecolor=SKY, edgecolor="white", label=text))
    handles.append(Line2D([], [], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), label="Chance"))
    if Null.DISCOVERY_LABELS in shown:
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


@styled
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
    height_inside = sum(2 * row + gap + line_count(headings[c]) * line_height() for c in cohorts)
    height = height_inside + 24
    figure = new_figure(DOUBLE_COLUMN, height)
    suptitle(figure, title, DOUBLE_COLUMN)
    axes = figure.add_subplot()
    scores = {c: person_scores(predictions, model, c, names) for c in cohorts}
    everything = np.concatenate([frame["decision"].to_numpy() for frame in scores.values()])
    span = max(np.ptp(everything), 1e-9)
    ticks, tick_labels = [], []
    y = 0.0  # in mm, downwards
    for cohort in cohorts:
        y += line_count(headings[cohort]) * line_height()
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
            offsets = swarm(decisions, span / 110, 1.5, row / 2 - 1.4)
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


@styled
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
    n_above = max(line_count(text) for text in above) + 1
    sizes = {c: people_counts(performance, model, c)[0] for c in cohorts}
    headings = {
        c: wrap(f"{names.titles[c]}, n\xa0=\xa0{sizes[c]}", panel - 6, weight="bold")
        for c in cohorts
    }
    lines = [max(line_count(headings[c]) for c in row) for row in rows]
    title = wrap(names.title(f"Confusion matrices, model {model}"), width - 6, 9, "bold")
    top = 4.5 * line_count(title) + 3
    heights = [(n + n_above) * line_height() + 2 * cell + 8 for n in lines]
    # Drawn in millimetres: the matrices stay square and aligned whatever the titles are.
    figure, axes = new_canvas(width, top + sum(heights))
    axes.text(2, 2, title, fontsize=9, fontweight="bold", va="top")
    for i, cohort in enumerate(cohorts):
        row, column = divmod(i, columns)
        x = column * panel + 2
        y = top + sum(heights[:row]) + lines[row] * line_height()
        axes.text(x, y, headings[cohort], fontweight="bold", va="bottom", linespacing=1.2)
        y += 1.5
        if not is_computed(performance, model, cohort):
            text = "Not computed: a class has too few people."
            axes.text(x, y, wrap(text, panel - 8), va="top")
            continue
        aggregation = (
            Aggregation.PERSON
            if names.roles[cohort] == Role.DISCOVERY
            else Aggregation.FROZEN_MODEL
        )
        counts = [
            number(rows_of(performance, model, cohort, metric, aggregation)["estimate"].iloc[0])
            for metric in ("true_positive", "false_negative", "false_positive", "true_negative")
        ]
        table = np.reshape(counts, (2, 2))
        left = x + label_width
        axes.text(left + cell, y, "Taken for", ha="center", va="top")
        y += n_above * line_height() + 1
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
                shade = mix(BLUE, share)
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
