# The user's files. They are `local`: where they are is what the configuration says, also when the workflow is used
# as a module with a prefix for its results.
import functools


def source_of(features, cohort):
    """Path or path pattern of a feature set in a cohort."""
    return source_path(CONFIG["cohorts"][cohort]["sources"][source_in(FEATURES[features], cohort)])


def files_of(pattern):
    """Every file that a path pattern may mean for anyone; of a table of the run, its images too."""
    if pattern in READ_INPUTS:
        if not pattern.endswith(IMAGES):
            return [pattern]
        read = pattern.replace(inputs_folder(), READ, 1)
        return [pattern, *local([] if "simulation" in CONFIG else found_files(read))]
    if pattern and "{" not in pattern:
        return [of_the_user(pattern)]
    return local(found_files(pattern)) if pattern else []


@functools.cache
def found_files(pattern):
    """What `files_of_anyone` finds, looked for once: every rule that reads images asks for it."""
    return files_of_anyone(pattern)


def of_the_user(path):
    """A table of the user's, on whose content a job depends and not on its age.

    Whoever reads it has `contents_of` among its parameters: a blank line or another line end runs
    nothing again. A table that a rule simulates is one of the run.
    """
    return local(path) if is_simulated(CONFIG) else ancient(local(path))


def contents_of(files):
    """Function that gives hashes of what the user's tables among a job's files say.

    Levels in a file beside a table, which decode its codes, are part of what it says.
    """

    def given(wildcards):
        own = [path for path in files(wildcards) if is_flagged(path, "ancient")]
        return [table_digest(each) for path in own for each in (path, levels_beside(path))]

    return given


def inputs_folder(wildcards=None):
    """Tables of the run into which the folders and tables of programs are read, by cohort."""
    return inputs_of_run(CONFIG)


def read_inputs(cohort):
    """Tables of the run into which a cohort's folders and tables of programs are read."""
    return files_of_cohort(AS_GIVEN, cohort, inputs_folder())


READ_INPUTS = {path for cohort in AS_GIVEN["cohorts"] for path in read_inputs(cohort)}


def inputs_to_read(wildcards):
    """What the main process has read; of a simulated trial, the trial."""
    if "simulation" in CONFIG:
        files = [f"{CONFIG['simulation']['directory']}/{name}" for name in AS_GIVEN["cohorts"]]
        return [
            local(f"{path}/{part}")
            for path in files
            for part in ("participants.tsv", "derivatives")
        ]
    return [local(path.replace(inputs_folder(), READ, 1)) for path in sorted(READ_INPUTS)]


def simulated(cohort):
    """Folder of a simulated cohort's maps, nothing for real data."""
    if "simulation" in CONFIG:
        return [local(f"{CONFIG['simulation']['directory']}/{cohort}/derivatives")]
    return []


def simulated_beliefs():
    """Files of a simulated study of belief updating, by the names of outputs."""
    names = ("participants", "scores", "trials", "planted")
    folder = CONFIG["belief"]["simulation"]["directory"]
    files = {name: local(f"{folder}/{name}.tsv") for name in names}
    return files | {"description": local(f"{folder}/dataset_description.json")}


def simulated_variability():
    """Files of a simulated trial of brain change, by the names of outputs."""
    folder = CONFIG["variability"]["simulation"]["directory"]
    arms = ("participants", "regions", "scores")
    files = {
        f"{arm}_{name}": local(f"{folder}/{arm}/{name}.tsv")
        for arm in SIMULATED_ARMS
        for name in arms
    }
    others = {name: local(f"{folder}/{name}.tsv") for name in ("genes", "planted", "axes")}
    return files | others | {"description": local(f"{folder}/dataset_description.json")}


def variability_inputs(wildcards):
    """Tables of the people and the regions of every effect."""
    paths, asked = [], CONFIG["variability"]
    for name in asked["effects"]:
        for cohort in cohorts_of_effect(CONFIG["effects"][name]):
            own = CONFIG["cohorts"][cohort]
            paths += [own["participants"], scores_path(own) if asked["score"] else None]
    tables = [*filter(None, paths), *effect_tables(CONFIG, asked["effects"])]
    return [path for table in dict.fromkeys(tables) for path in files_of(table)]


def variability_geometry(wildcards):
    """The user's table of coordinates, if there is one."""
    return [of_the_user(path) for path in own_geometry(CONFIG["variability"])]


def variability_genes(wildcards):
    """The user's tables of coordinates, of expression and of sets of genes."""
    files = gene_files(CONFIG["variability"])
    # Sets of genes are no table: their age counts.
    paths = [of_the_user(path) for path in files[:1]] + [local(path) for path in files[1:]]
    return [*variability_geometry(wildcards), *paths]


def effects_of_features(wildcards):
    """Tables of the regions of an effect that is a feature set, in every cohort."""
    name = FEATURES[wildcards.features]["effect"]
    cohorts = dict.fromkeys([DISCOVERY, wildcards.cohort])
    return [path for table in effect_tables(CONFIG, [name], cohorts) for path in files_of(table)]


def found_inputs():
    """What was planted in a simulated trial, and the tables in which it is looked for."""
    files = simulated_variability()
    names = ["components", "loadings", "region_sets", "genes", "associations"]
    return {**variability_tables(*names), "planted": files["planted"], "axes": files["axes"]}


def belief_inputs(wildcards):
    """Tables of the cohorts that have trials."""
    cohorts = [cohort for cohort in CONFIG["cohorts"].values() if cohort["trials"] is not None]
    paths = [cohort[key] for cohort in cohorts for key in ("participants", "trials")]
    scores = [scores_path(cohort) for cohort in cohorts if CONFIG["belief"]["score"]]
    return [of_the_user(path) for path in dict.fromkeys(filter(None, [*paths, *scores]))]


def cohort_inputs(wildcards):
    """Tables and images on which it depends who can be analysed."""
    paths = []
    for name, cohort in CONFIG["cohorts"].items():
        tiv = cohort["tiv"] or {}
        tables = (cohort["participants"], scores_path(cohort), tiv.get("table"))
        paths += [of_the_user(path) for path in tables if path]
        paths += simulated(name)
        if "simulation" not in CONFIG:
            patterns = [source_of(features, name) for features in SOURCED]
            reports = "" if "read_into" in tiv else tiv.get("cat12_report") or ""
            for pattern in (*patterns, reports):
                paths += files_of(pattern)
        paths += read_inputs(name)
    return list(dict.fromkeys(paths))


def outcome_inputs(wildcards):
    """Tables of the cohorts whose clinical outcomes are analysed."""
    paths = []
    for name in outcome_cohorts(CONFIG):
        cohort = CONFIG["cohorts"][name]
        paths += [cohort["participants"], scores_path(cohort)]
    return [of_the_user(path) for path in dict.fromkeys(paths)]


def files_of_cohorts(wildcards):
    """Files of `cohort_inputs` for rules that record the very bytes: for them the age counts too."""
    paths = cohort_inputs(wildcards)
    return [path if path in READ_INPUTS else local(str(path)) for path in paths]


def maps_of(wildcards):
    """Images of a feature set in a cohort."""
    return maps_in(wildcards, wildcards.cohort)


def maps_in(wildcards, cohort):
    """Images of a feature set in a cohort, and the table in which they were found."""
    pattern = source_of(wildcards.features, cohort)
    table = [pattern] if pattern in READ_INPUTS else []
    return [*table, *simulated(cohort)] if simulated(cohort) else files_of(pattern)


def all_maps():
    """Images of all feature sets in all cohorts."""
    paths = []
    for name in COHORTS:
        paths += simulated(name)
        for features, spec in SOURCED.items() if "simulation" not in CONFIG else ():
            if feature_kind(spec).has_image and not gives_regions(spec, name):
                paths += files_of(source_of(features, name))
        paths += [path for path in read_inputs(name) if path.endswith(IMAGES)]
    return list(dict.fromkeys(paths))


def first_cohort_maps(wildcards):
    """Images of the discovery cohort, whose first one sets the grid."""
    return maps_in(wildcards, DISCOVERY)


def own_atlas(wildcards):
    """The user's own atlas, if a feature set has one."""
    atlas = FEATURES[wildcards.features]["atlas"]
    return [] if isinstance(atlas, str) else [local(atlas["image"]), local(atlas["labels"])]


def measured_atlases():
    """Atlases by which quality control measures scans, one per source of images."""
    chosen = [measured_set(sets) for sets in sets_by_source(CONFIG).values()]
    return [atlas_of_measures(spec) for spec in chosen if spec is not None]


def own_measured_atlases(wildcards):
    """Image and table of each atlas of the user's by which quality control measures scans."""
    own = [atlas for atlas in measured_atlases() if not isinstance(atlas, str)]
    return [local(path) for atlas in own for path in (atlas["image"], atlas["labels"])]


def own_mask(wildcards):
    """The user's own mask, if a feature set has one."""
    mask = FEATURES[wildcards.features]["mask"]
    return [] if mask == "template" else [local(mask)]


def files_of_the_user(wildcards):
    """Every file of the user's whose hash is in the record for machines."""
    paths = [path for path in files_of_cohorts(wildcards) if path not in READ_INPUTS]
    trials = belief_inputs(wildcards) if CONFIG["belief"] else []
    paths += [local(str(path)) for path in trials]
    if CONFIG["variability"]:
        tables = [*variability_inputs(wildcards), *variability_geometry(wildcards)]
        tables = [path for path in tables if path not in READ_INPUTS]
        paths += [local(str(path)) for path in [*tables, *gene_files(CONFIG["variability"])]]
    tables = set(effect_tables(CONFIG, EARLY_EFFECTS, COHORTS)) - READ_INPUTS
    paths += [local(path) for path in sorted(tables)]
    for spec in FEATURES.values():
        atlas, mask = spec.get("atlas"), spec.get("mask", "template")
        paths += [local(path) for path in atlas.values()] if isinstance(atlas, dict) else []
        paths += [] if mask == "template" else [local(mask)]
    return list(dict.fromkeys(paths))


def tables_of_features(wildcards):
    """ROI tables of a cohort and of the discovery cohort, which sets the columns."""
    return [*files_of(source_in_cohort(wildcards)), *files_of(source_in_discovery(wildcards))]


def tables_of_warnings(wildcards):
    """Tables of regions and of effects that are features, and participants tables of all cohorts."""
    names = [name for name, spec in FEATURES.items() if feature_kind(spec).has_table]
    tables = [source_of(name, cohort) for cohort in COHORTS for name in names]
    tables += effect_tables(CONFIG, EARLY_EFFECTS, [DISCOVERY])
    paths = [path for table in tables for path in files_of(table)]
    told = [path for path in sorted(READ_INPUTS) if path.endswith(("warnings.tsv", "record.tsv"))]
    return list(dict.fromkeys([*participants_tables(wildcards), *paths, *told]))


def participants_tables(wildcards):
    """Participants tables of all cohorts."""
    paths = [CONFIG["cohorts"][cohort]["participants"] for cohort in COHORTS]
    return [of_the_user(path) for path in dict.fromkeys(paths)]


def answers_of_the_authors(wildcards):
    """The user's file of answers to TRIPOD+AI, if there is one."""
    answers = CONFIG["reporting"]["tripod"]
    return local(answers) if isinstance(answers, str) else []


def sets_in_cohort(wildcards):
    """The feature sets that a concatenated one consists of."""
    sets = FEATURES[wildcards.features]["sets"]
    return [features_table(name, wildcards.cohort) for name in sets]


# What features are made from, by the names of inputs in the entries of their kinds.
FEATURE_FILES = {
    "maps": maps_of,
    "image": atlas_image(),
    "regions": atlas_regions(),
    "mask": mask_image(),
    "tables": tables_of_features,
    "discovery": people_table(DISCOVERY),
    "rates": run_table("belief_rates"),
    "effects": effects_of_features,
    "sets": sets_in_cohort,
}


def feature_files(kind):
    """Files from which features of a kind are made, by the names of inputs in its entry."""
    return {name: FEATURE_FILES[name] for name in FEATURE_KINDS[kind].inputs}


def features_of_cohort(kind):
    """Features of a kind and a cohort: a table where they have names."""
    return features_table() if FEATURE_KINDS[kind].has_names else features_array()
