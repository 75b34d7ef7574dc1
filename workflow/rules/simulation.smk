# The demo's simulated trial; nothing here where the data are real.

if "simulation" in CONFIG:
    STUDY = CONFIG["simulation"]["directory"]

    rule simulate_cohort:
        """Write maps, tables and scores of one simulated cohort, as a real study has them."""
        output:
            participants=local(f"{STUDY}/{{cohort}}/participants.tsv"),
            scores=local(f"{STUDY}/{{cohort}}/scores.tsv"),
            description=local(f"{STUDY}/{{cohort}}/dataset_description.json"),
            derivatives=directory(local(f"{STUDY}/{{cohort}}/derivatives")),
        log:
            f"{RUN}/logs/simulate_{{cohort}}.log",
        conda:
            ENVIRONMENT
        params:
            simulation=CONFIG["simulation"],
            code=code_of("simulation/simulate_cohort"),
        message:
            "Simulating {wildcards.cohort}"
        script:
            "../scripts/simulation/simulate_cohort.py"

    rule planted:
        """What was planted, region by region and voxel by voxel."""
        output:
            table=f"{RUN}/simulation/planted.tsv",
            image=f"{RUN}/simulation/planted.nii.gz",
        log:
            f"{RUN}/logs/planted.log",
        conda:
            ENVIRONMENT
        params:
            simulation=CONFIG["simulation"],
            code=code_of("simulation/planted"),
        message:
            "Writing down what was planted"
        script:
            "../scripts/simulation/planted.py"
