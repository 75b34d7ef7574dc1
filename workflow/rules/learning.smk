# Splits, Gram matrices, repeated nested cross-validation under the observed and permuted labels.


rule splits:
    """Draw all splits of the run, once for all models, and after the scans have been measured.

    Scans that cannot be analysed together end the run before a model is fitted, and features that
    separate the classes are told before. Nothing is read of either, so that measuring the scans
    anew draws nothing again.
    """
    input:
        people=people_table(DISCOVERY),
        measured=ancient(run_table("qc")),
        told=ancient(separating_table()),
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
        f"Splits: outer {SCHEME['outer']}, inner {SCHEME['inner']}"
    script:
        "../scripts/learning/splits.py"


rule prepare:
    """Gram matrices of every training set of some outer folds, in one pass over the features.

    Nothing here depends on labels. The refit on all discovery people is one outer fold, with the
    people to be scored as further rows.
    """
    input:
        people=people_table(DISCOVERY),
        others=other_tables_of_job,
        splits=rules.splits.output[0],
        features=matrices_of_job,
    output:
        temp(gram_matrices()),
    log:
        log_of("prepare", "model", "folds"),
    benchmark:
        benchmark_of("prepare", "model", "folds")
    wildcard_constraints:
        model=pattern_of(PREPARED),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=prepare_mb,
        runtime=prepare_minutes,
    params:
        config=model_config,
        folds=fold_batch,
        code=code_of("learning/prepare"),
    message:
        "Gram matrices of {wildcards.model}: outer folds, part {wildcards.folds}"
    script:
        "../scripts/learning/prepare.py"


rule cross_validate:
    """Observed and permuted labels through some outer folds, or the refit, with a search in each.

    A learner starts from what it has prepared or, where it prepares nothing, from the features. Redrawn
    folds are drawn in the job; it depends on the splits all the same, whose rule says in one line
    where the people are too few for the folds.
    """
    input:
        people=people_table(DISCOVERY),
        others=other_tables_of_job,
        splits=rules.splits.output[0],
        prepared=prepared,
        features=matrices_of_fits,
    output:
        fold_job(),
    log:
        log_of("cross_validate", "model", "folds", "labels"),
    benchmark:
        benchmark_of("cross_validate", "model", "folds", "labels")
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=cross_validate_mb,
        runtime=cross_validate_minutes,
    params:
        config=model_config,
        folds=fold_batch,
        redrawn=are_redrawn,
        blocks=label_blocks,
        code=code_of("learning/cross_validate"),
    message:
        "Nested cross-validation of {wildcards.model}: outer folds, part {wildcards.folds}; labellings, part {wildcards.labels}"
    script:
        "../scripts/learning/cross_validate.py"


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
    """Cross-validate models of clinic and scans, residuals of the scans permuted."""
    input:
        people=people_table(DISCOVERY),
        splits=rules.splits.output[0],
        sets=sets_of_model,
    output:
        permuted_scans_job(),
    log:
        log_of("permuted_scans", "model", "part"),
    benchmark:
        benchmark_of("permuted_scans", "model", "part")
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
        "Residuals of the scans of {wildcards.model} permuted between people: part {wildcards.part}"
    script:
        "../scripts/learning/permuted_scans.py"


if CONTROLLED:

    rule confound_control_fits:
        """The model without the removal of confounds, and with features shuffled before it."""
        input:
            people=people_table(DISCOVERY),
            splits=rules.splits.output[0],
            features=discovery_matrix,
        output:
            confound_control_fits(),
        log:
            log_of("confound_control_fits", "model"),
        benchmark:
            benchmark_of("confound_control_fits", "model")
        wildcard_constraints:
            model=pattern_of(CONTROLLED),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=control_mb,
            runtime=control_minutes,
        params:
            config=model_config,
            code=code_of("learning/confound_control_fits"),
        message:
            "Controls of the removal of confounds from {wildcards.model}"
        script:
            "../scripts/learning/confound_control_fits.py"


if TRANSPORT:

    rule transport_fits:
        """The procedure learned from each external cohort in turn, and its scores elsewhere."""
        input:
            people=[people_table(name) for name in LEARNED],
            features=learned_matrices,
        output:
            transport_scores(),
        log:
            log_of("transport_fits", "model"),
        benchmark:
            benchmark_of("transport_fits", "model")
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=transport_mb,
        params:
            config=model_config,
            cohorts=LEARNED,
            least=CONFIG["min_class_size"],
            code=code_of("learning/transport_fits"),
        message:
            "Learning {wildcards.model} from every external cohort"
        script:
            "../scripts/learning/transport_fits.py"


if STABLE:

    rule stability_fits:
        """Refits on resampled people, and cross-validation with other seeds, observed labels only."""
        input:
            people=people_table(DISCOVERY),
            features=discovery_matrix,
        output:
            resamples=resample_scores(),
            seeds=seed_decisions(),
        log:
            log_of("stability_fits", "model"),
        benchmark:
            benchmark_of("stability_fits", "model")
        wildcard_constraints:
            model=pattern_of(STABLE),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=stability_mb,
            runtime=stability_minutes,
        params:
            config=stability_config,
            code=code_of("learning/stability_fits"),
        message:
            "Refits of {wildcards.model} on resampled people, and other seeds"
        script:
            "../scripts/learning/stability_fits.py"


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
        benchmark:
            benchmark_of("learning_curve", "model", "part")
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
