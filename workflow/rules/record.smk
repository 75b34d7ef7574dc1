# What the run came from, and whether its files are still what was written (`snakemake verify`).


rule provenance:
    """Describe software, configuration, inputs and results for machines, as an RO-Crate."""
    input:
        people=[people_table(name) for name in COHORTS],
        inputs=run_table("inputs"),
        report=rules.report_page.output,
        shown=list(rules.report_page.input),
        results=files_of_modules(),
        own=files_of_the_user,
    output:
        crate=crate(),
        workflow=crate_workflow(),
    log:
        log_of("provenance"),
    conda:
        ENVIRONMENT
    params:
        config=titled_section(*(key for key in CONFIG if key != "batch")),
        workflow=lambda wildcards: entry_of_the_workflow(),
        source=code_of(*sorted(HASHED_SCRIPTS), modules=sorted(HASHED_MODULES)),
        cohorts=COHORTS,
        code=code_of("record/provenance"),
    message:
        "Record for machines: {output.crate}"
    script:
        "../scripts/record/provenance.py"


rule dataset_description:
    """Describe the run's folder as a derivative of BIDS."""
    output:
        *dataset_files(),
    log:
        log_of("dataset_description"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("run", "title", "cohorts"),
        code=code_of("record/dataset_description"),
    message:
        "Description of the folder"
    script:
        "../scripts/record/dataset_description.py"


rule estimates:
    """Compare the estimates of the plan with the measured times of its jobs; nothing is made."""
    log:
        log_of("estimates"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        jobs=planned_jobs,
        run=run_folder(),
    message:
        f"Estimated and measured times of {run_folder()}"
    script:
        "../scripts/record/estimates.py"


rule verify:
    """Compare every file of the run with its recorded SHA-256; nothing is made."""
    log:
        log_of("verify"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        temporary=["kernels"],
        outputs=patterns_of_outputs,
    message:
        f"Verifying the files in {run_folder()}"
    script:
        "../scripts/record/verify.py"
