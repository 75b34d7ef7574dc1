# Splits, Gram matrices, repeated nested cross-validation of all labellings.


def fold_batch(wildcards):
    """First outer fold of a job, counted through all repeats, and the one after its last."""
    members = FOLD_BATCHES[int(wildcards.folds)]
    return [members.start, members.stop]


def label_blocks(wildcards):
    """First and last labelling of each block of a job; labelling 0 is observed."""
    return [[block.start, block.stop] for block in LABEL_BATCHES[int(wildcards.labels)]]


# For messages: parts are counted from 0, as in the names of files.
LAST_FOLDS, LAST_LABELS = len(FOLD_BATCHES) - 1, len(LABEL_BATCHES) - 1


rule splits:
    """Draw all splits of the run, once for all models."""
    input:
        people=table_of(DISCOVERY),
    output:
        f"{RUN}/splits.tsv",
    log:
        f"{RUN}/logs/splits.log",
    params:
        config=section("seed", "cross_validation"),
        code=source_hash(["splits"]),
    conda:
        ENVIRONMENT
    message:
        "Splits: {SCHEME[repeats]} repeats of {SCHEME[outer_folds]} outer and {SCHEME[inner_folds]} inner folds"
    script:
        "../scripts/splits.py"


if SCHEME["scheme"] == "label_blind":

    rule kernels:
        """Gram matrices of every training set of some outer folds, in one pass."""
        input:
            people=table_of(DISCOVERY),
            splits=rules.splits.output[0],
            features=discovery_matrix,
        output:
            temp(f"{RUN}/kernels/{{model}}/folds-{{folds}}.npz"),
        log:
            f"{RUN}/logs/kernels_{{model}}_{{folds}}.log",
        params:
            config=model_config,
            folds=fold_batch,
            code=source_hash(["resampling"]),
        threads: 1
        conda:
            ENVIRONMENT
        message:
            "Gram matrices of {wildcards.model}: outer folds, part {wildcards.folds} (last: {LAST_FOLDS})"
        script:
            "../scripts/kernels.py"

    rule nested_cv:
        """Observed and permuted labels through some outer folds, C chosen anew for each."""
        input:
            people=table_of(DISCOVERY),
            splits=rules.splits.output[0],
            kernels=rules.kernels.output[0],
        output:
            f"{RUN}/crossval/{{model}}/folds-{{folds}}_labels-{{labels}}.npz",
        log:
            f"{RUN}/logs/nested_cv_{{model}}_{{folds}}_{{labels}}.log",
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=source_hash(["resampling"]),
        threads: 1
        conda:
            ENVIRONMENT
        message:
            "Nested cross-validation of {wildcards.model}: outer folds, part {wildcards.folds} (last: {LAST_FOLDS}); labellings, part {wildcards.labels} (last: {LAST_LABELS})"
        script:
            "../scripts/nested_cv.py"

else:

    rule nested_cv_redrawn:
        """The same with folds redrawn, stratified on the labels, in every permutation."""
        input:
            people=table_of(DISCOVERY),
            features=discovery_matrix,
        output:
            f"{RUN}/crossval/{{model}}/folds-{{folds}}_labels-{{labels}}.npz",
        log:
            f"{RUN}/logs/nested_cv_{{model}}_{{folds}}_{{labels}}.log",
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=source_hash(["resampling"]),
        threads: 1
        conda:
            ENVIRONMENT
        message:
            "Nested cross-validation of {wildcards.model}, folds redrawn: outer folds, part {wildcards.folds} (last: {LAST_FOLDS}); labellings, part {wildcards.labels} (last: {LAST_LABELS})"
        script:
            "../scripts/nested_cv_redrawn.py"
