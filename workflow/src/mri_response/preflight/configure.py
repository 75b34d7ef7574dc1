"""A first configuration for a folder, with everything marked that no file tells."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mri_response.core.errors import InputError
from mri_response.inputs.region_columns import SCALES
from mri_response.inputs.sources.bids import parse_name
from mri_response.inputs.sources.survey import (
    FolderKind,
    FolderSurvey,
    Survey,
    look,
    summary,
)
from mri_response.inputs.sources.table_survey import TableSurvey

#: Stands where a value has to be filled in; the checks of a start refuse it.
TODO = "TODO"
_PARCELLATIONS = ("aparc", "aparc.DKTatlas.mapped", "aparc.DKTatlas", "aparc.a2009s")
_MAPS = (
    "mri/mwp1*.nii*",
    "mwp1*.nii*",
    "*/mri/mwp1*.nii*",
    "*/anat/mwp1*.nii*",
    "sub-*/**/mwp1*.nii*",
)


def configure(
    folder: str | os.PathLike[str],
    scores: str | os.PathLike[str] | None,
    target: str | os.PathLike[str],
) -> list[str]:
    """Look at a folder and write a complete, commented configuration for it.

    Parameters
    ----------
    folder : path-like
        A BIDS data set, a folder of FreeSurfer or one of CAT12.
    scores : path-like, optional
        A table of scores or outcomes.
    target : path-like
        The file to write.

    Returns
    -------
    list of str
        What was found and what is left to be filled in, for one screen.

    Raises
    ------
    InputError
        If the folder is none of these, a table cannot be read, or the file exists.
    """
    if Path(target).exists():
        raise InputError(
            f"{target}: found a file, expected none, so that no configuration is lost; rename it "
            "or give another name as the last argument"
        )
    survey = look(folder, scores)
    text = configuration(survey, Path(target).stem)
    Path(target).write_text(text, encoding="utf-8")
    lines = summary(survey)[:18]
    n = len(re.findall(rf"^[^#\n]*\b{TODO}\b", text, flags=re.M))
    lines.append(f"{target}: written; {n} lines with {TODO} are to be filled in, then:")
    lines.append(f"  python -m mri_response check {target}")
    return lines


def configuration(survey: Survey, run: str) -> str:
    """The text of a configuration.

    Parameters
    ----------
    survey : Survey
        What was found.
    run : str
        Name of the run.

    Returns
    -------
    str
        YAML with a comment wherever something was chosen or is not known.
    """
    found = _chosen(survey)
    source, features, more, notes = _source(found)
    people = survey.participants or survey.scores
    cohort = {"role": "discovery", **_people(people)}
    outcome, scored = _outcome(survey, people)
    cohort |= scored
    cohort["sources"] = {"scans": source}
    cohort |= more
    confounds = [name for name in ("age", "sex") if people and name in people.candidates]
    confounds += ["tiv"] if "tiv" in more else []
    parts: list[tuple[list[str], dict[str, Any]]] = [
        (
            [
                f"# Made from {found.folder}.",
                f"# Lines with {TODO} are what no file tells; config/README.md describes the keys.",
            ],
            {"run": re.sub(r"[^A-Za-z0-9_-]", "_", run), "seed": 1},
        ),
        ([*_notes_of_people(survey, people), *notes], {"cohorts": {"study": cohort}}),
        (
            ["# What is predicted. The positive class is the one that sensitivity speaks of."],
            {"outcome": outcome},
        ),
        ([], {"features": {"scans": features}}),
        (
            [
                "# Confounds are removed inside the folds. 10 repeats of 10 folds and 1,000 "
                "permutations are the",
                "# defaults.",
            ],
            {"models": {"svc": {"features": "scans", "confounds": confounds}}},
        ),
    ]
    return "\n".join("\n".join([*comments, _yaml(section)]) for comments, section in parts)


def _yaml(section: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(section), sort_keys=False, allow_unicode=True, width=96)


def _chosen(survey: Survey) -> FolderSurvey:
    """The folder whose files become features: FreeSurfer or CAT12 before maps of sMRIPrep."""
    order = (FolderKind.FREESURFER, FolderKind.CAT12, FolderKind.BIDS)
    usable = [f for f in survey.folders if f.kind is not FolderKind.BIDS or _grey_matter(f)]
    if not usable:
        raise InputError(
            f"{survey.folders[0].folder}: found scans and nothing that was made of them, expected "
            "a folder of FreeSurfer or CAT12, or grey-matter maps of sMRIPrep in derivatives; "
            "process the scans first"
        )
    return min(usable, key=lambda f: (order.index(f.kind), -len(f.people)))


def _grey_matter(found: FolderSurvey) -> list[str]:
    """Images of grey matter in a template's space, most frequent first."""
    names = [n for n in found.offers if "label-GM" in n and "space-" in n and "probseg" in n]
    return sorted(names, key=lambda name: (-found.offers[name], len(name)))


def _source(
    found: FolderSurvey,
) -> tuple[str | dict[str, Any], dict[str, Any], dict[str, Any], list[str]]:
    """Source, feature set, further keys of the cohort, and comments."""
    folder = str(found.folder)
    if found.kind is FolderKind.FREESURFER:
        stats = [name for name in ("aseg", *_PARCELLATIONS) if found.offers.get(name)][:2]
        source = {"freesurfer": folder, "stats": stats, "measures": ["thickness"]}
        others = [name for name in sorted(found.offers) if name not in stats]
        more: dict[str, Any] = {"tiv": {"source": "scans"}, "quality": {"source": "scans"}}
        notes = [f"# Other stats files of the folder: {', '.join(others)}."] if others else []
        return source, {"kind": "table", "source": "scans"}, more, notes
    if found.kind is FolderKind.BIDS:
        chosen, *others = _grey_matter(found)
        name = parse_name(chosen)
        source = {"bids": folder, "suffix": name.suffix, **name.entities}
        if "res" not in name.entities and any("res-" in other for other in others):
            source["res"] = None
        features = {
            "kind": "roi_maps",
            "source": "scans",
            "atlas": "neuromorphometrics",
            "statistic": "mean",
        }
        notes = [
            "# These maps are probabilities that are not modulated: means, not volumes. For the",
            "# confound tiv add where it comes from, as in tiv: {column: icv}.",
        ]
        return source, features, {}, notes
    return _cat12(found)


def _cat12(
    found: FolderSurvey,
) -> tuple[str | dict[str, Any], dict[str, Any], dict[str, Any], list[str]]:
    folder = str(found.folder)
    reports = any(found.folder.glob("**/cat_*.xml"))
    more = {"tiv": {"cat12_report": folder}, "quality": {"cat12_report": folder}} if reports else {}
    if found.offers.get("mwp1"):
        path = next(path for place in _MAPS for path in sorted(found.folder.glob(place)))
        pattern = str(path)
        row = next(row for row in found.people.itertuples() if row.name in path.name)
        pattern = pattern.replace(row.participant_id, "{participant_id}")
        if row.session_id:
            pattern = pattern.replace(row.session_id, "{session_id}")
        features = {"kind": "roi_maps", "source": "scans", "atlas": "neuromorphometrics"}
        return pattern, features, more, []
    atlases = sorted(name.split(" ")[0] for name in found.offers if name.endswith(" Vgm"))
    chosen = "neuromorphometrics" if "neuromorphometrics" in atlases else atlases[0]
    source = {"cat12_rois": folder, "atlases": [chosen], "values": ["Vgm"]}
    return source, {"kind": "table", "source": "scans"}, more, [f"# Atlases: {', '.join(atlases)}."]


def _people(table: TableSurvey | None) -> dict[str, Any]:
    if table is None:
        return {"participants": f"{TODO}.tsv"}
    columns = {"participant_id": table.id_column}
    columns |= {
        name: table.candidates[name][0]
        for name in ("session_id", "age", "sex", "site")
        if name in table.candidates
    }
    section: dict[str, Any] = {"participants": str(table.path)}
    columns = {ours: theirs for ours, theirs in columns.items() if ours != theirs}
    if columns:
        section["columns"] = columns
    codes = _sex_codes(table)
    if codes:
        section["codes"] = {"sex": codes}
    return section


def _sex_codes(table: TableSurvey) -> dict[str, str]:
    """Codes of the sex that have to be explained; those of `participants.json` need not."""
    column = table.candidates.get("sex", (None,))[0]
    rows = table.columns.set_index("column")
    if column is None or table.sex_codes or rows.loc[column, "kind"] != "number":
        return {}
    return dict.fromkeys(rows.loc[column, "levels"] or (), TODO)


def _outcome(survey: Survey, people: TableSurvey | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Section ``outcome``, and what the cohort needs for it."""
    scores = survey.scores
    if scores is not None:
        names = list(scores.columns["column"])
        scales = [n for n in names if re.sub(r"[^a-z0-9]", "", n.lower()) in SCALES]
        sessions = scores.candidates.get("session_id")
        if sessions and (scales or {"scale", "score"} <= set(names)):
            levels = scores.columns.set_index("column").loc[sessions[0], "levels"] or ()
            first, last = (levels[0], levels[-1]) if len(levels) > 1 else (TODO, TODO)
            own = {"participant_id": scores.id_column, "session_id": sessions[0]}
            own = {ours: theirs for ours, theirs in own.items() if ours != theirs}
            section: Any = str(scores.path)
            if own:
                section = {"table": section, "columns": own}
            outcome = {
                "kind": "response",
                "scale": scales[0] if scales else TODO,
                "baseline": first,
                "endpoint": last,
                "positive_class": "responder",
            }
            return outcome, {"scores": section}
    column, levels = TODO, (TODO, "control")
    for name in people.candidates.get("group", ()) if people is not None else ():
        found = people.columns.set_index("column").loc[name, "levels"]
        if found is not None and len(found) > 1:
            column, levels = name, found[:2]
    classes = list(levels)
    return (
        {"kind": "label", "column": column, "classes": classes, "positive_class": classes[0]},
        {},
    )


def _notes_of_people(survey: Survey, people: TableSurvey | None) -> list[str]:
    notes = [f"# Not known: {line}." for line in survey.unknown]
    if people is not None:
        notes.append(
            f"# {people.path}: {people.n_rows} rows, {people.n_matched} people of the folder."
        )
        notes += [f"# {warning}" for warning in people.warnings]
        for name, columns in people.candidates.items():
            if len(columns) > 1:
                notes.append(f"# {name} may be one of the columns {', '.join(columns)}.")
    if survey.several_sessions:
        notes.append(
            f"# {len(survey.several_sessions)} people were scanned in several sessions: the scan "
            "before treatment"
        )
        notes.append(
            "# has to be taken (a column session_id and `where`, or the session in paths)."
        )
    return notes
