"""Everything that is checked before the first job starts.

Mistakes raise :class:`mri_response.core.errors.InputError`; what is allowed but weakens the result
becomes a warning.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mri_response.config.answers import read_answers
from mri_response.config.feature_kinds import feature_kind
from mri_response.config.modules import asked_modules
from mri_response.config.queries import (
    all_confounds,
    class_names,
    discovery_name,
    effect_features,
    has_classes,
    used_features,
)
from mri_response.config.source_kinds import gives_regions, source_path
from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError
from mri_response.core.provenance import PackageCode
from mri_response.features.clinical import clinical_features
from mri_response.inputs.joins import check_same_ids
from mri_response.inputs.paths import image_paths
from mri_response.learning.feasibility import (
    check_discovery,
    check_elsewhere,
    class_counts,
    n_people,
)
from mri_response.learning.preparation.confounds import ConfoundCoding, SiteCoding
from mri_response.models.door import (
    check_before,
    check_people,
    program_findings,
)
from mri_response.models.travelling import Travelling
from mri_response.people.cohorts import build_cohort
from mri_response.people.later_labels import later_labels
from mri_response.preflight.entangled import check_entangled
from mri_response.preflight.leaks import check_leaks
from mri_response.preflight.sessions import check_sessions_of_people
from mri_response.preflight.tables import check_tables
from mri_response.preflight.weaknesses import input_warnings


@dataclass(frozen=True)
class InputSummary:
    """What the checks found; iterating over it gives the lines for the terminal.

    Attributes
    ----------
    lines : list of str
        One line per cohort, each followed by a line per reason for leaving people out.
    warnings : list of str
        One line each.
    people : dict of str to pandas.DataFrame
        The analysed rows by cohort.
    exclusions : pandas.DataFrame
        ``cohort``, ``participant_id``, (``session_id``,) ``reason``.
    """

    lines: list[str]
    warnings: list[str]
    people: dict[str, pd.DataFrame] = field(repr=False)
    exclusions: pd.DataFrame = field(repr=False)

    def __iter__(self) -> Iterator[str]:
        yield from self.lines
        yield from (f"warning: {text}" for text in self.warnings)


def check_inputs(
    config: Mapping[str, Any], cache: str | os.PathLike[str] | None = None
) -> InputSummary:
    """Check all tables and images of a run.

    Parameters
    ----------
    config : mapping
        As :func:`mri_response.config.load.load_config` returns it.
    cache : path-like, optional
        JSON file that remembers which images passed (by path, size and modification time), so that
        only the first start reads them.

    Returns
    -------
    InputSummary

    Raises
    ------
    InputError
        For the first mistake: one line with file, row or key, what was found, what was expected
        and what to do.
    """
    read_answers(config["reporting"]["tripod"])
    model = check_before(config) if config["apply"] else None
    check_tables(config)
    people, exclusions = {}, []
    for name in config["cohorts"]:
        people[name], excluded, _ = build_cohort(config, name)
        exclusions.append(excluded)
    check_people_apart(config, people)
    modules = []
    if config["clinical_outcomes"]:
        from mri_response.clinical_outcomes.study import read_outcomes  # takes time to load
        from mri_response.clinical_outcomes.summary import outcome_lines

        modules += outcome_lines(config, read_outcomes(config))
    applied = []
    if model is not None:
        applied = _check_applied(config, people, model, cache)
    elif config["models"]:
        check_discovery(config, people[discovery_name(config)])
        check_elsewhere(config, people)
        _check_categories(config, people)
        _check_clinical(config, people)
        check_sessions_of_people(config, people)
        check_leaks(config, people[discovery_name(config)])
        if has_classes(config):
            check_entangled(config, people[discovery_name(config)])
        _check_images(config, people, cache)
    if "belief" in asked_modules(config):
        from mri_response.preflight.beliefs import check_beliefs  # its models take time to load

        modules += check_beliefs(config, people)
    if config["variability"] or effect_features(config):
        from mri_response.preflight.variability import check_variability_inputs

        modules += check_variability_inputs(config, people)
    listed = pd.concat(exclusions, ignore_index=True)
    return InputSummary(
        lines=[*_summary(config, people, listed), *modules],
        warnings=[*input_warnings(config, people), *applied],
        people=people,
        exclusions=listed,
    )


def _check_applied(
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    model: Travelling,
    cache: str | os.PathLike[str] | None,
) -> list[str]:
    """Check people against the folder of the model that is applied to them; give warnings."""
    check_people(config, people, model)
    _check_images(config, people, cache)
    _check_clinical(config, people)
    for name in people:
        later_labels(config, name)  # mistakes in them are told now
    found = program_findings(config, model.text)
    warned = [row for row in found if row["level"] == "warning"]
    return [f"cohort {row['cohort']}, {row['about']}: {row['finding']}" for row in warned]


# ---------------------------------------------------------------- people
def check_people_apart(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> None:
    """Check that nobody is in two cohorts.

    Parameters
    ----------
    config : mapping
        The completed configuration.
    people : mapping of str to pandas.DataFrame
        The analysed rows by cohort.

    Raises
    ------
    InputError
        Naming the second cohort's table and the person. ``sub-01`` and ``01`` are the same person,
        unless the cohort has ids of its own (``own_ids``).
    """
    seen: dict[str, str] = {}
    for name, rows in people.items():
        if config["cohorts"][name]["own_ids"]:
            continue
        identities = rows["participant_id"].str.removeprefix("sub-").unique()
        shared = [identity for identity in identities if identity in seen]
        if shared:
            other = seen[shared[0]]
            shown = rows.loc[
                rows["participant_id"].str.removeprefix("sub-") == shared[0], "participant_id"
            ].iloc[0]
            more = f" and {len(shared) - 1} others" if len(shared) > 1 else ""
            raise InputError(
                f"{config['cohorts'][name]['participants']}: found participant_id {shown!r}{more} "
                f"in cohort {name} and in cohort {other}, expected each person in one cohort; "
                f"remove one; if they are different people, write own_ids: true at cohorts.{name}, "
                "or begin the ids of one "
                "cohort with a prefix, in all its tables and in the names of its images"
            )
        seen.update(dict.fromkeys(identities, name))


def _check_categories(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> None:
    """A sex or site that the discovery cohort does not have cannot be removed elsewhere."""
    home, unseen = people[discovery_name(config)], config["confounds"]["unseen_site"]
    coding = ConfoundCoding.of(home, all_confounds(config))
    harmonised = [model["harmonise"] for model in config["models"].values() if model["harmonise"]]
    sites = [SiteCoding.of(home, options) for options in harmonised]
    named = {*coding.levels, *(one.column for one in sites)}
    named |= {config["sites"]["column"]} - {None}
    for name, rows in people.items():
        for column in sorted(named):
            check_same_ids(
                sorted(home[column].dropna().astype(str).unique()),
                rows[column].dropna().astype(str).unique(),
                config["cohorts"][discovery_name(config)]["participants"],
                config["cohorts"][name]["participants"],
                column,
            )
        try:
            coding.matrix(rows, unseen=unseen)
            for one in sites:
                one.rows(rows, unseen=unseen)
                if unseen == "own":
                    one.require_own(rows)
        except InputError as error:
            raise InputError(f"{config['cohorts'][name]['participants']}: {error}") from None


def _check_clinical(config: Mapping[str, Any], people: Mapping[str, pd.DataFrame]) -> None:
    """Columns without a value, and categories that the discovery cohort does not have."""
    for spec in used_features(config).values():
        if not feature_kind(spec).is_clinical:
            continue
        for name, rows in people.items():
            try:
                clinical_features(rows, people[discovery_name(config)], spec)
            except InputError as error:
                raise InputError(f"{config['cohorts'][name]['participants']}: {error}") from None


# ---------------------------------------------------------------- images
def _check_images(
    config: Mapping[str, Any],
    people: Mapping[str, pd.DataFrame],
    cache: str | os.PathLike[str] | None,
) -> None:
    """Read every map once and check it against the grid and the atlas or mask."""
    discovery = discovery_name(config)
    order = [discovery, *(name for name in people if name != discovery)]
    owners: dict[tuple[str, str], str] = {}
    for features, spec in used_features(config).items():
        if not feature_kind(spec).has_image:
            continue
        paths = []
        for name in order:
            if gives_regions(spec, name):
                continue
            pattern = source_path(config["cohorts"][name]["sources"][spec["source"]])
            for person, path in zip(
                people[name]["participant_id"], image_paths(pattern, people[name]), strict=True
            ):
                owner = owners.setdefault((features, os.path.realpath(path)), f"{name} {person}")
                if owner != f"{name} {person}":
                    raise InputError(
                        f"{path}: found for {owner} and for {name} {person}, expected one image "
                        "per person; correct the pattern in sources"
                    )
                paths.append(path)
        _check_maps(spec, paths, cache)


def _check_maps(
    spec: Mapping[str, Any], paths: list[Path], cache: str | os.PathLike[str] | None
) -> None:
    key = _fingerprint(spec, paths)
    if cache is not None and key in _remembered(cache):
        return
    # Laying the atlas on the grid takes seconds and is needed only if some map is new.
    from mri_response.features.voxels import voxel_mask
    from mri_response.inputs.atlases import load_atlas
    from mri_response.inputs.images import reference_grid
    from mri_response.inputs.map_checks import check_maps

    grid = reference_grid(spec["grid"], paths[0])
    if feature_kind(spec).has_atlas:
        inside = load_atlas(spec["atlas"], grid).labels > 0
    else:
        inside = voxel_mask(spec["mask"], grid, spec["mask_threshold"])
    check_maps(paths, grid, inside, resample=spec["grid"] != "native", cache=cache)
    if cache is not None:
        with atomic_path(cache) as temporary:
            passed = _remembered(cache) | {key: []}
            temporary.write_text(json.dumps(passed, indent=0, sort_keys=True), encoding="utf-8")


def _fingerprint(spec: Mapping[str, Any], paths: list[Path]) -> str:
    """Changes with the feature set's settings, every file that is read, and the checks' code."""
    named = spec.get("atlas"), spec.get("mask")
    extra = [*named[0].values()] if isinstance(named[0], Mapping) else []
    extra += [named[1]] if named[1] not in (None, "template") else []
    states = []
    for path in [*paths, *extra]:
        try:
            status = os.stat(path)
        except OSError:
            states.append((os.path.abspath(path),))
        else:
            states.append((os.path.abspath(path), status.st_size, status.st_mtime_ns))
    code = PackageCode().source_hash(["inputs.map_checks", "features.voxels", "inputs.atlases"])
    digest = hashlib.sha256(json.dumps([code, spec, states], sort_keys=True).encode())
    return f"all maps {digest.hexdigest()[:32]}"


def _remembered(cache: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        content = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


# ---------------------------------------------------------------- what is said
def _summary(
    config: Mapping[str, Any], people: Mapping[str, pd.DataFrame], exclusions: pd.DataFrame
) -> list[str]:
    lines = []
    for name, rows in people.items():
        role = config["cohorts"][name]["role"]
        who = f"{n_people(rows)} people"
        if len(rows) > n_people(rows):
            who += f" with {len(rows)} sessions"
        reasons = exclusions.loc[exclusions["cohort"] == name, "reason"].value_counts()
        out = f", {reasons.sum()} left out" if len(reasons) else ""
        if has_classes(config):
            counts = zip(class_counts(rows), class_names(config), strict=True)
            who = ", ".join([who, *(f"{n} {label}" for n, label in counts)])
        lines.append(f"cohort {name} ({role}): {who}{out}")
        lines += [f"  left out: {reason} ({n})" for reason, n in reasons.items()]
    return lines
