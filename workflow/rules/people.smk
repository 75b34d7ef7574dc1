# Who is analysed, and with which outcome.


# Whether a rule of quality control decides who is analysed: then scans are measured before.
QUALITY_RULES = CONFIG["quality_control"]["exclude"]


if READ_INPUTS:

    rule read_inputs:
        """Put what was read from folders and tables of programs among the tables of the run.

        The main process has read them and told what is wrong with them; a simulated trial is read here.
        """
        input:
            inputs_to_read,
        output:
            sorted(READ_INPUTS),
        log:
            log_of("read_inputs"),
        localrule: True
        conda:
            ENVIRONMENT
        params:
            config=reading_config,
            folder=inputs_folder,
            code=code_of("people/read_inputs"),
        message:
            "Folders and tables of programs"
        script:
            "../scripts/people/read_inputs.py"


rule cohorts:
    """Derive the outcome, exclude who is incomplete, list the reasons."""
    input:
        cohort_inputs,
        quality=run_table("qc") if QUALITY_RULES else [],
    output:
        people=expand(people_table(), cohort=COHORTS),
        exclusions=run_table("exclusions"),
        flow=run_table("flow"),
    log:
        log_of("cohorts"),
    conda:
        ENVIRONMENT
    params:
        config=cohort_config,
        cohorts=COHORTS,
        contents=contents_of(cohort_inputs),
        code=code_of("people/cohorts"),
    message:
        "Cohorts: who is analysed, and with which outcome"
    script:
        "../scripts/people/cohorts.py"


rule inputs:
    """Who was read from which file, made by which program and version, with its hash."""
    input:
        files_of_cohorts,
        people=[people_table(name) for name in COHORTS],
    output:
        inputs=run_table("inputs"),
        summary=run_table("inputs_summary"),
    log:
        log_of("inputs"),
    conda:
        ENVIRONMENT
    params:
        config=quality_config,
        cohorts=COHORTS,
        code=code_of("people/inputs"),
    message:
        "Files, programs and versions"
    script:
        "../scripts/people/inputs.py"


rule described_people:
    """Columns of subgroups and the like, which no model reads, beside what models read."""
    input:
        people=[people_table(name) for name in COHORTS],
        participants=participants_tables,
    output:
        people=expand(described_people(), cohort=COHORTS),
    log:
        log_of("described_people"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=described_config,
        cohorts=COHORTS,
        contents=contents_of(participants_tables),
        code=code_of("people/described_people"),
    message:
        "Columns by which people are described"
    script:
        "../scripts/people/described_people.py"


rule characteristics:
    """Who the analysed people are, by cohort and class."""
    input:
        people=[described_people(name) for name in COHORTS],
    output:
        run_table("characteristics"),
    log:
        log_of("characteristics"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section(
            *("cohorts", "models", "features", "confounds"),
            *("outcome", "subgroups", "min_class_size"),
        ),
        cohorts=COHORTS,
        code=code_of("people/characteristics"),
    message:
        "Characteristics of the analysed people"
    script:
        "../scripts/people/characteristics.py"
