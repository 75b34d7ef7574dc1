# Who is analysed, with which outcome, and how good their scans are.

# Whether a rule of quality control decides who is analysed: then scans are measured before.
QUALITY_RULES = CONFIG["quality_control"]["exclude"]


rule quality_control:
    """Measure the scan of everybody who could be analysed; no label is read."""
    input:
        cohort_inputs,
    output:
        f"{RUN}/qc.tsv",
    log:
        f"{RUN}/logs/quality_control.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        runtime=quality_minutes,
    params:
        config=quality_config,
        code=code_of("features/quality_control"),
    message:
        "Quality of the scans of all cohorts"
    script:
        "../scripts/features/quality_control.py"


rule cohorts:
    """Derive the outcome, exclude who is incomplete, list the reasons."""
    input:
        cohort_inputs,
        quality=rules.quality_control.output if QUALITY_RULES else [],
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
        code=code_of("people/cohorts"),
    message:
        "Cohorts: who is analysed, and with which outcome"
    script:
        "../scripts/people/cohorts.py"
