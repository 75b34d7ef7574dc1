# Configuration, checks before the first job, names.
import os
import re
import sys
from pathlib import Path

import yaml
from snakemake.io import is_flagged

# The folder of the rules. Snakemake fetches single files where the workflow is in a git repository
# (`module` with github(...) or git+file://...): then the package must be installed beside Snakemake.
RULES = workflow.current_basedir
HOSTED = not isinstance(RULES, os.PathLike)


if HOSTED and type(RULES).__name__ == "LocalGitFile":
    # Snakemake 9.27 asks for scripts as file objects and joins files of a local repository with text
    # alone (_path_to_source_file in jobs.py, LocalGitFile.join in sourcecache.py).
    joined_with_text = type(RULES).join
    type(RULES).join = lambda self, path: joined_with_text(self, os.fspath(path))


def workflow_file(path):
    """Local path of a file of the workflow, given from the folder of the rules."""
    if HOSTED:
        return workflow.sourcecache.get_path(RULES.join(path))
    return os.path.normpath(os.path.join(RULES, path))


def check_installed_package():
    """End with one line where the package is missing or of another version than the rules."""
    source = Path(workflow_file("../src/mri_response/__init__.py")).read_text(encoding="utf-8")
    expected = re.search(r'__version__ = "(.+)"', source)[1]
    try:
        from mri_response import __version__ as found
    except ModuleNotFoundError:
        found = None
    if found != expected:
        sys.exit(
            f"mri-response: found {f'version {found}' if found else 'no installed package'}, expected "
            f"the Python package mri-response {expected}, which the rules fetched from a repository "
            "need; install it from the same commit into Snakemake's environment (pip install)"
        )


if HOSTED:
    check_installed_package()
else:
    sys.path.insert(0, workflow_file("../src"))
    # Jobs import the package of this folder too, whatever else is installed.
    variables = os.environ
    others = variables.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys([workflow_file("../src"), *filter(None, others)])
    variables["PYTHONPATH"] = os.pathsep.join(paths)
# For the jobs: glibc hands freed arrays back and takes them anew, up to a tenth of a solver's time.
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(256 * 1024**2))
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 * 1024**2))

from mri_response.models.applied import with_model
from mri_response.models.folder import FILES, MANIFEST
from mri_response.preflight.start import CACHE, checks_of_run
from mri_response.people.extraction import extracted_folder, inputs_of_run
from mri_response.people.size import size_for_jobs
from mri_response.config.atlases import region_sets_file
from mri_response.config.feature_kinds import FEATURES as FEATURE_KINDS, feature_kind
from mri_response.config.files import read_config
from mri_response.config.clinical_outcomes import (
    OUTCOME_PARTS,
    outcome_cohorts,
    outcome_tables,
)
from mri_response.config.load import load_config
from mri_response.config.modules import asked_modules, is_simulated, rules_of_run
from mri_response.config.queries import (
    CONFOUNDS_ONLY,
    QUALITY_ONLY,
    added_pairs,
    all_confounds,
    compared_pairs,
    controlled_models,
    curve_models,
    atlas_of_measures,
    discovery_name,
    fitted_model,
    has_classes,
    measured_set,
    quality_predictors,
    sets_by_source,
    source_features,
    stability_models,
    used_baselines,
    used_confounds,
    used_features,
)
from mri_response.config.not_regions import not_regions
from mri_response.config.source_kinds import (
    IMAGES,
    files_of_cohort,
    gives_regions,
    source_in,
    source_path,
    with_values,
)
from mri_response.config.variability import (
    SIMULATED_ARMS,
    clinical_columns,
    cohorts_of_effect,
    effect_tables,
    gene_files,
    own_geometry,
)
from mri_response.core.data import data_path
from mri_response.core.errors import InputError
from mri_response.core.vocabulary import VOXEL_MAPS
from mri_response.inputs.contents import table_digest
from mri_response.inputs.paths import files_of_anyone
from mri_response.inputs.sources.people_tables import levels_beside, scores_path
from mri_response.report.figures.caption_files import keep_captions
from mri_response.report.figures.plan import NAMING, figure_jobs, figure_plan
from mri_response.learning.batches import batches
from mri_response.learning.learners.base import JobSize
from mri_response.learning.learners.registry import learner_of
from mri_response.learning.plan import (
    batch_plans,
    curve_batches,
    estimated_work,
    other_seconds,
    plan_lines,
    site_seconds,
    stability_seconds,
)
from mri_response.core.provenance import PackageCode, file_sha256
from mri_response.core.source_texts import keep_texts, recall_texts


def typed(values, given):
    """Give values that --config sets below the top level, text so far, the types of YAML."""
    if isinstance(values, dict) and isinstance(given, dict):
        return {key: typed(value, given.get(key)) for key, value in values.items()}
    return yaml.safe_load(given) if isinstance(given, str) and values == given else values


try:
    # Snakemake has read the files already, and takes the last of two keys of one name.
    if workflow.is_main_process:
        for path in workflow.configfiles:
            read_config(path)
    config.update(
        (key, typed(config[key], given))
        for key, given in (workflow.config_settings.config or {}).items()
        if isinstance(given, dict) and key in config
    )
    AS_GIVEN = with_model(load_config(config))
    # What the user's folders hold is read once, in the main process. Jobs read tables of the run, into
    # which a rule puts it; these checks and the size of the study read those of the main process.
    READ = extracted_folder(AS_GIVEN)
    CONFIG = with_values(AS_GIVEN, inputs_of_run(AS_GIVEN))
    # Jobs on other machines read this file too: the check is for the person who starts the run.
    LEARNERS = {name: learner_of(model) for name, model in CONFIG["models"].items()}
    if workflow.is_main_process:
        for line in checks_of_run(AS_GIVEN, CACHE):
            print(line, file=sys.stderr)
    # Jobs cut the work as the main process did, by the size that it read from the user's tables.
    SIZE = None
    if CONFIG["models"] and not CONFIG["apply"]:
        kept = f".snakemake/mri_response_size_{CONFIG['run']}.json"
        sized = with_values(AS_GIVEN, READ)
        SIZE = size_for_jobs(sized, kept, is_main=workflow.is_main_process)
    PLANS = batch_plans(CONFIG, *SIZE) if SIZE else {}
    CURVE_PLANS = {model: curve_batches(CONFIG, model, *SIZE) for model in curve_models(CONFIG)}
    OTHER_SECONDS = other_seconds(CONFIG, CURVE_PLANS, *SIZE) if SIZE else {}
except InputError as error:
    sys.exit(str(error))

if workflow.is_main_process:
    for line in plan_lines(PLANS, OTHER_SECONDS):
        print(line, file=sys.stderr)

# Captions and the report of Snakemake read the configuration with its defaults.
config.update(CONFIG)

ENVIRONMENT = "../../envs/mri-response.yaml"  # from the folder of the rules

DISCOVERY = discovery_name(CONFIG)
OTHERS = [name for name in CONFIG["cohorts"] if name != DISCOVERY]
COHORTS = [DISCOVERY, *OTHERS]
MODELS = list(CONFIG["models"])
# Models whose Gram matrices are prepared, and models with weights.
PREPARED = [model for model in MODELS if LEARNERS[model].prepares]
LINEAR = [model for model in MODELS if LEARNERS[model].linear]
NONLINEAR = [model for model in MODELS if model not in LINEAR]
FEATURES = used_features(CONFIG)
# Effects of treatment that models learn from.
EARLY_EFFECTS = [spec["effect"] for spec in FEATURES.values() if "effect" in spec]
SOURCED = source_features(CONFIG)
BASELINES = used_baselines(CONFIG)
OUTCOME_TABLES = outcome_tables(CONFIG["clinical_outcomes"]) if CONFIG["clinical_outcomes"] else {}
STACKS = list(CONFIG["stacks"])
ADDED = added_pairs(CONFIG)
SCAN_BATCHES = batches(CONFIG["permutation"]["scans"], 10)
PAIRS = compared_pairs(CONFIG)
# Models and baselines that are compared.
COMPARED = list(dict.fromkeys(name for pair in (*PAIRS, *ADDED.items()) for name in pair))
CURVES = curve_models(CONFIG)
CONTROLLED = controlled_models(CONFIG)
SITES = CONFIG["sites"]["column"]
TRANSPORT = CONFIG["sites"]["transport"]
CLASSES = has_classes(CONFIG)
STABLE = stability_models(CONFIG)
# Cohorts that are learned from in turn.
LEARNED = [name for name in COHORTS if CONFIG["cohorts"][name]["role"] != "control"]
SCHEME = CONFIG["cross_validation"]
FIGURES = figure_plan(CONFIG)

# Tables of the models where sites are asked for.
OF_SITES = ("site_predictability", "site_performance", "site_spread", "transport")
# Tables of the models whose stability is asked for.
OF_STABILITY = ("instability", "other_seeds")
# Tables of the models without the baselines.
OF_MODELS = (
    *OF_SITES,
    *("predictions", "decision_rules", "calibration", "decision_curve", "operating_points"),
    *("threshold_counts", "subgroups"),
)


def pattern_of(names):
    """Pattern of some names, one that never matches if there are none."""
    return "|".join(names) or "(?!)"


wildcard_constraints:
    cohort="|".join(COHORTS),
    model=pattern_of(MODELS),
    features=pattern_of(FEATURES),
    folds=r"\d+|refit",
    labels=r"\d+",


# ---------------------------------------------------------------- what runs again, and when
def untitled_cohorts():
    """Cohorts without their titles, which are read by figures and texts alone."""
    return {
        name: {key: value for key, value in cohort.items() if key != "title"}
        for name, cohort in CONFIG["cohorts"].items()
    }


def titled_section(*keys):
    """Parts of the configuration for figures and texts, as a parameter, see `section`."""
    return {key: CONFIG[key] for key in keys if key in CONFIG}


def section(*keys):
    """Parts of the configuration, as a parameter: a changed value runs again what reads it.

    Cohorts come without their titles, which figures and texts alone read.
    """
    parts = titled_section(*keys)
    return parts | {"cohorts": untitled_cohorts()} if "cohorts" in parts else parts


# What is known of the package's code, kept by the main process for its jobs and the next start.
KNOWN_CODE = ".snakemake/mri_response_code.json"
# Captions for Snakemake's own report, which reads them from files beside the rules or of this machine.
CAPTIONS = None if HOSTED else os.path.abspath(".snakemake/mri_response_captions")
recall_texts(KNOWN_CODE)
CODE = PackageCode()
HASHED_SCRIPTS = set()
HASHED_MODULES = set()
# Every script works in it: it logs and checks, and changes no result.
LEFT_OUT = ("core.job",)


def code_of(*scripts, modules=()):
    """Hash of the package's code that scripts use: a changed algorithm runs them again.

    Snakemake sees a change of the script alone. `modules` are those that a script imports by a name
    in its parameters.
    """
    HASHED_SCRIPTS.update(scripts)
    HASHED_MODULES.update(modules)
    paths = [workflow_file(f"../scripts/{script}.py") for script in scripts]
    return CODE.script_hash(paths, modules=modules, leave_out=LEFT_OUT)


def entry_of_the_workflow():
    """Text of the Snakefile without its comments, which change no result and no record."""
    text = Path(workflow_file("../Snakefile")).read_text(encoding="utf-8")
    return re.sub(r"(?m)^ *#.*\n", "", text)


def texts_of(*names):
    """Hashes of texts in data/report of the package: a changed style makes the page anew.

    As inputs, with their paths, they would do so whenever the project is moved.
    """
    return {name: file_sha256(data_path("report", name)) for name in names}


def page_texts():
    """Names of the texts of the page itself: its template, its style, its script."""
    return sorted(path.name for path in data_path("report").iterdir() if path.suffix != ".rst")


def resources_of(folder, names=None):
    """Hashes of files of a folder of the package's data, of all of them if no names are given."""
    paths = sorted(data_path(folder).iterdir())
    return {path.name: file_sha256(path) for path in paths if names is None or path.name in names}


def lists_of(*atlases):
    """Hashes of the shipped lists of regions of some atlases; the user's and fetched ones have none."""
    return resources_of("atlases", [f"{atlas}.tsv" for atlas in atlases if isinstance(atlas, str)])


# ---------------------------------------------------------------- kinds of features
def kind_of_features(model):
    """Entry of the kind of a model's features."""
    return feature_kind(FEATURES[CONFIG["models"][model]["features"]])


def kinds_of_run():
    """Kinds of the feature sets that models use, in the order of the entries."""
    used = {spec["kind"] for spec in FEATURES.values()}
    return [kind for kind in FEATURE_KINDS if kind in used]


def features_of_kind(kind):
    """Pattern of the feature sets of a kind, one that never matches if there are none."""
    return pattern_of(name for name, spec in FEATURES.items() if spec["kind"] == kind)


def weighted_models(is_wanted):
    """Pattern of the models that have weights, with features of the kinds that are wanted."""
    return pattern_of(model for model in LINEAR if is_wanted(kind_of_features(model)))
