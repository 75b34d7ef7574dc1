# From decision values to tables: performance, comparisons, usefulness, is it the drug, how far
# the sample carries.


rule performance:
    """Predictions, metrics with intervals over people, and permutation tests.

    One job is for a model, a stack or a baseline. Stacks and baselines have no decision rules, so
    that this table of theirs is empty.
    """
    input:
        people=[people_table(name) for name in COHORTS],
        decisions=decisions_file(),
        scores=frozen_scores(),
        frozen=frozen_model_of,
    output:
        predictions=model_table("predictions"),
        performance=model_table("performance"),
        null=model_table("null"),
        decision_rules=model_table("decision_rules"),
        warnings=model_table("warnings"),
    log:
        log_of("performance", "model"),
    benchmark:
        benchmark_of("performance", "model")
    wildcard_constraints:
        model=pattern_of([*MODELS, *STACKS, *BASELINES]),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section(
            *("seed", "cross_validation", "permutation", "cohorts", "min_class_size"),
            "operating_points",
        ),
        confounds=confounds_of_baseline,
        cohorts=COHORTS,
        code=code_of("evaluation/performance"),
    message:
        "Performance of {wildcards.model}"
    script:
        "../scripts/evaluation/performance.py"


rule numbers:
    """What a model or stack adds to baseline and confounds where the outcome is a number, and the total."""
    input:
        people=[people_table(name) for name in COHORTS],
        decisions=decisions_file(),
        scores=frozen_scores(),
    output:
        **{name: model_table(f"numbers_{name}") for name in NUMBER_TABLES},
    log:
        log_of("numbers", "model"),
    benchmark:
        benchmark_of("numbers", "model")
    wildcard_constraints:
        model=pattern_of([*MODELS, *STACKS]),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=numbers_config,
        cohorts=COHORTS,
        code=code_of("evaluation/numbers"),
    message:
        "Predicted numbers of {wildcards.model}"
    script:
        "../scripts/evaluation/numbers.py"


rule number_comparisons:
    """Differences between models of numbers on the same people."""
    input:
        predictions=[model_table("numbers_predictions", model) for model in (*MODELS, *STACKS)],
        decisions=[decisions_file(model) for model in (*MODELS, *STACKS)],
        people=people_table(DISCOVERY),
    output:
        run_table("numbers_comparisons"),
    log:
        log_of("number_comparisons"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=decisions_mb,
    params:
        config=section("cohorts"),
        pairs=PAIRS,
        code=code_of("evaluation/number_comparisons"),
    message:
        "Comparisons of models of numbers"
    script:
        "../scripts/evaluation/number_comparisons.py"


rule baseline:
    """What a model must beat, on the same splits and labellings: confounds, quality, the larger class."""
    input:
        people=[people_table(name) for name in COHORTS],
    output:
        decisions=decisions_file("{baseline}"),
        scores=frozen_scores("{baseline}"),
    log:
        log_of("baseline", "baseline"),
    wildcard_constraints:
        baseline=pattern_of(BASELINES),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section("seed", "cross_validation", "permutation", "confounds"),
        confounds=columns_of_baseline,
        cohorts=COHORTS,
        code=code_of("evaluation/baseline"),
    message:
        "Decision values of the baseline {wildcards.baseline}"
    script:
        "../scripts/evaluation/baseline.py"


rule subgroups:
    """Metrics of one model by sex, age, site and the like."""
    input:
        people=[described_people(name) for name in COHORTS],
        decisions=decisions_file(),
        scores=frozen_scores(),
    output:
        model_table("subgroups"),
    log:
        log_of("subgroups", "model"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section("cohorts", "subgroups", "min_class_size", "cross_validation"),
        cohorts=COHORTS,
        code=code_of("evaluation/subgroups"),
    message:
        "Subgroups, {wildcards.model}"
    script:
        "../scripts/evaluation/subgroups.py"


rule usefulness:
    """Calibration of a model's probabilities, operating points, decision curves, counts."""
    input:
        predictions=rules.performance.output.predictions,
        rules=rules.performance.output.decision_rules,
        performance=rules.performance.output.performance,
    output:
        calibration=model_table("calibration"),
        decision_curve=model_table("decision_curve"),
        operating_points=model_table("operating_points"),
        threshold_counts=model_table("threshold_counts"),
    log:
        log_of("usefulness", "model"),
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


rule comparisons:
    """Differences between models on the same people."""
    input:
        predictions=[model_table("predictions", name) for name in COMPARED],
        decisions=[decisions_file(name) for name in COMPARED],
        people=people_table(DISCOVERY),
        permuted_scans=permuted_scans_of_models,
    output:
        run_table("comparisons"),
    log:
        log_of("comparisons"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=decisions_mb,
    params:
        config=section("seed", "min_class_size", "cohorts"),
        pairs=PAIRS,
        compared=COMPARED,
        added=ADDED,
        n_parts=len(SCAN_BATCHES),
        code=code_of("evaluation/comparisons"),
    message:
        "Comparisons of models"
    script:
        "../scripts/evaluation/comparisons.py"


rule specificity:
    """Differences, their permutation test and power, and interactions of every model."""
    input:
        predictions=run_table("predictions"),
        people=[described_people(name) for name in COHORTS],
    output:
        run_table("specificity"),
    log:
        log_of("specificity"),
    benchmark:
        benchmark_of("specificity")
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section(
            *("seed", "cohorts", "models", "permutation", "specificity", "min_class_size")
        ),
        cohorts=COHORTS,
        code=code_of("evaluation/specificity"),
    message:
        "Specificity of the treatment: external against control cohorts"
    script:
        "../scripts/evaluation/specificity.py"


rule precision:
    """What chance gives at each cohort's size, and how many people a narrow interval takes.

    `null_summary` has the mean under permutation of every number that was tested, and how many
    permutations reached it.
    """
    input:
        performance=run_table("performance"),
        null=run_table("null"),
    output:
        precision=run_table("precision"),
        null_summary=run_table("null_summary"),
    log:
        log_of("precision"),
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


rule verdict:
    """Five questions and what the tables answer, and what becomes of 100 people."""
    input:
        performance=run_table("performance"),
        comparisons=run_table("comparisons"),
        specificity=run_table("specificity"),
        subgroups=run_table("subgroups"),
        operating_points=run_table("operating_points"),
    output:
        verdict=run_table("verdict"),
        natural_frequencies=run_table("natural_frequencies"),
    log:
        log_of("verdict"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("cohorts", "features", "models", "primary_model", "verdict"),
        code=code_of("evaluation/verdict"),
    message:
        "Answers to the questions of the first screen"
    script:
        "../scripts/evaluation/verdict.py"


rule leakage:
    """What the run proves about leakage, and what it measures that leakage would move."""
    input:
        splits=run_table("splits"),
        people=[people_table(cohort) for cohort in COHORTS],
        qc=run_table("qc") if CLASSES else [],
        null=run_table("null") if CLASSES else [],
        controls=run_table("confound_controls") if CONTROLLED else [],
        numbers_null=[] if CLASSES else run_table("numbers_null"),
    output:
        run_table("leakage"),
    log:
        log_of("leakage"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section("cohorts", "cross_validation", "permutation"),
        code=code_of("evaluation/leakage"),
    message:
        "Certificate against leakage"
    script:
        "../scripts/evaluation/leakage.py"


if CURVES:

    rule learning_curve:
        """Performance by number of people, paired with the performance of all people."""
        input:
            people=people_table(DISCOVERY),
            parts=curve_parts,
            decisions=decisions_file(),
            performance=model_table("performance"),
        output:
            model_table("learning_curve"),
        log:
            log_of("learning_curve", "model"),
        wildcard_constraints:
            model=pattern_of(CURVES),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            cohort=DISCOVERY,
            code=code_of("evaluation/learning_curve"),
        message:
            "Learning curve of {wildcards.model}"
        script:
            "../scripts/evaluation/learning_curve.py"

    use rule learning_curve as number_curve with:
        input:
            people=people_table(DISCOVERY),
            parts=curve_parts,
            decisions=decisions_file(),
            performance=model_table("numbers_performance"),
        output:
            model_table("numbers_curve"),
        log:
            log_of("number_curve", "model"),


if CONTROLLED:

    rule confound_controls:
        """What the removal of confounds puts into the features of a model, beside the model."""
        input:
            people=people_table(DISCOVERY),
            controls=confound_control_fits(),
            decisions=decisions_file(),
        output:
            model_table("confound_controls"),
        log:
            log_of("confound_controls", "model"),
        wildcard_constraints:
            model=pattern_of(CONTROLLED),
        localrule: True
        conda:
            ENVIRONMENT
        params:
            cohort=DISCOVERY,
            code=code_of("evaluation/confound_controls"),
        message:
            "Table of the controls of {wildcards.model}"
        script:
            "../scripts/evaluation/confound_controls.py"


if SITES:

    rule site_predictability:
        """Sites predicted from features, prepared features, decision values and the outcome."""
        input:
            people=described_people(DISCOVERY),
            splits=run_table("splits"),
            features=discovery_matrix,
            decisions=decisions_file(),
        output:
            model_table("site_predictability"),
        log:
            log_of("site_predictability", "model"),
        benchmark:
            benchmark_of("site_predictability", "model")
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=site_mb,
            runtime=site_minutes,
        params:
            config=site_config,
            code=code_of("evaluation/site_predictability"),
        message:
            "Is it the site? {wildcards.model}"
        script:
            "../scripts/evaluation/site_predictability.py"

    rule site_performance:
        """Metrics of one model at every site, their heterogeneity, and what a new site may have."""
        input:
            people=[described_people(name) for name in COHORTS],
            decisions=decisions_file(),
            scores=frozen_scores(),
        output:
            performance=model_table("site_performance"),
            spread=model_table("site_spread"),
        log:
            log_of("site_performance", "model"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            config=section("cohorts", "sites", "min_class_size", "cross_validation"),
            cohorts=COHORTS,
            code=code_of("evaluation/site_performance"),
        message:
            "Sites, {wildcards.model}"
        script:
            "../scripts/evaluation/site_performance.py"


if TRANSPORT:

    rule transport:
        """Performance by the cohort that was learned from and the cohort that was scored."""
        input:
            people=[people_table(name) for name in LEARNED],
            scores=transport_scores(),
            performance=model_table("performance"),
        output:
            model_table("transport"),
        log:
            log_of("transport", "model"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            config=section("seed", "permutation", "cross_validation", "min_class_size"),
            cohorts=LEARNED,
            code=code_of("evaluation/transport"),
        message:
            "Who learned where, {wildcards.model}"
        script:
            "../scripts/evaluation/transport.py"


if STABLE:

    rule stability:
        """How far what is said of one person moves between refits, and the result between seeds."""
        input:
            people=people_table(DISCOVERY),
            resamples=resample_scores(),
            seeds=seed_decisions(),
        output:
            instability=model_table("instability"),
            seeds=model_table("other_seeds"),
        log:
            log_of("stability", "model"),
        wildcard_constraints:
            model=pattern_of(STABLE),
        localrule: True
        conda:
            ENVIRONMENT
        params:
            code=code_of("evaluation/stability"),
        message:
            "Stability of {wildcards.model}"
        script:
            "../scripts/evaluation/stability.py"


rule tables:
    """Put the tables of all models together."""
    input:
        tables_of_models,
    output:
        run_table(),
    log:
        log_of("tables", "table"),
    wildcard_constraints:
        table="|".join(
            [
                *("performance", "null", "warnings", "learning_curve", "roi_sets"),
                *("confound_controls", *OF_MODELS, *OF_STABILITY),
                *(f"numbers_{name}" for name in (*NUMBER_TABLES, "curve")),
            ]
        ),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("evaluation/tables"),
    message:
        "Table of all models: {wildcards.table}"
    script:
        "../scripts/evaluation/tables.py"
