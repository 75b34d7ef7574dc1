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


for part in [part for part in OUTCOME_PARTS if part in OUTCOME_TABLES]:

    rule:
        """A part of the analysis, see `OUTCOME_PARTS` in `config/clinical_outcomes.py`."""
        name:
            f"outcome_{part}"
        input:
            **outcome_outputs("scores"),
        output:
            **outcome_outputs(part),
        log:
            log_of(f"outcome_{part}"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            section=CONFIG["clinical_outcomes"],
            part=part,
            code=code_of("clinical_outcomes/part"),
        message:
            OUTCOME_PARTS[part]
        script:
            "../scripts/clinical_outcomes/part.py"
