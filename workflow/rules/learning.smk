# Splits, Gram matrices, repeated nested cross-validation of all labellings.


rule splits:
    """Draw all splits of the run, once for all models."""
    input:
        people=people_table(DISCOVERY),
    output:
        run_table("splits"),
    log:
        log_of("splits"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("seed", "cross_validation"),
        check=feasibility_config,
        code=code_of("learning/splits"),
    message:
        f"Splits: {SCHEME['outer']}, {SCHEME['inner_folds']} inner folds"
    script:
        "../scripts/learning/splits.py"


if SCHEME["scheme"] == "label_blind":

    rule kernels:
        """Gram matrices of every training set of some outer folds, in one pass."""
        input:
            people=people_table(DISCOVERY),
            splits=rules.splits.output[0],
            features=discovery_matrix,
        output:
            temp(gram_matrices()),
        log:
            log_of("kernels", "model", "folds"),
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
            people=people_table(DISCOVERY),
            splits=rules.splits.output[0],
            kernels=rules.kernels.output[0],
        output:
            fold_job(),
        log:
            log_of("nested_cv", "model", "folds", "labels"),
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
            people=people_table(DISCOVERY),
            splits=rules.splits.output[0],
            features=discovery_matrix,
        output:
            fold_job(),
        log:
            log_of("nested_cv", "model", "folds", "labels"),
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
            people=people_table(DISCOVERY),
            features=discovery_matrix,
        output:
            fold_job(),
        log:
            log_of("nested_cv", "model", "folds", "labels"),
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
            people=people_table(DISCOVERY),
            features=discovery_matrix,
        output:
            fold_job(),
        log:
            log_of("nested_cv", "model", "folds", "labels"),
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


rule decisions:
    """Join the decision values of all jobs of a model, with labels, folds and what they chose."""
    input:
        jobs=all_folds,
        refits=all_refits,
    output:
        decisions_file(),
    log:
        log_of("decisions", "model"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=decisions_mb,
    params:
        config=model_config,
        external=section("external"),
        code=code_of("learning/decisions"),
    message:
        "Decision values of {wildcards.model}"
    script:
        "../scripts/learning/decisions.py"


rule permuted_scans:
    """Clinic and scans, the scans being those of other people."""
    input:
        people=people_table(DISCOVERY),
        splits=rules.splits.output[0],
        sets=sets_of_model,
    output:
        permuted_scans_job(),
    log:
        log_of("permuted_scans", "model", "part"),
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


if CURVES:

    rule learning_curve_parts:
        """The whole procedure on some parts of the discovery people, observed labels only."""
        input:
            people=people_table(DISCOVERY),
            features=discovery_matrix,
        output:
            curve_job(),
        log:
            log_of("learning_curve", "model", "part"),
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
