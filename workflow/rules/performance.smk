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
    conda:
        ENVIRONMENT
    params:
        code=code_of("tables"),
    message:
        "Table of all models: {wildcards.table}"
    script:
        "../scripts/tables.py"
