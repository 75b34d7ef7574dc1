# Predictions, metrics, permutation tests, comparisons of models, what the answers would bring.


rule performance:
    """Predictions, metrics with intervals over people, and permutation tests of one model."""
    input:
        people=[table_of(name) for name in COHORTS],
        jobs=all_folds,
        refits=all_refits,
        scores=f"{RUN}/scores/{{model}}.tsv",
        frozen=f"{RUN}/models/{{model}}.json",
    output:
        predictions=f"{RUN}/performance/{{model}}_predictions.tsv",
        performance=f"{RUN}/performance/{{model}}_performance.tsv",
        null=f"{RUN}/performance/{{model}}_null.tsv",
        decision_rules=f"{RUN}/performance/{{model}}_decision_rules.tsv",
        warnings=f"{RUN}/performance/{{model}}_warnings.tsv",
    log:
        f"{RUN}/logs/performance_{{model}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        cohorts=section("cohorts", "external", "min_class_size", "operating_points"),
        code=code_of("evaluation/performance"),
    message:
        "Performance of {wildcards.model}"
    script:
        "../scripts/evaluation/performance.py"


rule subgroups:
    """Metrics of one model by sex, age, site and the like."""
    input:
        people=[table_of(name) for name in COHORTS],
        jobs=all_folds,
        scores=f"{RUN}/scores/{{model}}.tsv",
    output:
        f"{RUN}/performance/{{model}}_subgroups.tsv",
    log:
        f"{RUN}/logs/subgroups_{{model}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        cohorts=section("cohorts", "subgroups", "min_class_size"),
        code=code_of("evaluation/subgroups"),
    message:
        "Subgroups, {wildcards.model}"
    script:
        "../scripts/evaluation/subgroups.py"


rule baseline:
    """What a model must beat, on the same splits and labellings: confounds, the larger class."""
    input:
        people=[table_of(name) for name in COHORTS],
    output:
        **{
            name: f"{RUN}/performance/{{baseline}}_{name}.tsv"
            for name in ("predictions", "performance", "null", "warnings")
        },
    log:
        f"{RUN}/logs/performance_{{baseline}}.log",
    wildcard_constraints:
        baseline="|".join(BASELINES),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section(
            *("seed", "cross_validation", "permutation", "confounds", "cohorts", "min_class_size")
        ),
        confounds=[c for model in CONFIG["models"].values() for c in model["confounds"]],
        code=code_of("evaluation/baseline"),
    message:
        "Performance of the baseline {wildcards.baseline}"
    script:
        "../scripts/evaluation/baseline.py"


rule usefulness:
    """Calibration of a model's probabilities, operating points, decision curves."""
    input:
        predictions=rules.performance.output.predictions,
        rules=rules.performance.output.decision_rules,
        performance=rules.performance.output.performance,
    output:
        calibration=f"{RUN}/performance/{{model}}_calibration.tsv",
        decision_curve=f"{RUN}/performance/{{model}}_decision_curve.tsv",
        operating_points=f"{RUN}/performance/{{model}}_operating_points.tsv",
    log:
        f"{RUN}/logs/usefulness_{{model}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("seed", "cohorts", "prevalence", "min_class_size"),
        code=code_of("evaluation/usefulness"),
    message:
        "Probabilities and operating points of {wildcards.model}"
    script:
        "../scripts/evaluation/usefulness.py"


rule freeze_stack:
    """Second level of a stack, from the refits of its models, and the hash of its parameters."""
    input:
        people=table_of(DISCOVERY),
        refits=stacked_refits,
        models=stacked_models,
    output:
        f"{RUN}/models/{{stack}}.json",
    log:
        f"{RUN}/logs/freeze_{{stack}}.log",
    wildcard_constraints:
        stack=pattern_of(STACKS),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        models=models_of_stack,
        code=code_of("models/freeze_stack"),
    message:
        "Freezing the stack {wildcards.stack}"
    script:
        "../scripts/models/freeze_stack.py"


rule stack:
    """Predictions and metrics of a stack, cross-validated and frozen."""
    input:
        people=[table_of(name) for name in COHORTS],
        folds=stacked_folds,
        frozen=rules.freeze_stack.output[0],
        scores=stacked_scores,
    output:
        **{
            name: f"{RUN}/performance/{{stack}}_{name}.tsv"
            for name in ("predictions", "performance", "null", "warnings")
        },
    log:
        f"{RUN}/logs/performance_{{stack}}.log",
    wildcard_constraints:
        stack=pattern_of(STACKS),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section("seed", "cross_validation", "permutation", "cohorts", "min_class_size"),
        code=code_of("models/stack"),
    message:
        "Performance of the stack {wildcards.stack}"
    script:
        "../scripts/models/stack.py"


rule tables:
    """Put the tables of all models together."""
    input:
        tables_of_models,
    output:
        f"{RUN}/{{table}}.tsv",
    log:
        f"{RUN}/logs/tables_{{table}}.log",
    wildcard_constraints:
        table="|".join(["performance", "null", "warnings", "learning_curve", *OF_MODELS]),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("evaluation/tables"),
    message:
        "Table of all models: {wildcards.table}"
    script:
        "../scripts/evaluation/tables.py"


rule permuted_scans:
    """Clinic and scans, the scans being those of other people."""
    input:
        people=table_of(DISCOVERY),
        splits=rules.splits.output[0],
        sets=sets_of_model,
    output:
        f"{RUN}/permuted_scans/{{model}}/{{part}}.npz",
    log:
        f"{RUN}/logs/permuted_scans_{{model}}_{{part}}.log",
    wildcard_constraints:
        model=pattern_of(ADDED),
        part=r"\d+",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        clinical=clinical_sets_of_model,
        permutations=scan_permutations,
        code=code_of("learning/permuted_scans"),
    message:
        "Scans of {wildcards.model} permuted between people: part {wildcards.part}"
    script:
        "../scripts/learning/permuted_scans.py"


rule comparisons:
    """Differences between models on the same people."""
    input:
        predictions=compared_predictions,
        permuted_scans=permuted_scans_of_models,
    output:
        f"{RUN}/comparisons.tsv",
    log:
        f"{RUN}/logs/comparisons.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("seed", "min_class_size", "cohorts"),
        pairs=PAIRS,
        added=ADDED,
        code=code_of("evaluation/comparisons"),
    message:
        "Comparisons of models"
    script:
        "../scripts/evaluation/comparisons.py"
