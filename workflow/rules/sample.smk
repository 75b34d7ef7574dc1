# How far the sample carries: the procedure on parts of the people, and the precision of figures.


if CURVES:

    rule learning_curve_parts:
        """The whole procedure on some parts of the discovery people, observed labels only."""
        input:
            people=table_of(DISCOVERY),
            features=discovery_matrix,
        output:
            f"{RUN}/learning_curve/{{model}}/parts-{{part}}.npz",
        log:
            f"{RUN}/logs/learning_curve_{{model}}_{{part}}.log",
        wildcard_constraints:
            model=pattern_of(CURVES),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=curve_mb,
            runtime=curve_minutes,
        params:
            config=model_config,
            curve=section("learning_curve", "min_class_size"),
            draws=curve_batch,
            code=code_of("learning/learning_curve_parts"),
        message:
            "Learning curve of {wildcards.model}, part {wildcards.part}"
        script:
            "../scripts/learning/learning_curve_parts.py"

    rule learning_curve:
        """Performance by number of people, paired with that of all of them."""
        input:
            people=table_of(DISCOVERY),
            parts=curve_parts,
            folds=observed_folds,
            performance=f"{RUN}/performance/{{model}}_performance.tsv",
        output:
            f"{RUN}/performance/{{model}}_learning_curve.tsv",
        log:
            f"{RUN}/logs/learning_curve_{{model}}.log",
        wildcard_constraints:
            model=pattern_of(CURVES),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            config=section("cross_validation"),
            cohort=DISCOVERY,
            code=code_of("evaluation/learning_curve"),
        message:
            "Learning curve of {wildcards.model}"
        script:
            "../scripts/evaluation/learning_curve.py"


rule precision:
    """What chance gives at each cohort's size, and how many people a narrow interval takes."""
    input:
        performance=f"{RUN}/performance.tsv",
        null=f"{RUN}/null.tsv",
    output:
        f"{RUN}/precision.tsv",
    log:
        f"{RUN}/logs/precision.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        models=MODELS,
        code=code_of("evaluation/precision"),
    message:
        "Precision of the figures"
    script:
        "../scripts/evaluation/precision.py"
