# A model that came in a folder, applied to people of other hospitals.


rule apply_model:
    """Scores of everybody by the model of a folder, after its made-up people; no label is read."""
    input:
        folder=folder_of_model,
        people=[people_table(name) for name in COHORTS],
        features=matrices_to_apply,
        record=sorted(path for path in READ_INPUTS if path.endswith("record.tsv")),
    output:
        scores=run_table("applied_scores"),
        checks=run_table("applied_checks"),
    log:
        log_of("apply_model"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=application_config,
        code=code_of("application/apply_model"),
    message:
        "Scores by the model of a folder"
    script:
        "../scripts/application/apply_model.py"


rule applied_performance:
    """Performance where labels are there, and whether the run is the one that was registered."""
    input:
        cohort_inputs,
        folder=folder_of_model,
        scores=run_table("applied_scores"),
        registration=registration_of_run,
    output:
        performance=run_table("applied_performance"),
        registration=run_table("applied_registration"),
    log:
        log_of("applied_performance"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=application_config,
        contents=contents_of(cohort_inputs),
        code=code_of("application/applied_performance"),
    message:
        "Performance of the applied model"
    script:
        "../scripts/application/applied_performance.py"


rule register:
    """Write hashes of model, plan and scores before labels are there (`snakemake register`)."""
    input:
        cohort_inputs,
        scores=run_table("applied_scores"),
    output:
        registration=registration_file(),
        date=registration_date(),
    log:
        log_of("register"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=application_config,
        contents=contents_of(cohort_inputs),
        code=code_of("application/register"),
    message:
        "Registration: {output.registration}"
    script:
        "../scripts/application/register.py"
