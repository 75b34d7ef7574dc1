# What is checked of the user's files. Mistakes end the run before its first job (common.smk).


rule input_warnings:
    """What weakens the result from the start: few people, few permutations, empty columns."""
    input:
        people=[described_people(name) for name in COHORTS],
        tables=tables_of_warnings,
    output:
        run_table("input_warnings"),
    log:
        log_of("input_warnings"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=input_warnings_config,
        contents=contents_of(tables_of_warnings),
        cohorts=COHORTS,
        code=code_of("preflight/input_warnings"),
    message:
        "Warnings about people and configuration"
    script:
        "../scripts/preflight/input_warnings.py"
