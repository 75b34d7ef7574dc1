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
            log_of("simulate", "cohort"),
        benchmark:
            benchmark_of("simulate", "cohort")
        conda:
            ENVIRONMENT
        params:
            simulation=CONFIG["simulation"],
            lists=lists_of("neuromorphometrics"),
            code=code_of("simulation/simulate_cohort"),
        message:
            "Simulating {wildcards.cohort}"
        script:
            "../scripts/simulation/simulate_cohort.py"

    rule planted:
        """What was planted, region by region and voxel by voxel."""
        output:
            table=planted_table(),
            image=planted_image(),
        log:
            log_of("planted"),
        conda:
            ENVIRONMENT
        params:
            simulation=CONFIG["simulation"],
            lists=lists_of("neuromorphometrics"),
            code=code_of("simulation/planted"),
        message:
            "Writing down what was planted"
        script:
            "../scripts/simulation/planted.py"
