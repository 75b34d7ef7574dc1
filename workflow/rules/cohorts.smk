# Who is analysed, with which outcome.


rule cohorts:
    """Derive the outcome, exclude who is incomplete, list the reasons."""
    input:
        cohort_inputs,
    output:
        people=expand(f"{RUN}/cohorts/{{cohort}}.tsv", cohort=COHORTS),
        exclusions=f"{RUN}/exclusions.tsv",
        flow=f"{RUN}/flow.tsv",
    log:
        f"{RUN}/logs/cohorts.log",
    conda:
        ENVIRONMENT
    params:
        config=cohort_config,
        code=code_of("cohorts"),
    message:
        "Cohorts: who is analysed, and with which outcome"
    script:
        "../scripts/cohorts.py"
