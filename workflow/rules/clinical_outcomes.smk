# What became of the scores themselves: rates, effect sizes, mixed models, times, missing data, items.


rule outcome_scores:
    """Read scores and treatments of everybody whom the cohorts' filters keep."""
    input:
        outcome_inputs,
    output:
        **outcome_outputs("scores"),
    log:
        log_of("outcome_scores"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=outcome_config,
        contents=contents_of(outcome_inputs),
        code=code_of("clinical_outcomes/scores"),
    message:
        "Scores and treatments"
    script:
        "../scripts/clinical_outcomes/scores.py"


rule outcome_rates:
    """Response and remission by visit, between arms and within people."""
    input:
        **outcome_outputs("scores"),
    output:
        **outcome_outputs("rates"),
    log:
        log_of("outcome_rates"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        section=CONFIG["clinical_outcomes"],
        part="rates",
        code=code_of("clinical_outcomes/part"),
    message:
        "Response and remission"
    script:
        "../scripts/clinical_outcomes/part.py"


rule outcome_effects:
    """Changes and their standardised sizes: within people, between arms, between treatments."""
    input:
        **outcome_outputs("scores"),
    output:
        **outcome_outputs("effects"),
    log:
        log_of("outcome_effects"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        section=CONFIG["clinical_outcomes"],
        part="effects",
        code=code_of("clinical_outcomes/part"),
    message:
        "Effect sizes"
    script:
        "../scripts/clinical_outcomes/part.py"


rule outcome_models:
    """Mixed models of repeated scores, and of a crossover its three analyses."""
    input:
        **outcome_outputs("scores"),
    output:
        **outcome_outputs("models"),
    log:
        log_of("outcome_models"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        section=CONFIG["clinical_outcomes"],
        part="models",
        code=code_of("clinical_outcomes/part"),
    message:
        "Mixed models"
    script:
        "../scripts/clinical_outcomes/part.py"


rule outcome_missing:
    """Who is missing, and between which bounds they leave the differences in rates."""
    input:
        **outcome_outputs("scores"),
    output:
        **outcome_outputs("missing"),
    log:
        log_of("outcome_missing"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        section=CONFIG["clinical_outcomes"],
        part="missing",
        code=code_of("clinical_outcomes/part"),
    message:
        "Missing scores"
    script:
        "../scripts/clinical_outcomes/part.py"


if "sensitivity" in OUTCOME_TABLES:

    rule outcome_sensitivity:
        """Differences between arms under other assumptions about who dropped out."""
        input:
            **outcome_outputs("scores"),
        output:
            **outcome_outputs("sensitivity"),
        log:
            log_of("outcome_sensitivity"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            section=CONFIG["clinical_outcomes"],
            part="sensitivity",
            code=code_of("clinical_outcomes/part"),
        message:
            "Assumptions about missing scores"
        script:
            "../scripts/clinical_outcomes/part.py"


if "times" in OUTCOME_TABLES:

    rule outcome_times:
        """Time to response, sustained response and relapse."""
        input:
            **outcome_outputs("scores"),
        output:
            **outcome_outputs("times"),
        log:
            log_of("outcome_times"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            section=CONFIG["clinical_outcomes"],
            part="times",
            code=code_of("clinical_outcomes/part"),
        message:
            "Times to response"
        script:
            "../scripts/clinical_outcomes/part.py"


if "items" in OUTCOME_TABLES:

    rule outcome_items:
        """Single items, with small counts hidden."""
        input:
            **outcome_outputs("scores"),
        output:
            **outcome_outputs("items"),
        log:
            log_of("outcome_items"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            section=CONFIG["clinical_outcomes"],
            part="items",
            code=code_of("clinical_outcomes/part"),
        message:
            "Items"
        script:
            "../scripts/clinical_outcomes/part.py"
