# Refit on all discovery people, frozen model, its scores elsewhere.


def other_tables(wildcards):
    """Analysed people of the external and control cohorts."""
    return [table_of(name) for name in OTHERS]


def refit_blocks(wildcards):
    """First and last labelling of each block of a refit job; labelling 0 is observed."""
    return [[block.start, block.stop] for block in REFIT_BATCHES[int(wildcards.labels)]]


def observed_folds(wildcards):
    """Jobs that hold the outer models of the observed labels."""
    return expand(
        f"{RUN}/crossval/{wildcards.model}/folds-{{folds}}_labels-0.npz",
        folds=range(len(FOLD_BATCHES)),
    )


def frozen_from(wildcards):
    """Jobs that hold the models to be frozen: the refitted one or all outer models."""
    if CONFIG["external"]["model"] == "ensemble":
        return observed_folds(wildcards)
    return [f"{RUN}/refit/{wildcards.model}/labels-0.npz"]


rule refit_kernels:
    """Gram matrices of the refit and its search, with the people to be scored as further rows."""
    input:
        people=table_of(DISCOVERY),
        others=other_tables,
        splits=rules.splits.output[0],
        features=discovery_matrix,
        other_features=other_matrices,
    output:
        temp(f"{RUN}/kernels/{{model}}/refit.npz"),
    log:
        f"{RUN}/logs/refit_kernels_{{model}}.log",
    params:
        config=model_config,
        code=source_hash(["resampling", "confounds"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Gram matrices of {wildcards.model}, refit on all discovery people"
    script:
        "../scripts/refit_kernels.py"


rule refit:
    """Search and fit on all discovery people, for observed and permuted labels."""
    input:
        people=table_of(DISCOVERY),
        splits=rules.splits.output[0],
        kernels=rules.refit_kernels.output[0],
    output:
        f"{RUN}/refit/{{model}}/labels-{{labels}}.npz",
    log:
        f"{RUN}/logs/refit_{{model}}_{{labels}}.log",
    params:
        config=model_config,
        blocks=refit_blocks,
        code=source_hash(["resampling"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Refit of {wildcards.model} on all discovery people: labellings, part {wildcards.labels} (last: {LAST_LABELS})"
    script:
        "../scripts/refit.py"


rule freeze:
    """Write the frozen model and the hash of its parameters."""
    input:
        people=table_of(DISCOVERY),
        features=discovery_matrix,
        fitted=frozen_from,
    output:
        npz=f"{RUN}/models/{{model}}.npz",
        json=f"{RUN}/models/{{model}}.json",
    log:
        f"{RUN}/logs/freeze_{{model}}.log",
    params:
        config=model_config,
        outcome=section("outcome", "external", "features"),
        code=source_hash(["frozen"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Freezing {wildcards.model}"
    script:
        "../scripts/freeze.py"


rule score:
    """Decision values of the frozen model in the other cohorts; no label is read."""
    input:
        npz=rules.freeze.output.npz,
        json=rules.freeze.output.json,
        people=other_tables,
        features=other_matrices,
    output:
        f"{RUN}/scores/{{model}}.tsv",
    log:
        f"{RUN}/logs/score_{{model}}.log",
    params:
        cohorts=OTHERS,
        config=section("confounds"),
        code=source_hash(["frozen"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Scoring the other cohorts with the frozen {wildcards.model}"
    script:
        "../scripts/score.py"
