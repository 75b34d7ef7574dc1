# Predictions, metrics, permutation tests.


rule performance:
    """Predictions, metrics with intervals over people, and permutation tests of one model."""
    input:
        people=[table_of(name) for name in COHORTS],
        jobs=all_folds,
        refits=all_refits,
        scores=f"{RUN}/scores/{{model}}.tsv",
    output:
        predictions=f"{RUN}/performance/{{model}}_predictions.tsv",
        performance=f"{RUN}/performance/{{model}}_performance.tsv",
        null=f"{RUN}/performance/{{model}}_null.tsv",
        warnings=f"{RUN}/performance/{{model}}_warnings.tsv",
    log:
        f"{RUN}/logs/performance_{{model}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        cohorts=section("cohorts", "external", "min_class_size"),
        names=COHORTS,
        code=code_of("performance"),
    message:
        "Performance of {wildcards.model}"
    script:
        "../scripts/performance.py"


rule confounds_only:
    """What the confounds alone say of the outcome, on the same splits and labellings."""
    input:
        people=table_of(DISCOVERY),
    output:
        **{
            name: f"{RUN}/performance/{CONFOUNDS_ONLY}_{name}.tsv"
            for name in ("performance", "null", "warnings")
        },
    log:
        f"{RUN}/logs/performance_{CONFOUNDS_ONLY}.log",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section("seed", "cross_validation", "permutation", "min_class_size"),
        cohort=DISCOVERY,
        confounds=[c for model in CONFIG["models"].values() for c in model["confounds"]],
        code=code_of("confounds_only"),
    message:
        "Performance of the confounds alone"
    script:
        "../scripts/confounds_only.py"


rule tables:
    """Put the tables of all models together."""
    input:
        tables_of_models,
    output:
        f"{RUN}/{{table}}.tsv",
    log:
        f"{RUN}/logs/tables_{{table}}.log",
    wildcard_constraints:
        table="predictions|performance|null|warnings",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("tables"),
    message:
        "Table of all models: {wildcards.table}"
    script:
        "../scripts/tables.py"
