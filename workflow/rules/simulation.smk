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


if "simulation" in (CONFIG["belief"] or {}):

    rule simulate_beliefs:
        """Write participants, scores and trials of a simulated study, and what was planted."""
        output:
            **simulated_beliefs(),
        log:
            log_of("simulate_beliefs"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            simulation=sizes_of_simulation("belief"),
            directory=CONFIG["belief"]["simulation"]["directory"],
            code=code_of("simulation/simulate_beliefs"),
        message:
            "Simulating a study of belief updating"
        script:
            "../scripts/simulation/simulate_beliefs.py"


if "simulation" in (CONFIG["variability"] or {}):

    rule simulate_variability:
        """Write a treated and a control arm of a simulated trial, genes, and what was planted."""
        output:
            **simulated_variability(),
        log:
            log_of("simulate_variability"),
        conda:
            ENVIRONMENT
        threads: 1
        params:
            simulation=sizes_of_simulation("variability"),
            directory=CONFIG["variability"]["simulation"]["directory"],
            code=code_of("simulation/simulate_variability"),
        message:
            "Simulating a trial of brain change"
        script:
            "../scripts/simulation/simulate_variability.py"
