"""The result page: one self-contained HTML file that opens without a network.

Texts with numbers are composed here, everything else is in ``data/report/report.html.jinja``.
The captions are the ``*.rst`` files beside it, which Snakemake's own report shows too.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined

from mri_response.config.plan import FigureSpec, figure_plan, ordered_models
from mri_response.config.queries import discovery_name
from mri_response.core.data import data_path
from mri_response.core.vocabulary import EXTERNAL_POOLED, Interval, Null, Role
from mri_response.report.documents import cited, references, templates_of
from mri_response.report.facts.evidence import FLOW_STEPS, null_values
from mri_response.report.facts.methods import caveats, methods, outcome_definition
from mri_response.report.inputs import ReportInputs
from mri_response.report.lookup import headline_row, is_computed, people_counts, rows_of
from mri_response.report.naming import (
    AGGREGATION_NAMES,
    CI_NAMES,
    METRIC_NAMES,
    NULL_NAMES,
    Naming,
    lowered,
    naming,
    too_small,
)
from mri_response.report.numbers import (
    as_number,
    estimate_text,
    interval_text,
    number,
    p_phrase,
    p_text,
    with_sign,
)
from mri_response.report.procedure_words import validated_text
from mri_response.report.sections import brain
from mri_response.report.sections.blocks import Table
from mri_response.report.sections.registry import SECTIONS

TEMPLATES = data_path("report")

_EXPLAINED_NULLS = {
    Null.WHOLE_PROCEDURE: (
        "The labels of the discovery people were permuted, then everything that depends on labels "
        "ran again: every fit of every fold, the choice of hyperparameters included."
    ),
    Null.GIVEN_CONFOUNDS: (
        "The labels of the discovery people were drawn anew given their confounds (the conditional "
        "permutation test of Berrett, Wang, Barber and Samworth 2020; the probability of a label "
        "given the confounds is a logistic regression, so that the test is approximate), then "
        "everything that depends on labels ran again. Asks: do the features say anything of the "
        "outcome that the confounds do not?"
    ),
    Null.OWN_LABELS: (
        "The labels of the cohort's own people were permuted and the model stayed as it was. "
        "Asks: do this model's scores go along with the outcome in this cohort? Where cohorts are "
        "taken together, labels are permuted within each."
    ),
    Null.DISCOVERY_LABELS: (
        "The labels of the discovery people were permuted, models were fitted to them, and these "
        "were scored on the cohort's true labels. Asks: does a model that learned from true labels "
        "do better here than models that learned from none?"
    ),
}


def caption(spec: FigureSpec, config: Mapping[str, Any]) -> str:
    """Return the caption of a figure in plain words, from its ``.rst`` file.

    Parameters
    ----------
    spec : FigureSpec
        The figure.
    config : mapping
        The config.

    Returns
    -------
    str
        One paragraph.
    """
    environment = Environment(undefined=StrictUndefined)
    text = (TEMPLATES / f"{spec.kind}.rst").read_text(encoding="utf-8")
    rendered = environment.from_string(text).render(snakemake=SimpleNamespace(config=config))
    return " ".join(rendered.split())


def people_text(performance: pd.DataFrame, model: str, names: Naming) -> str:
    """Return the number of people behind a model's figures, cohort by cohort."""
    cohorts = names.ordered(performance.loc[performance["model"] == model, "cohort"])
    parts = []
    for cohort in cohorts:
        n, n_positive = people_counts(performance, model, cohort)
        parts.append(f"{names.titles[cohort]} n = {n} ({n_positive} {names.positive})")
    return "People: " + "; ".join(parts) + "."


def alt_text(spec: FigureSpec, inputs: ReportInputs, names: Naming) -> str:
    """Return a description of a figure for readers who do not see it.

    Parameters
    ----------
    spec : FigureSpec
        The figure.
    inputs : ReportInputs
        Tables of the run.
    names : Naming
        Names of the run.

    Returns
    -------
    str
    """
    title = names.title(f"{spec.heading}, model {spec.model}" if spec.model else spec.heading)
    of_sections = {section.id: section.alt_text for section in SECTIONS}
    of_sections["simulation"] = brain.alt_text
    said = of_sections.get(spec.section, _alt_text)(spec, inputs, names)
    return f"{title}. {said}"


def _alt_text(spec: FigureSpec, inputs: ReportInputs, names: Naming) -> str:
    """Of the figures that belong to no section of `SECTIONS`."""
    performance, model = inputs.performance, spec.model
    if spec.kind == "flow":
        analysed = inputs.flow[inputs.flow["step"] == "analysed"].set_index("cohort")["n"]
        counts = (f"{names.titles[c]} {analysed[c]}" for c in names.ordered(analysed.index))
        return f"Analysed: {'; '.join(counts)}. The table above has every step."
    if spec.kind in ("decision_scores", "confusion"):
        what = "Points of people" if spec.kind == "decision_scores" else "Counts of people"
        return f"{what} by cohort and outcome. {people_text(performance, model, names)}"
    metrics = {"roc": ["auc"], "null_distribution": ["balanced_accuracy", "auc"]}[spec.kind]
    parts = []
    for cohort in names.ordered(performance.loc[performance["model"] == model, "cohort"]):
        if not is_computed(performance, model, cohort):
            parts.append(f"{names.titles[cohort]} not computed")
            continue
        for metric in metrics:
            row = headline_row(performance, model, cohort, metric)
            name = lowered(METRIC_NAMES[metric])
            text = f"{names.titles[cohort]} {name} {estimate_text(metric, row['estimate'])}"
            if spec.kind == "null_distribution":
                text += f", {p_phrase(row['p_value'], row['n_permutations'])}"
            parts.append(text)
    return f"{'; '.join(parts)}."


# --- tables ---------------------------------------------------------------------------------


def _metric_cell(row: pd.Series | None, metric: str) -> tuple[str, str]:
    if row is None:
        return ("n/a", "")
    return (
        estimate_text(metric, row["estimate"]),
        interval_text(metric, row["ci_low"], row["ci_high"]),
    )


def _p_cell(row: pd.Series | None) -> str:
    return "n/a" if row is None else p_text(row["p_value"], row["n_permutations"])


def _headline_table(inputs: ReportInputs, names: Naming) -> Table:
    performance = inputs.performance
    table = Table(
        names.title("Headline: every model in every cohort"),
        [
            "Cohort",
            "Model",
            f"n ({names.positive})",
            "Balanced accuracy",
            "p",
            "Sensitivity",
            "Specificity",
            "AUC",
            "p",
            "Null of p",
        ],
    )
    for model in ordered_models(inputs.config):
        for cohort in names.ordered(performance.loc[performance["model"] == model, "cohort"]):
            n, n_positive = people_counts(performance, model, cohort)
            first = [(names.titles[cohort], names.roles[cohort]), model, f"{n} ({n_positive})"]
            if not is_computed(performance, model, cohort):
                table.rows.append([*first, too_small(inputs.config)])
                continue
            rows = {m: headline_row(performance, model, cohort, m) for m in METRIC_NAMES}
            null = str(rows["balanced_accuracy"]["null"])
            table.rows.append(
                [
                    *first,
                    _metric_cell(rows["balanced_accuracy"], "balanced_accuracy"),
                    _p_cell(rows["balanced_accuracy"]),
                    _metric_cell(rows["sensitivity"], "sensitivity"),
                    _metric_cell(rows["specificity"], "specificity"),
                    _metric_cell(rows["auc"], "auc"),
                    _p_cell(rows["auc"]),
                    NULL_NAMES.get(null, null),
                ]
            )
    table.note = (
        "Small numbers: 95 % intervals over people. Discovery figures are "
        + (
            "of the people held out"
            if inputs.config["cross_validation"]["outer"] == "held_out"
            else "means over the repeats of cross-validation with the corrected interval"
        )
        + "; the other cohorts were scored by the "
        "frozen model. Positive class: "
        f"{names.positive}. p is one-sided (greater than chance) against the null named in the "
        "last column."
    )
    if any("†" in str(cell) for row in table.rows for cell in row):
        m = inputs.config["permutation"]["n"]
        table.note += (
            f" † The smallest p that {m:,} permutations can give, 1 / {m + 1:,}: no permutation "
            "reached the observed value."
        )
    return table


def _flow_table(inputs: ReportInputs, names: Naming) -> Table:
    flow = inputs.flow.assign(n=as_number(inputs.flow["n"]).astype(int))
    table = Table(
        names.title("Cohorts"),
        [
            "Cohort",
            "Role",
            "In table",
            "Matching filter",
            "Excluded",
            "Analysed",
            names.positive,
            names.negative,
        ],
    )
    for cohort in names.ordered(flow["cohort"]):
        steps = flow[flow["cohort"] == cohort].set_index("step")["n"]
        in_table = steps["in participants table"]
        matching = steps.get("matching the row filter", in_table)
        table.rows.append(
            [
                names.titles[cohort],
                names.roles[cohort],
                in_table,
                matching,
                matching - steps["analysed"],
                steps["analysed"],
                steps["analysed, positive"],
                steps["analysed, negative"],
            ]
        )
    return table


def _reasons(flow: pd.DataFrame, names: Naming) -> pd.DataFrame:
    """Exclusions counted by cohort and reason."""
    rows = flow[~flow["step"].isin(FLOW_STEPS)]
    ordered = {cohort: i for i, cohort in enumerate(names.ordered(flow["cohort"]))}
    rows = rows.sort_values("cohort", key=lambda c: c.map(ordered), kind="stable")
    return rows[["cohort", "step", "n"]].rename(columns={"step": "reason"}).reset_index(drop=True)


def _exclusion_table(inputs: ReportInputs, names: Naming) -> Table:
    table = Table(names.title("Exclusions by reason"), ["Cohort", "Reason", "People"])
    for _, row in _reasons(inputs.flow, names).iterrows():
        table.rows.append([names.titles[row["cohort"]], row["reason"], int(number(row["n"]))])
    return table


def _person_table(inputs: ReportInputs, names: Naming) -> Table:
    columns = [c for c in ("participant_id", "session_id") if c in inputs.exclusions]
    table = Table(names.title("Exclusions, person by person"), ["Cohort", *columns, "Reason"])
    for _, row in inputs.exclusions.iterrows():
        table.rows.append([names.titles[row["cohort"]], *(row[c] for c in columns), row["reason"]])
    return table


def _discovery_table(inputs: ReportInputs, names: Naming, model: str, cohort: str) -> Table:
    """Every aggregation of the discovery figures with both intervals."""
    if inputs.config["cross_validation"]["outer"] == "held_out":
        return _held_out_table(inputs, names, model, cohort)
    table = Table(
        names.title(f"{names.titles[cohort]}, model {model}: ways to sum up"),
        ["Number", "Summed up", "Estimate", "Corrected 95 % interval", "Naive 95 % interval"],
    )
    for metric, metric_name in METRIC_NAMES.items():
        for aggregation, aggregation_name in AGGREGATION_NAMES.items():
            rows = rows_of(inputs.performance, model, cohort, metric, aggregation)
            if not len(rows):
                continue
            cells = [metric_name, aggregation_name, estimate_text(metric, rows["estimate"].iloc[0])]
            for method in (Interval.NULL_INFLATED, Interval.NAIVE_BOOTSTRAP):
                chosen = rows[rows["ci_method"] == method]
                cells.append(
                    interval_text(metric, chosen["ci_low"].iloc[0], chosen["ci_high"].iloc[0])
                    if len(chosen)
                    else "n/a"
                )
            table.rows.append(cells)
    table.note = (
        "Mean over repeats is the headline and the one that was tested. The intervals say how far "
        "the number would move had other people of the same kind been recruited; they are for the "
        "expected performance of models trained by this procedure on samples of this size, not for "
        "one particular model. The naive bootstrap ignores that people share training data and is "
        "too narrow; the corrected interval widens it by the spread seen under permutation."
    )
    return table


def _held_out_table(inputs: ReportInputs, names: Naming, model: str, cohort: str) -> Table:
    """Figures of held-out people, whom one model predicted."""
    table = Table(
        names.title(f"{names.titles[cohort]}, model {model}: the people held out"),
        ["Number", "Estimate", "95 % interval", "Method"],
    )
    for metric, metric_name in METRIC_NAMES.items():
        rows = rows_of(inputs.performance, model, cohort, metric)
        if len(rows):
            row = rows.iloc[0]
            cells = (
                estimate_text(metric, row["estimate"]),
                interval_text(metric, row["ci_low"], row["ci_high"]),
            )
            method = CI_NAMES.get(row["ci_method"], row["ci_method"])
            table.rows.append([metric_name, *cells, method])
    table.note = (
        "One model learned from the other people of the cohort and predicted these. The intervals "
        "are for this model and say how far the number would move had other people been held out."
    )
    return table


def _frozen_table(inputs: ReportInputs, names: Naming, role: str) -> Table:
    """Cohorts of one role, every null, methods of the intervals named."""
    performance = inputs.performance
    table = Table(
        names.title(
            "External cohorts, frozen model" if role == Role.EXTERNAL else "Control, frozen model"
        ),
        ["Cohort", "Model", "Number", "Estimate", "95 % interval", "Method", "p by null"],
    )
    for model in ordered_models(inputs.config):
        for cohort in names.ordered(performance.loc[performance["model"] == model, "cohort"]):
            if names.roles[cohort] != role:
                continue
            if not is_computed(performance, model, cohort):
                table.rows.append([names.titles[cohort], model, too_small(inputs.config)])
                continue
            for metric, metric_name in METRIC_NAMES.items():
                rows = rows_of(performance, model, cohort, metric)
                if not len(rows):
                    continue
                row = rows.iloc[0]
                p_values = [
                    f"{p_text(r['p_value'], r['n_permutations'])} ({NULL_NAMES[r['null']]})"
                    for _, r in rows.iterrows()
                    if r["null"] in NULL_NAMES
                ]
                table.rows.append(
                    [
                        names.titles[cohort],
                        model,
                        metric_name,
                        estimate_text(metric, row["estimate"]),
                        interval_text(metric, row["ci_low"], row["ci_high"]),
                        CI_NAMES.get(row["ci_method"], row["ci_method"]),
                        "; ".join(p_values) or "none: not tested alone",
                    ]
                )
    return table


def _planted_table(inputs: ReportInputs, names: Naming, model: str) -> Table:
    both = inputs.planted[["region", "planted"]].merge(
        inputs.weights[model][["region", "haufe"]], on="region", how="inner"
    )
    planted = as_number(both["planted"]).to_numpy()
    haufe = as_number(both["haufe"]).to_numpy()
    table = Table(
        names.title(f"Planted and found, model {model}"),
        [
            "Planted",
            "Regions",
            f"Pattern towards {names.positive}",
            f"Pattern towards {names.negative}",
            "Mean Haufe pattern",
        ],
    )
    groups = (
        (f"more in {names.positive}", planted > 0),
        (f"more in {names.negative}", planted < 0),
        ("nothing", planted == 0),
    )
    for text, members in groups:
        if members.any():
            found = haufe[members]
            table.rows.append(
                [
                    text,
                    int(members.sum()),
                    int((found > 0).sum()),
                    int((found < 0).sum()),
                    with_sign(found.mean(), 3),
                ]
            )
    return table


# --- texts ----------------------------------------------------------------------------------


def _question(config: Mapping[str, Any], names: Naming) -> list[str]:
    kind = config["outcome"]["kind"]
    if kind == "label":
        question = (
            f"Can these brain measures tell a person of the class “{names.positive}” from one of "
            f"the class “{names.negative}”?"
        )
    elif kind == "response":
        question = "Can a brain scan taken before treatment tell who will respond to it?"
    else:
        question = "Can a brain scan taken before treatment tell who will be in remission after it?"
    roles = [names.roles[c] for c in config["cohorts"]]
    counts = [
        f"{roles.count(role)} {role} cohort{'s' if roles.count(role) > 1 else ''}"
        for role in (Role.EXTERNAL, Role.CONTROL)
        if role in roles
    ]
    learns = (
        "The model learns from the discovery cohort alone. It is then frozen and scored in "
        f"{' and '.join(counts)}."
        if counts
        else "The run has a discovery cohort alone, so nothing is known about other people."
    )
    return [
        question,
        f"{outcome_definition(config, names)} The positive class is “{names.positive}”: "
        "sensitivity is the share of this class that the model finds, specificity the share of "
        f"“{names.negative}” that it leaves alone. Balanced accuracy is the mean of the two; "
        "chance is 50 %.",
        learns,
    ]


def _result(inputs: ReportInputs, names: Naming, model: str, cohort: str) -> str:
    performance = inputs.performance
    if not is_computed(performance, model, cohort):
        return f"Model {model}: {too_small(inputs.config)}"
    row = headline_row(performance, model, cohort, "balanced_accuracy")
    n, n_positive = people_counts(performance, model, cohort)
    rows = rows_of(performance, model, cohort, "balanced_accuracy")
    naive = rows[rows["ci_method"] == Interval.NAIVE_BOOTSTRAP]
    cv = inputs.config["cross_validation"]
    text = (
        f"Model {model}, {names.titles[cohort]}, {n} people ({n_positive} {names.positive}): "
        f"{'mean ' if cv['repeats'] > 1 else ''}balanced accuracy {validated_text(cv)} "
        f"{estimate_text('balanced_accuracy', row['estimate'])} (95 % interval "
        f"{interval_text('balanced_accuracy', row['ci_low'], row['ci_high'])}, "
        f"{CI_NAMES.get(row['ci_method'], row['ci_method'])}"
    )
    if len(naive) and row["ci_method"] != Interval.NAIVE_BOOTSTRAP:
        limits = naive.iloc[0]
        text += (
            "; the naive bootstrap, which takes people who share training data for independent, "
            "is too narrow: "
            f"{interval_text('balanced_accuracy', limits['ci_low'], limits['ci_high'])}"
        )
    text += ")."
    null = null_values(inputs.null, model, cohort, row["aggregation"])
    if len(null):
        reached = int(np.sum(null >= number(row["estimate"]) - 1e-9))
        text += (
            f" Of {len(null):,} permutations of the whole procedure, {reached:,} reached this "
            f"value: {p_phrase(row['p_value'], row['n_permutations'])}. Without any signal, "
            f"19 of 20 permutations stayed at or below "
            f"{estimate_text('balanced_accuracy', np.quantile(null, 0.95, method='higher'))}."
        )
    return text


# --- page -----------------------------------------------------------------------------------


def _data_uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _image(path: Path | str) -> dict[str, Any]:
    """Data URI of an SVG or PNG file and its width and height in CSS pixels at print size."""
    path = Path(path)
    data = path.read_bytes()
    if path.suffix == ".svg":
        head = data[:4000].decode("utf-8", errors="replace")
        size = re.search(r'<svg[^>]*?\bheight="([\d.]+)pt"[^>]*?\bwidth="([\d.]+)pt"', head)
        size = size and (float(size[2]), float(size[1]))
        if size is None:
            found = re.search(r'<svg[^>]*?\bwidth="([\d.]+)pt"[^>]*?\bheight="([\d.]+)pt"', head)
            if found is None:
                raise ValueError(f"{path.name}: no width and height in pt in the SVG element")
            size = (float(found[1]), float(found[2]))
        width, height = (round(value * 96 / 72) for value in size)
        return {"uri": _data_uri(data, "image/svg+xml"), "width": width, "height": height}
    width, height = struct.unpack(">II", data[16:24])
    # The figures are written with 300 pixels an inch.
    width, height = round(width * 96 / 300), round(height * 96 / 300)
    return {"uri": _data_uri(data, "image/png"), "width": width, "height": height}


def _download(name: str, frame: pd.DataFrame, text: str) -> dict[str, Any]:
    data = frame.to_csv(sep="\t", index=False, na_rep="n/a", lineterminator="\n").encode()
    return {
        "name": name,
        "text": text,
        "uri": _data_uri(data, "text/tab-separated-values;charset=utf-8"),
        "size": f"{max(1, round(len(data) / 1024))} kB",
    }


def _downloads(inputs: ReportInputs, names: Naming) -> list[dict[str, Any]]:
    downloads = [
        _download(
            "performance.tsv",
            inputs.performance,
            names.title("Every estimate, interval and p value"),
        ),
        _download("flow.tsv", inputs.flow, names.title("Flow of participants, counts")),
        _download(
            "exclusions_by_reason.tsv",
            _reasons(inputs.flow, names),
            names.title("Exclusions by reason, counts"),
        ),
    ]
    downloads += [
        _download(f"weights_{model}.tsv", frame, names.title(f"Weights by region, model {model}"))
        for model, frame in inputs.weights.items()
    ]
    if inputs.planted is not None:
        downloads.append(
            _download("planted.tsv", inputs.planted, names.title("Planted differences by region"))
        )
    participant_level = inputs.config["report"]["participant_level"]
    titles = {name: title for section in SECTIONS for name, title in section.tables.items()}
    downloads += [
        _download(f"{name}.tsv", frame, names.title(titles[name]))
        for name, frame in inputs.tables.items()
        if participant_level or "participant_id" not in frame
    ]
    if participant_level:
        downloads.append(
            _download("exclusions.tsv", inputs.exclusions, names.title("Exclusions by person"))
        )
        if inputs.predictions is not None:
            downloads.append(
                _download("predictions.tsv", inputs.predictions, names.title("Scores by person"))
            )
    return downloads


def _figures(inputs: ReportInputs, names: Naming) -> dict[str, list[dict[str, Any]]]:
    sections: dict[str, list[dict[str, Any]]] = {}
    plan = {spec.name: spec for spec in figure_plan(inputs.config)}
    unknown = set(inputs.figures) - set(plan)
    if unknown:
        raise ValueError(f"figures that the plan does not have: {sorted(unknown)}")
    for name, spec in plan.items():
        if name not in inputs.figures:
            raise ValueError(f"figure {name} is missing")
        text = caption(spec, inputs.config)
        own_people = ("result", "usefulness", "specificity", "subgroups")
        if spec.model and spec.section in own_people:
            text = f"{text} {people_text(inputs.performance, spec.model, names)}"
        elif spec.model:
            discovery = discovery_name(inputs.config)
            n, n_positive = people_counts(inputs.performance, spec.model, discovery)
            text = (
                f"{text} Model fitted to {names.titles[discovery]}, n = {n} "
                f"({n_positive} {names.positive})."
            )
        heading = f"{spec.heading}, model {spec.model}" if spec.model else spec.heading
        sections.setdefault(spec.section, []).append(
            {
                "name": name,
                "model": spec.model,
                "heading": names.title(heading),
                "caption": text,
                "alt": alt_text(spec, inputs, names),
                **_image(inputs.figures[name]),
            }
        )
    return sections


def _sections(inputs: ReportInputs, names: Naming) -> dict[str, list[dict[str, Any]]]:
    """Sections that have something to say, by the one that they stand behind."""
    placed: dict[str, list[dict[str, Any]]] = {}
    for section in SECTIONS:
        blocks = section.blocks(inputs, names)
        if blocks:
            placed.setdefault(section.after, []).append({"section": section, "blocks": blocks})
    return placed


def render_report(inputs: ReportInputs, templates: Path = TEMPLATES) -> str:
    """Render the result page.

    Parameters
    ----------
    inputs : ReportInputs
        Config, tables and figures of the run.
    templates : Path
        Folder of ``report.html.jinja``.

    Returns
    -------
    str
        HTML with everything inside: no date, no path, no address to load, and no script but those
        of the slice viewers, which run in frames shut off from the page and from the network. The
        same inputs give the same bytes. Rows of single people are in it only when the config has
        ``report: participant_level: true``.

    Raises
    ------
    ValueError
        If a figure of :func:`figure_plan` is missing or one is unknown.
    """
    config = inputs.config
    names = naming(config)
    models = ordered_models(config)
    roles = {role for cohort, role in names.roles.items() if cohort != EXTERNAL_POOLED}
    discovery = discovery_name(inputs.config)
    with_weights = [m for m in models if m in inputs.weights]
    used_nulls = set(inputs.performance["null"])
    evidence = inputs.evidence
    paragraphs = methods(evidence)
    environment = templates_of(templates, autoescape=True)
    return environment.get_template("report.html.jinja").render(
        title=config.get("title") or config["run"],
        run=config["run"],
        simulated=names.simulated,
        names=names,
        models=models,
        headline=_headline_table(inputs, names),
        question=_question(config, names),
        flow_table=_flow_table(inputs, names),
        exclusion_table=_exclusion_table(inputs, names),
        person_table=_person_table(inputs, names)
        if config["report"]["participant_level"]
        else None,
        results=[_result(inputs, names, model, discovery) for model in models],
        discovery_tables=[_discovery_table(inputs, names, m, discovery) for m in models],
        external_table=_frozen_table(inputs, names, Role.EXTERNAL)
        if Role.EXTERNAL in roles
        else None,
        control_table=_frozen_table(inputs, names, Role.CONTROL) if Role.CONTROL in roles else None,
        planted_tables=[
            _planted_table(inputs, names, model)
            for model in with_weights
            if set(inputs.planted["region"]) & set(inputs.weights[model]["region"])
        ]
        if inputs.planted is not None
        else [],
        figures=_figures(inputs, names),
        sections=_sections(inputs, names),
        caveats=caveats(evidence),
        warnings=list(inputs.warnings),
        nulls=[
            (NULL_NAMES[name], text)
            for name, text in _EXPLAINED_NULLS.items()
            if name in used_nulls
        ],
        methods=[cited(paragraph) for paragraph in paragraphs],
        references=references(key for paragraph in paragraphs for key in paragraph.cites),
        downloads=_downloads(inputs, names),
        versions=dict(inputs.versions),
        seed=config["seed"],
        config_hash=inputs.config_hash,
    )
