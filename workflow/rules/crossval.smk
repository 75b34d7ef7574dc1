# Splits, Gram matrices, repeated nested cross-validation of all labellings.


rule splits:
    """Draw all splits of the run, once for all models."""
    input:
        people=table_of(DISCOVERY),
    output:
        f"{RUN}/splits.tsv",
    log:
        f"{RUN}/logs/splits.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("seed", "cross_validation"),
        code=code_of("learning/splits"),
    message:
        f"Splits: {SCHEME['outer']}, {SCHEME['inner_folds']} inner folds"
    script:
        "../scripts/learning/splits.py"


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
        wildcard_constraints:
            model=pattern_of(BUILT_IN),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=kernels_mb,
            runtime=kernels_minutes,
        params:
            config=model_config,
            folds=fold_batch,
            code=code_of("learning/kernels"),
        message:
            "Gram matrices of {wildcards.model}: outer folds, part {wildcards.folds}"
        script:
            "../scripts/learning/kernels.py"

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
        wildcard_constraints:
            model=pattern_of(BUILT_IN),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=nested_cv_mb,
            runtime=nested_cv_minutes,
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=code_of("learning/nested_cv"),
        message:
            "Nested cross-validation of {wildcards.model}: outer folds, part {wildcards.folds}; labellings, part {wildcards.labels}"
        script:
            "../scripts/learning/nested_cv.py"

    rule nested_cv_estimator:
        """The same with a classifier of scikit-learn, one fit at a time."""
        input:
            people=table_of(DISCOVERY),
            splits=rules.splits.output[0],
            features=discovery_matrix,
        output:
            f"{RUN}/crossval/{{model}}/folds-{{folds}}_labels-{{labels}}.npz",
        log:
            f"{RUN}/logs/nested_cv_{{model}}_{{folds}}_{{labels}}.log",
        wildcard_constraints:
            model=pattern_of(ESTIMATORS),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=estimator_mb,
            runtime=estimator_minutes,
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=code_of("learning/nested_cv_estimator"),
        message:
            "Nested cross-validation of {wildcards.model}: outer folds, part {wildcards.folds}; labellings, part {wildcards.labels}"
        script:
            "../scripts/learning/nested_cv_estimator.py"

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
        wildcard_constraints:
            model=pattern_of(BUILT_IN),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=redrawn_mb,
            runtime=redrawn_minutes,
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=code_of("learning/nested_cv_redrawn"),
        message:
            "Nested cross-validation of {wildcards.model}, folds redrawn: outer folds, part {wildcards.folds}; labellings, part {wildcards.labels}"
        script:
            "../scripts/learning/nested_cv_redrawn.py"

    rule nested_cv_estimator_redrawn:
        """The same with a classifier of scikit-learn, one fit at a time."""
        input:
            people=table_of(DISCOVERY),
            features=discovery_matrix,
        output:
            f"{RUN}/crossval/{{model}}/folds-{{folds}}_labels-{{labels}}.npz",
        log:
            f"{RUN}/logs/nested_cv_{{model}}_{{folds}}_{{labels}}.log",
        wildcard_constraints:
            model=pattern_of(ESTIMATORS),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=estimator_mb,
            runtime=estimator_minutes,
        params:
            config=model_config,
            folds=fold_batch,
            blocks=label_blocks,
            code=code_of("learning/nested_cv_estimator_redrawn"),
        message:
            "Nested cross-validation of {wildcards.model}, folds redrawn: outer folds, part {wildcards.folds}; labellings, part {wildcards.labels}"
        script:
            "../scripts/learning/nested_cv_estimator_redrawn.py"
