"""The configuration: checked against its schema, completed with defaults, cross-checked.

Everything that can be said about a configuration without opening a file is said here; what needs
the files is in :mod:`mri_response.preflight.checks`.
"""

from __future__ import annotations

import copy
import itertools
import math
import os
import string
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from mri_response.core.errors import InputError
from mri_response.core.tables import ID_COLUMNS, shorten, suggestion

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

#: Cohort names that would clash with names the workflow uses itself: the pooled rows of
#: performance.tsv, and features/<features>/regions.tsv.
RESERVED_COHORTS = ("external_pooled", "regions")
#: Names of the baselines in performance.tsv: the confounds alone, and the larger class.
CONFOUNDS_ONLY = "confounds_only"
MAJORITY_CLASS = "majority_class"
#: Columns that the cohort tables define themselves.
RESERVED_COLUMNS = (*ID_COLUMNS, "label", "outcome", "baseline_score", "endpoint_score")
#: Feature kinds that are read from one image a row.
IMAGE_KINDS = ("roi_maps", "voxels")
#: Feature kinds that are made from what the workflow has read already.
DERIVED_KINDS = ("clinical", "concatenated")
#: Columns that always hold categories.
CATEGORIES = ("sex", "site")

#: Classifiers of scikit-learn whose decision value is a weighted sum of the features. Those with
#: a kernel are so if it is linear.
LINEAR_ESTIMATORS = frozenset(
    {
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.LogisticRegressionCV",
        "sklearn.linear_model.PassiveAggressiveClassifier",
        "sklearn.linear_model.Perceptron",
        "sklearn.linear_model.RidgeClassifier",
        "sklearn.linear_model.RidgeClassifierCV",
        "sklearn.linear_model.SGDClassifier",
        "sklearn.svm.LinearSVC",
    }
)
KERNEL_ESTIMATORS = frozenset({"sklearn.svm.NuSVC", "sklearn.svm.SVC"})
#: A confound of a model: a column, or ``{"column": ..., "knots": [...]}``.
Confound = str | Mapping[str, Any]

_MAX_GRID = 200


def load_config(raw: Mapping[str, Any], schema_path: str | os.PathLike[str]) -> dict[str, Any]:
    """Check a configuration and fill in its defaults.

    Parameters
    ----------
    raw : mapping
        The configuration as read from YAML.
    schema_path : path-like
        The schema (``data/config.schema.yaml``).

    Returns
    -------
    dict
        A new configuration in which every optional key has a value (except ``simulation`` and a
        model's ``estimator``, which are there only if they were given, and what goes with them),
        titles and ``primary_model`` are filled, ``outcome["classes"]`` maps each class name to the
        list of its values (as text) and ``where`` each column to the list of accepted values (as
        text).

    Raises
    ------
    InputError
        ``config: key: found X, expected Y; do Z``, for the first mistake.
    """
    from jsonschema import Draft202012Validator  # takes time to import; only needed here

    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    raw = _plain(raw)
    validator = Draft202012Validator(schema)
    errors = sorted(validator.iter_errors(raw), key=lambda error: _order(error, raw))
    if errors:
        raise _message(errors[0], schema)
    config = _filled(raw, schema, validator)
    _normalise(config)
    _cross_check(config)
    return config


def grid_of_c(c: Mapping[str, Any]) -> list[float]:
    """The values of C that a model's ``C`` section describes, smallest first."""
    steps = math.floor((c["log2_max"] - c["log2_min"]) / c["log2_step"] + 1e-9)
    return [2.0 ** (c["log2_min"] + step * c["log2_step"]) for step in range(steps + 1)]


def is_linear(model: Mapping[str, Any]) -> bool:
    """Whether a model's decision value is a weighted sum of the features, and so has weights."""
    if "estimator" not in model or model["estimator"] in LINEAR_ESTIMATORS:
        return True
    kernel = model["parameters"].get("kernel", "rbf")
    kernels = model["grid"].get("kernel", [kernel])
    return model["estimator"] in KERNEL_ESTIMATORS and kernels == ["linear"]


def used_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The feature sets that some model uses, in the order of the configuration.

    Those that a concatenated one consists of are among them.
    """
    names = {model["features"] for model in config["models"].values()}
    names |= {part for name in names for part in config["features"][name].get("sets", ())}
    return {name: spec for name, spec in config["features"].items() if name in names}


#: Files of ``data/region_sets`` by atlas, as a feature set names it.
REGION_SETS = {
    "neuromorphometrics": "neuromorphometrics",
    "aal": "aal",
    "nilearn:aal_3v2": "aal3",
    "nilearn:destrieux_2009": "destrieux",
    "nilearn:harvard_oxford_cortical": "harvard_oxford",
    "nilearn:harvard_oxford_subcortical": "harvard_oxford",
}


def region_sets_file(spec: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    """File of the region sets that ship for a feature set, None where none do.

    Parameters
    ----------
    spec, given : mapping
        Sections ``features`` and ``region_sets`` of the feature set; the latter may be empty.
    """
    if given.get("atlas"):
        return given["atlas"]
    if spec["kind"] == "voxels":
        return "neuromorphometrics"
    atlas = spec.get("atlas")
    return REGION_SETS.get(atlas) if isinstance(atlas, str) else None


def has_region_sets(config: Mapping[str, Any], features: str) -> bool:
    """Whether a feature set has region sets, covered or not."""
    given = config["region_sets"].get(features, {})
    return bool(region_sets_file(config["features"][features], given) or given.get("own"))


def source_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Those of the used feature sets that are read from a source."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if spec["kind"] not in DERIVED_KINDS}


def clinical_features(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Those of the used feature sets that are columns of the participants table."""
    used = used_features(config)
    return {name: spec for name, spec in used.items() if spec["kind"] == "clinical"}


def feature_columns(config: Mapping[str, Any]) -> dict[str, bool]:
    """Columns of the used clinical feature sets, and whether they hold categories."""
    used = clinical_features(config).values()
    categories = {*CATEGORIES, *(column for spec in used for column in spec["categorical"])}
    return {column: column in categories for spec in used for column in spec["columns"]}


def column_of(confound: Confound) -> str:
    """The column of the cohort tables that a confound is read from."""
    return confound if isinstance(confound, str) else confound["column"]


def described_confound(confound: Confound) -> str:
    """A confound in the words of a report."""
    if isinstance(confound, str):
        return confound
    knots = ", ".join(f"{knot:g}" for knot in confound["knots"])
    return f"{confound['column']} (natural cubic spline with knots at {knots})"


def used_confounds(config: Mapping[str, Any]) -> list[str]:
    """The columns that are confounds of some model, each once, in the order of their first use."""
    models = config["models"].values()
    return list(dict.fromkeys(column_of(c) for model in models for c in model["confounds"]))


def used_baselines(config: Mapping[str, Any]) -> list[str]:
    """The baselines that stand beside the models; without confounds there is none of them."""
    return [CONFOUNDS_ONLY, MAJORITY_CLASS] if used_confounds(config) else [MAJORITY_CLASS]


def compared_pairs(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of models to compare, those that the configuration lists or else the usual ones.

    These are every model against the confounds alone and against the clinical models, and the
    primary model against the others.
    """
    if config["comparisons"] is not None:
        return [(first, second) for first, second in config["comparisons"]]
    primary = config["primary_model"]
    pairs = []
    if CONFOUNDS_ONLY in used_baselines(config):
        pairs += [(model, CONFOUNDS_ONLY) for model in (*config["models"], *config["stacks"])]
    clinical = [model for model in config["models"] if is_clinical(config, model)]
    others = [m for m in (*config["models"], *config["stacks"]) if m not in clinical]
    pairs += [(model, clinic) for model in others for clinic in clinical]
    known = {frozenset(pair) for pair in pairs}
    return pairs + [
        (primary, model)
        for model in (*config["models"], *config["stacks"])
        if model != primary and frozenset((primary, model)) not in known
    ]


def added_pairs(config: Mapping[str, Any]) -> dict[str, str]:
    """Models of clinic and scans side by side, and the model of the same clinic alone.

    Those with the built-in classifier, where there are permutations of the scans.
    """
    pairs = {}
    for name, model in config["models"].items() if config["permutation"]["scans"] else ():
        parts = config["features"][model["features"]].get("sets", ())
        kinds = {config["features"][part]["kind"] for part in parts}
        alone = [m for m, other in config["models"].items() if other["features"] in parts]
        clinical = [m for m in alone if is_clinical(config, m)]
        if "estimator" not in model and clinical and kinds != {"clinical"}:
            pairs[name] = clinical[0]
    return pairs


def is_clinical(config: Mapping[str, Any], model: str) -> bool:
    """Whether a model knows what the clinic knows and nothing else."""
    return config["features"][config["models"][model]["features"]]["kind"] == "clinical"


def discovery_name(config: Mapping[str, Any]) -> str:
    """The name of the discovery cohort."""
    return next(name for name, c in config["cohorts"].items() if c["role"] == "discovery")


def left_out_column(cross_validation: Mapping[str, Any]) -> str | None:
    """The column that says who is left out together, or None where the folds need none."""
    if isinstance(cross_validation["held_out"], Mapping):
        return next(iter(cross_validation["held_out"]))
    return cross_validation["outer_column"]


def class_names(config: Mapping[str, Any]) -> tuple[str, str]:
    """The names of the positive and the negative class."""
    outcome = config["outcome"]
    if outcome["kind"] == "label":
        names = list(outcome["classes"])
    elif outcome["kind"] == "response":
        names = ["responder", "nonresponder"]
    else:
        names = ["remitter", "nonremitter"]
    positive = outcome["positive_class"]
    return positive, next(name for name in names if name != positive)


def placeholders(pattern: str) -> list[str]:
    """The names in braces of a path pattern.

    Raises
    ------
    ValueError
        If the braces do not match.
    """
    return [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]


# ---------------------------------------------------------------- messages
def fault(key: str, found: str, expected: str, advice: str) -> InputError:
    """The one line for a mistake in the configuration."""
    return InputError(f"config: {key}: found {found}, expected {expected}; {advice}")


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (YAML reads yes, no, on and off so too)"
    if isinstance(value, Mapping):
        return f"a mapping with {shorten(value, 4)}" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "..."


def _path(parts: Iterable[str | int]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "(top level)"


def _plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """A deep copy of plain dicts and lists; YAML keys that are not text are an error."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise fault(
                    _path(path),
                    f"the key {key!r} (read by YAML as {type(key).__name__})",
                    "text",
                    f'write it in quotes, as "{str(key).lower()}"',
                )
        return {key: _plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, number)) for number, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise fault(_path(path), repr(value), "a finite number", "correct it")
    return copy.copy(value)


def _order(error: ValidationError, raw: Any) -> tuple[Any, ...]:
    """Misspelt keys first (they explain missing ones), then the order of the file."""
    position = []
    for part in error.absolute_path:
        position.append(list(raw).index(part) if isinstance(raw, dict) else part)
        raw = raw[part]
    return (error.validator != "additionalProperties", position)


def _message(error: ValidationError, schema: Mapping[str, Any]) -> InputError:
    path = list(error.absolute_path)
    node, value = resolved(error.schema, schema), error.instance
    if error.validator == "additionalProperties":
        return _unknown_key(path, value, node["properties"], node.get("title"))
    if error.validator == "anyOf" and isinstance(value, dict):
        known = {}
        for branch in node["anyOf"]:
            known.update(resolved(branch, schema).get("properties", {}))
        if known and not set(value) <= set(known):
            return _unknown_key(path, value, known, None)
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        target = _property(error.schema, missing, schema)
        what = expected_words(target, schema) if target else "a value"
        return fault(_path([*path, missing]), "nothing", what, "add the key")
    if "propertyNames" in error.absolute_schema_path:
        return fault(
            _path([*path, value]), f"the name {value!r}", expected_words(node, schema), "rename it"
        )
    if value is None and "default" in node:
        advice = "give a value or remove the key"
    elif isinstance(value, str) and _is_number(value) and "number" in expected_words(node, schema):
        number = int(float(value)) if float(value).is_integer() else float(value)
        advice = f"write {number} without quotes (YAML reads 1e-3 as text, 1.0e-3 not)"
    elif node.get("default") not in (None, {}, []):
        advice = f"the default is {node['default']}"
    else:
        advice = "correct it"
    return fault(_path(path), _shown(value), expected_words(node, schema), advice)


def _unknown_key(
    path: Sequence[str | int], value: Mapping[str, Any], known: Mapping[str, Any], title: str | None
) -> InputError:
    key = next(key for key in value if key not in known)
    where = f" of {title}" if title else ""
    return fault(
        _path([*path, key]),
        f"the unknown key {key!r}",
        f"one of the keys{where}: {', '.join(known)}",
        f"{suggestion(key, known)}rename or remove it",
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def expected_words(node: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a part of the schema asks for, in words."""
    node = resolved(node, schema)
    if "x-expected" in node:
        return node["x-expected"]
    if "enum" in node:
        items = ["null" if item is None else str(item) for item in node["enum"]]
        return " or ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
    if "const" in node:
        return str(node["const"])
    kinds = node.get("type", "object")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = {
        "object": "a mapping (key: value)",
        "array": "a list",
        "string": "a text",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "null": "null",
    }
    text = " or ".join(words[kind] for kind in kinds)
    bounds = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    limits = [phrase.format(node[name]) for name, phrase in bounds.items() if name in node]
    if node.get("minItems") or node.get("minProperties"):
        limits.append("that is not empty")
    if "array" in kinds and node.get("uniqueItems"):
        limits.append("with each item once")
    if node.get("minLength"):
        text = text.replace("a text", "a text that is not empty")
    return f"{text} {' and '.join(limits)}" if limits else text


# ---------------------------------------------------------------- the schema
def resolved(node: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A part of the schema with its reference (``#/$defs/...``) written out."""
    if "$ref" not in node:
        return dict(node)
    target: Any = schema
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return {**resolved(target, schema), **{k: v for k, v in node.items() if k != "$ref"}}


def _property(
    node: Mapping[str, Any], name: str, schema: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The schema of a key, also where it is described under a condition."""
    node = resolved(node, schema)
    if node.get("properties", {}).get(name):
        return resolved(node["properties"][name], schema)
    return None


def _filled(value: Any, node: Mapping[str, Any], validator: Draft202012Validator) -> Any:
    """The value with the schema's defaults, at every depth."""
    schema = validator.schema
    node = resolved(node, schema)
    if node.get("type") == "integer" and isinstance(value, float):
        return int(value)  # JSON Schema counts 10.0 as an integer
    # Only to complete mappings: the choice between "1" and "1.0" (pca) is the user's.
    for branch in node.get("anyOf", ()) if isinstance(value, dict) else ():
        if validator.evolve(schema=resolved(branch, schema)).is_valid(value):
            value = _filled(value, branch, validator)
            break
    if isinstance(value, dict):
        properties = node.get("properties", {})
        value = dict(value)
        for key, child in properties.items():
            child = resolved(child, schema)
            if key not in value and "default" in child:
                value[key] = copy.deepcopy(child["default"])
            if key in value:
                value[key] = _filled(value[key], child, validator)
        others = node.get("additionalProperties")
        if isinstance(others, dict):
            for key in value.keys() - properties.keys():
                value[key] = _filled(value[key], others, validator)
        for condition in [node, *node.get("allOf", ())]:
            if "if" in condition:
                met = validator.evolve(schema=condition["if"]).is_valid(value)
                then = condition.get("then" if met else "else")
                if then:
                    value = _filled(value, then, validator)
    return value


def _normalise(config: dict[str, Any]) -> None:
    """One form for what may be written in several."""
    config.setdefault("title", config["run"])
    config.setdefault("primary_model", next(iter(config["models"])))
    for name, cohort in config["cohorts"].items():
        cohort.setdefault("title", name)
        cohort["where"] = {column: _texts(values) for column, values in cohort["where"].items()}
    outcome = config["outcome"]
    outcome["positive_class"] = str(outcome["positive_class"])
    if outcome["kind"] == "label":
        classes = outcome["classes"]
        if isinstance(classes, list):
            classes = {str(value): value for value in classes}
        outcome["classes"] = {name: _texts(values) for name, values in classes.items()}
    cv = config["cross_validation"]
    random = cv["outer"] in ("k_fold", "leave_group_out")
    if cv["repeats"] is None:
        cv["repeats"] = 10 if random else 1
    if cv["outer_folds"] is None and random:
        cv["outer_folds"] = 10
    if cv["outer_column"] is None and cv["outer"] == "leave_one_site_out":
        cv["outer_column"] = "site"
    if isinstance(cv["held_out"], dict):
        cv["held_out"] = {column: _texts(values) for column, values in cv["held_out"].items()}


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values])]


# ---------------------------------------------------------------- cross-checks
def _cross_check(config: Mapping[str, Any]) -> None:
    """What concerns several keys at once."""
    _check_names(config)
    _check_outcome(config)
    _check_models(config)
    _check_derived_features(config)
    _check_confounds(config)
    _check_outer(config)
    _check_permutation(config)
    _check_stacks(config)
    _check_comparisons(config)
    _check_columns(config)
    _check_sources(config)
    _check_quality_control(config)
    _check_paths(config)


def _check_names(config: Mapping[str, Any]) -> None:
    for section in ("cohorts", "features", "models"):
        seen: dict[str, str] = {}
        for name in config[section]:
            other = seen.setdefault(name.lower(), name)
            if other != name:
                raise fault(
                    f"{section}.{name}",
                    f"names that differ only in case ({other}, {name})",
                    "names that stay apart on every file system",
                    "rename one",
                )
    for name in config["cohorts"]:
        if name.lower() in RESERVED_COHORTS:
            raise fault(
                f"cohorts.{name}",
                f"the name {name!r}",
                "a name that the workflow does not use itself",
                "rename the cohort",
            )
    for name in config["models"]:
        if name.lower() in (CONFOUNDS_ONLY, MAJORITY_CLASS):
            raise fault(
                f"models.{name}",
                f"the name {name!r}",
                "a name that the workflow does not use itself",
                "rename the model",
            )
    discovery = [name for name, c in config["cohorts"].items() if c["role"] == "discovery"]
    if len(discovery) != 1:
        raise fault(
            "cohorts",
            f"{len(discovery)} cohorts with role discovery"
            + (f" ({', '.join(discovery)})" if discovery else ""),
            "exactly one",
            "give one cohort the role discovery and the others external or control",
        )
    simulated = config.get("simulation", {}).get("cohorts", {})
    for name, sizes in simulated.items():
        if name not in config["cohorts"]:
            raise fault(
                f"simulation.cohorts.{name}",
                f"the unknown cohort {name!r}",
                f"one of {', '.join(config['cohorts'])}",
                "rename or remove it",
            )
        if sizes["responders"] > sizes["n"]:
            raise fault(
                f"simulation.cohorts.{name}.responders",
                str(sizes["responders"]),
                f"at most n, which is {sizes['n']}",
                "correct one of them",
            )
    for name in config["cohorts"]:
        if simulated and name not in simulated:
            raise fault(
                f"simulation.cohorts.{name}", "nothing", "the size of every cohort", "add the key"
            )


def _check_outcome(config: Mapping[str, Any]) -> None:
    outcome = config["outcome"]
    if outcome["kind"] == "label":
        classes = outcome["classes"]
        if outcome["positive_class"] not in classes:
            raise fault(
                "outcome.positive_class",
                repr(outcome["positive_class"]),
                f"one of the classes {', '.join(classes)}",
                f"{suggestion(outcome['positive_class'], classes)}correct it",
            )
        first, second = classes.values()
        both = [value for value in first if value in second]
        if both:
            raise fault(
                "outcome.classes", f"{both[0]!r} in both classes", "each value in one", "remove it"
            )
        return
    if outcome["baseline"] == outcome["endpoint"]:
        raise fault(
            "outcome.endpoint",
            f"{outcome['endpoint']!r}, which is the baseline too",
            "another session",
            "correct one of them",
        )
    for name, cohort in config["cohorts"].items():
        if cohort["scores"] is None:
            raise fault(
                f"cohorts.{name}.scores",
                "nothing",
                f"the table of clinical scores, which outcome.kind {outcome['kind']} needs",
                "add the key",
            )


def _check_models(config: Mapping[str, Any]) -> None:
    for name, model in config["models"].items():
        if model["features"] not in config["features"]:
            raise fault(
                f"models.{name}.features",
                repr(model["features"]),
                f"one of the feature sets {', '.join(config['features'])}",
                f"{suggestion(model['features'], config['features'])}correct it",
            )
        if "estimator" in model:
            _check_estimator(f"models.{name}", model)
        else:
            _check_support_vector_classifier(f"models.{name}", model)
        if isinstance(model["pca"], float) and model["pca"] >= 1:
            raise fault(
                f"models.{name}.pca",
                str(model["pca"]),
                "a whole number of components from 1 or a fraction of variance below 1",
                "write a whole number without a point, or null for no PCA",
            )
    for name in config["learning_curve"]["models"] or []:
        if name not in config["models"]:
            raise fault(
                "learning_curve.models",
                repr(name),
                f"some of the models {', '.join(config['models'])}",
                f"{suggestion(name, config['models'])}correct it",
            )
    primary = config["primary_model"]
    if primary not in config["models"]:
        raise fault(
            "primary_model",
            repr(primary),
            f"one of the models {', '.join(config['models'])}",
            f"{suggestion(primary, config['models'])}correct it",
        )


def _check_derived_features(config: Mapping[str, Any]) -> None:
    if not source_features(config):
        raise fault(
            "models",
            "clinical models alone",
            "a model of the scans beside them",
            "add one; clinical models are what it is compared with",
        )
    for name, spec in used_features(config).items():
        for part in spec.get("sets", ()):
            kinds = {other: s["kind"] for other, s in config["features"].items()}
            allowed = [o for o, kind in kinds.items() if kind not in ("voxels", "concatenated")]
            if part not in allowed:
                what = f"{part!r}, a set of kind {kinds[part]}" if part in kinds else repr(part)
                raise fault(
                    f"features.{name}.sets",
                    what,
                    f"feature sets with a table: {', '.join(allowed)}",
                    "correct it",
                )
    outcome = config["outcome"]
    categories = feature_columns(config)
    for name, spec in clinical_features(config).items():
        key = f"features.{name}.columns"
        for column in spec["columns"]:
            if categories[column] and column not in (*CATEGORIES, *spec["categorical"]):
                raise fault(
                    f"features.{name}.categorical",
                    f"no {column!r}, which is categorical in another feature set",
                    "a column to be the same everywhere",
                    "add it here or remove it there",
                )
        for column in spec["categorical"]:
            if column not in spec["columns"]:
                raise fault(
                    f"features.{name}.categorical",
                    repr(column),
                    f"some of the columns {', '.join(spec['columns'])}",
                    f"{suggestion(column, spec['columns'])}add it to columns or correct it",
                )
        for column in spec["columns"]:
            if column == outcome.get("column"):
                raise fault(key, f"{column!r}, which is the label", "other columns", "remove it")
            if column == "baseline_score" and outcome.get("baseline") is None:
                raise fault(
                    key,
                    "'baseline_score'",
                    "it only with an outcome from scores that has a baseline",
                    "add outcome.baseline or name a column of the participants table",
                )
            if column in RESERVED_COLUMNS and column != "baseline_score":
                raise fault(
                    key,
                    repr(column),
                    "what is known before treatment",
                    "remove it, or rename the column in the table",
                )
            for cohort, own in config["cohorts"].items():
                if column == "tiv" and own["tiv"] is None:
                    raise fault(
                        f"cohorts.{cohort}.tiv",
                        "nothing",
                        f"where total intracranial volume comes from, since features.{name} has it",
                        "add for example {column: tiv} or remove it there",
                    )
    for name, model in config["models"].items():
        parts = config["features"][model["features"]].get("sets", (model["features"],))
        clinical = clinical_features(config)
        for part in parts:
            both = {column_of(c) for c in model["confounds"]} & set(
                clinical.get(part, {}).get("columns", ())
            )
            if both:
                raise fault(
                    f"models.{name}.confounds",
                    f"{sorted(both)[0]!r}, which is a feature of {part} too",
                    "each column as a confound or as a feature",
                    "remove one of the two",
                )


def _check_support_vector_classifier(key: str, model: Mapping[str, Any]) -> None:
    for other in ("parameters", "grid"):
        if other in model:
            raise fault(
                f"{key}.{other}",
                f"{_shown(model[other])} without estimator",
                f"no {other}: the built-in support vector classifier has C and class_weight",
                "name the estimator or remove it",
            )
    c = model["C"]
    if c["log2_min"] > c["log2_max"]:
        raise fault(
            f"{key}.C.log2_min",
            str(c["log2_min"]),
            f"at most log2_max, which is {c['log2_max']}",
            "correct one of them",
        )
    count = len(grid_of_c(c))
    if count > _MAX_GRID:
        raise fault(
            f"{key}.C.log2_step",
            f"{c['log2_step']}, which makes {count} values of C",
            f"at most {_MAX_GRID} values",
            "use a larger step",
        )


def _check_estimator(key: str, model: Mapping[str, Any]) -> None:
    """What can be said without loading scikit-learn, which takes every job a second."""
    for other, instead in (
        ("C", "grid: {C: [0.1, 1, 10]}, if the estimator has a C"),
        ("class_weight", "parameters: {class_weight: balanced}, if the estimator has it"),
    ):
        if other in model:
            raise fault(
                f"{key}.{other}",
                f"{_shown(model[other])} beside estimator",
                f"no {other}, which belongs to the built-in support vector classifier",
                f"write {instead}",
            )
    for name in [*model["parameters"], *model["grid"]]:
        if name.split("__")[-1] in ("n_jobs", "random_state"):
            raise fault(
                f"{key}.{'grid' if name in model['grid'] else 'parameters'}.{name}",
                "a value",
                "none: jobs have one thread, and random states come from seed",
                "remove it",
            )
        if name in model["parameters"] and name in model["grid"]:
            raise fault(
                f"{key}.grid.{name}",
                "a parameter that is under parameters too",
                "it in one place",
                "remove one of the two",
            )
    count = math.prod(map(len, model["grid"].values()))
    if count > _MAX_GRID:
        raise fault(
            f"{key}.grid",
            f"{count} combinations",
            f"at most {_MAX_GRID}",
            "use fewer values",
        )


def _check_confounds(config: Mapping[str, Any]) -> None:
    others = [name for name, c in config["cohorts"].items() if c["role"] != "discovery"]
    for name, model in config["models"].items():
        key = f"models.{name}.confounds"
        columns = [column_of(confound) for confound in model["confounds"]]
        for confound in columns:
            if columns.count(confound) > 1:
                raise fault(key, f"{confound!r} twice", "each column once", "remove one")
            near = next((k for k in ("age", "sex", "tiv", "site") if confound.lower() == k), None)
            if near and confound != near:
                raise fault(key, repr(confound), f"{near!r}", f"write {near}")
            if confound == config["outcome"].get("column"):
                raise fault(
                    key,
                    f"{confound!r}, which is the label",
                    "columns other than outcome.column",
                    "remove it",
                )
        for position, confound in enumerate(model["confounds"]):
            if not isinstance(confound, str):
                _check_spline(f"{key}[{position}]", confound)
        if "tiv" in columns:
            for cohort, spec in config["cohorts"].items():
                if spec["tiv"] is None:
                    raise fault(
                        f"cohorts.{cohort}.tiv",
                        "nothing",
                        f"where total intracranial volume comes from, since models.{name} names "
                        "the confound tiv",
                        "add for example {column: tiv} or remove the confound",
                    )
        if "site" in columns and others and config["confounds"]["unseen_site"] != "mean":
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean, since models.{name} names the confound site and cohort {others[0]} may "
                "have sites that the discovery cohort has not",
                "write unseen_site: mean or remove the confound",
            )


def _check_spline(key: str, spline: Mapping[str, Any]) -> None:
    column, knots = spline["column"], spline["knots"]
    if column in ("sex", "site"):
        raise fault(
            f"{key}.column", f"{column!r}", "a column of numbers", f"write {column} without knots"
        )
    for lower, upper in itertools.pairwise(knots):
        if not lower < upper:
            raise fault(f"{key}.knots", f"{upper} after {lower}", "ascending knots", "sort them")


def _check_outer(config: Mapping[str, Any]) -> None:
    cv = config["cross_validation"]
    outer, column = cv["outer"], left_out_column(cv)
    needs = {
        "outer_column": outer in ("leave_one_site_out", "leave_group_out"),
        "held_out": outer == "held_out",
        "outer_folds": outer in ("k_fold", "leave_group_out"),
    }
    for name, needed in needs.items():
        if cv[name] is not None and not needed:
            raise fault(
                f"cross_validation.{name}",
                f"{_shown(cv[name])} with outer {outer}",
                f"no {name}, which outer {outer} does not have",
                "remove it or name another outer",
            )
    if outer == "leave_group_out" and column is None:
        raise fault(
            "cross_validation.outer_column",
            "nothing",
            "the column whose values are left out together (outer leave_group_out)",
            "add the key",
        )
    if outer == "held_out" and cv["held_out"] is None:
        raise fault(
            "cross_validation.held_out",
            "nothing",
            "who is held out: a share such as 0.3 or {column: [values]}",
            "add the key",
        )
    if cv["repeats"] > 1 and outer in ("leave_one_site_out", "leave_one_out", "held_out"):
        raise fault(
            "cross_validation.repeats",
            f"{cv['repeats']} with outer {outer}",
            "1, since people are left out in one way only",
            "remove the key",
        )
    if cv["scheme"] == "stratified" and outer != "k_fold":
        raise fault(
            "cross_validation.scheme",
            f"stratified with outer {outer}",
            "label_blind, since folds that are given cannot follow the labels",
            "remove the key",
        )
    for name, model in config["models"].items():
        if (
            outer in ("leave_one_site_out", "leave_group_out")
            and column in map(column_of, model["confounds"])
            and config["confounds"]["unseen_site"] != "mean"
        ):
            raise fault(
                "confounds.unseen_site",
                config["confounds"]["unseen_site"],
                f"mean, since models.{name} names the confound {column} and no model has seen the "
                f"{column} of the people that it is tested on (outer {outer})",
                "write unseen_site: mean or remove the confound",
            )


def _check_permutation(config: Mapping[str, Any]) -> None:
    group, permutation = config["cross_validation"]["group"], config["permutation"]
    if permutation["method"] == "conditional" and group not in (None, permutation["within"]):
        raise fault(
            "permutation.method",
            f"conditional, with families (cross_validation.group: {group})",
            "marginal, since labels of whole families cannot be drawn given confounds",
            "write marginal",
        )


def _check_stacks(config: Mapping[str, Any]) -> None:
    for name, models in config["stacks"].items():
        key = f"stacks.{name}"
        taken = {other.lower() for other in (*config["models"], CONFOUNDS_ONLY, MAJORITY_CLASS)}
        if name.lower() in taken:
            raise fault(key, f"the name {name!r} of another model", "a new name", "rename it")
        for model in models:
            if model not in config["models"]:
                near = suggestion(model, config["models"])
                expected = f"some of the models {', '.join(config['models'])}"
                raise fault(key, repr(model), expected, f"{near}correct it")
        if config["external"]["model"] != "refit":
            raise fault(
                "external.model",
                config["external"]["model"],
                "refit, since a stack is frozen on top of single models",
                "write refit or remove stacks",
            )


def _check_comparisons(config: Mapping[str, Any]) -> None:
    known = [*config["models"], *config["stacks"], *used_baselines(config)]
    seen: set[frozenset[str]] = set()
    for position, pair in enumerate(config["comparisons"] or ()):
        key = f"comparisons[{position}]"
        for name in pair:
            if name not in known:
                raise fault(
                    key,
                    repr(name),
                    f"two of {', '.join(known)}",
                    f"{suggestion(name, known)}correct it",
                )
        if frozenset(pair) in seen:
            raise fault(key, f"{' and '.join(pair)} again", "each pair once", "remove it")
        seen.add(frozenset(pair))


def _check_columns(config: Mapping[str, Any]) -> None:
    """Columns of the user that would overwrite those of the cohort tables."""
    named = {
        f"models.{name}.confounds": [column_of(confound) for confound in model["confounds"]]
        for name, model in config["models"].items()
    }
    named["cross_validation.group"] = [config["cross_validation"]["group"]]
    named["permutation.within"] = [config["permutation"]["within"]]
    named["specificity.within"] = [config["specificity"]["within"]]
    named["subgroups.columns"] = config["subgroups"]["columns"] or []
    left_out = left_out_column(config["cross_validation"])
    if left_out != "participant_id":
        named["cross_validation: who is left out"] = [left_out]
    for key, columns in named.items():
        for column in columns:
            if column in RESERVED_COLUMNS:
                raise fault(
                    key,
                    repr(column),
                    "a column that the workflow does not define itself "
                    f"({', '.join(RESERVED_COLUMNS)})",
                    "rename the column in the table",
                )
            if not key.endswith("confounds") and column == "tiv":
                raise fault(key, "'tiv'", "a column of categories", "name another column")
    both = "a column within whose values both classes occur"
    for key, column, expected in (
        ("permutation.within", config["permutation"]["within"], both),
        ("specificity.within", config["specificity"]["within"], both),
        ("cross_validation: who is left out", left_out, "a column that is not predicted"),
    ):
        if column is not None and column == config["outcome"].get("column"):
            raise fault(
                key,
                f"{column!r}, which is the label",
                expected,
                "name another column or write null",
            )


def _check_sources(config: Mapping[str, Any]) -> None:
    for features, spec in source_features(config).items():
        for name, cohort in config["cohorts"].items():
            sources = cohort["sources"]
            if spec["source"] not in sources:
                raise fault(
                    f"cohorts.{name}.sources.{spec['source']}",
                    "nothing",
                    f"a path, since features.{features} takes the source {spec['source']!r} from "
                    "every cohort",
                    f"{suggestion(spec['source'], sources)}add the key",
                )
            key = f"cohorts.{name}.sources.{spec['source']}"
            if spec["kind"] in IMAGE_KINDS:
                _check_pattern(key, sources[spec["source"]])
            else:
                _check_plain(key, sources[spec["source"]])
    for name, cohort in config["cohorts"].items():
        tiv = cohort["tiv"] or {}
        if "cat12_report" in tiv:
            _check_pattern(f"cohorts.{name}.tiv.cat12_report", tiv["cat12_report"])


def _check_quality_control(config: Mapping[str, Any]) -> None:
    settings = config["quality_control"]
    if settings["tiv_min_ml"] >= settings["tiv_max_ml"]:
        raise fault(
            "quality_control.tiv_min_ml",
            f"{settings['tiv_min_ml']:g}",
            f"less than tiv_max_ml, which is {settings['tiv_max_ml']:g}",
            "correct one of them",
        )
    images = any(spec["kind"] in IMAGE_KINDS for spec in used_features(config).values())
    for position, rule in enumerate(settings["exclude"]):
        key = f"quality_control.exclude[{position}]"
        if "below" in rule and "above" in rule and rule["below"] > rule["above"]:
            raise fault(
                f"{key}.below",
                f"{rule['below']:g}, more than above, which is {rule['above']:g}",
                "limits between which scans are kept",
                "correct one of them",
            )
        if rule["measure"] in ("map_mean", "mean_correlation") and not images:
            raise fault(
                f"{key}.measure",
                f"{rule['measure']!r}, which is measured on maps",
                "a measure of this run, whose models use tables alone",
                "name tiv or mahalanobis, or remove the rule",
            )
        for name, cohort in config["cohorts"].items():
            if rule["measure"] == "tiv" and cohort["tiv"] is None:
                raise fault(
                    f"cohorts.{name}.tiv",
                    "nothing",
                    f"where total intracranial volume comes from, since {key} names it",
                    "add for example {column: tiv} or remove the rule",
                )
    bands = config["subgroups"]["age_bands"]
    for lower, upper in itertools.pairwise(bands):
        if not lower < upper:
            raise fault(
                "subgroups.age_bands", f"{upper:g} after {lower:g}", "ascending ages", "sort them"
            )


def _names_in_braces(key: str, pattern: str) -> list[str]:
    try:
        return placeholders(pattern)
    except ValueError:
        raise fault(
            key, repr(pattern), "braces in pairs, as in {participant_id}", "correct the braces"
        ) from None


def _check_pattern(key: str, pattern: str) -> None:
    names = _names_in_braces(key, pattern)
    for name in names:
        if name not in ID_COLUMNS:
            raise fault(
                key,
                f"{{{name}}}",
                "{participant_id} or {session_id}",
                f"{suggestion(name, ID_COLUMNS)}correct it",
            )
    if "participant_id" not in names:
        raise fault(
            key,
            f"{pattern!r} without {{participant_id}}",
            "a pattern that names one image a person",
            "put {participant_id} where the file names differ",
        )


def _check_plain(key: str, path: str) -> None:
    if _names_in_braces(key, path) or "*" in path:
        raise fault(
            key,
            repr(path),
            "the plain path of one table",
            "remove the braces and asterisks, or use a feature kind that reads images",
        )


def input_paths(config: Mapping[str, Any]) -> dict[str, str]:
    """Key and path of every input that the configuration names (patterns as they are)."""
    paths: dict[str, str] = {}
    for name, cohort in config["cohorts"].items():
        key = f"cohorts.{name}"
        paths[f"{key}.participants"] = cohort["participants"]
        if cohort["scores"] is not None:
            paths[f"{key}.scores"] = cohort["scores"]
        for source, path in cohort["sources"].items():
            paths[f"{key}.sources.{source}"] = path
        for kind in ("cat12_report", "table"):
            if kind in (cohort["tiv"] or {}):
                paths[f"{key}.tiv.{kind}"] = cohort["tiv"][kind]
    for name, spec in config["features"].items():
        if isinstance(spec.get("atlas"), dict):
            for part in ("image", "labels"):
                paths[f"features.{name}.atlas.{part}"] = spec["atlas"][part]
        if spec.get("mask", "template") != "template":
            paths[f"features.{name}.mask"] = spec["mask"]
    if isinstance(config["reporting"]["tripod"], str):
        paths["reporting.tripod"] = config["reporting"]["tripod"]
    return paths


def _check_paths(config: Mapping[str, Any]) -> None:
    results = os.path.abspath(os.path.join("results", config["run"]))
    for key, path in input_paths(config).items():
        if os.path.commonpath([results, os.path.abspath(path)]) == results:
            raise fault(
                key,
                repr(path),
                f"an input outside results/{config['run']}, which this run writes",
                "move the input or rename the run",
            )
