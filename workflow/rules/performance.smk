# Predictions, metrics, permutation tests.


def all_jobs(wildcards):
    """Every job of a model's cross-validation."""
    return expand(
        f"{RUN}/crossval/{wildcards.model}/folds-{{folds}}_labels-{{labels}}.npz",
        folds=range(len(FOLD_BATCHES)),
        labels=range(len(LABEL_BATCHES)),
    )


def all_refits(wildcards):
    """Every refit job of a model."""
    return expand(
        f"{RUN}/refit/{wildcards.model}/labels-{{labels}}.npz", labels=range(len(REFIT_BATCHES))
    )


rule performance:
    """Predictions, metrics with intervals over people, and permutation tests of one model."""
    input:
        people=[table_of(name) for name in COHORTS],
        jobs=all_jobs,
        refits=all_refits,
        scores=rules.score.output[0],
    output:
        predictions=f"{RUN}/performance/{{model}}_predictions.tsv",
        performance=f"{RUN}/performance/{{model}}_performance.tsv",
        null=f"{RUN}/performance/{{model}}_null.tsv",
        warnings=f"{RUN}/performance/{{model}}_warnings.tsv",
    log:
        f"{RUN}/logs/performance_{{model}}.log",
    params:
        config=model_config,
        cohorts=section("cohorts", "external", "min_class_size"),
        names=COHORTS,
        code=source_hash(["predictions"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Performance of {wildcards.model}"
    script:
        "../scripts/performance.py"


rule tables:
    """Put the tables of all models together."""
    input:
        expand(f"{RUN}/performance/{{model}}_{{{{table}}}}.tsv", model=MODELS),
    output:
        f"{RUN}/{{table}}.tsv",
    log:
        f"{RUN}/logs/tables_{{table}}.log",
    wildcard_constraints:
        table="predictions|performance|null|warnings",
    params:
        code=source_hash(["tables"]),
    conda:
        ENVIRONMENT
    message:
        "Table of all models: {wildcards.table}"
    script:
        "../scripts/tables.py"
