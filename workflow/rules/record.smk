# What the run came from, and whether its files are still what was written (`snakemake verify`).


rule provenance:
    """Describe software, configuration, inputs and results for machines, as an RO-Crate."""
    input:
        people=[people_table(name) for name in COHORTS],
        report=rules.report_page.output,
        results=list(rules.report_page.input),
        tables=result_tables(),
    output:
        crate(),
    log:
        log_of("provenance"),
    conda:
        ENVIRONMENT
    params:
        config=section(*(key for key in CONFIG if key != "batch")),
        source=code_of(*sorted(HASHED_SCRIPTS), modules=sorted(HASHED_MODULES)),
        code=code_of("record/provenance"),
    message:
        "Record for machines: {output[0]}"
    script:
        "../scripts/record/provenance.py"


def planned_jobs(wildcards):
    """Kind, model, benchmark and estimated seconds of every job whose work was planned."""
    jobs = []
    for model, plan in PLANS.items():
        folds, parts = range(len(plan.folds)), range(len(plan.labels))
        fits = benchmark_of("cross_validate", "model", "folds", "labels")
        places = {
            "prepare": expand(benchmark_of("prepare", "model", "folds"), model=model, folds=folds),
            "cross_validate": expand(fits, model=model, folds=folds, labels=parts),
            "refit": expand(fits, model=model, folds=REFIT, labels=range(len(plan.refits))),
        }
        for kind, seconds in plan.jobs.items():
            jobs += [(kind, model, *job) for job in zip(places[kind], seconds)]
    for model, parts in CURVE_PLANS.items():
        spec = CONFIG["models"][model]
        work = estimated_work(CONFIG, model, SIZE[0], SIZE[1][spec["features"]])
        each = part_seconds(CONFIG, model, work, SIZE[2])
        place = expand(
            benchmark_of("learning_curve", "model", "part"), model=model, part=range(len(parts))
        )
        seconds = [len(part) * each for part in parts]
        jobs += [("learning_curve", model, *job) for job in zip(place, seconds)]
    return jobs


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
    message:
        f"Verifying the files in {run_folder()}"
    script:
        "../scripts/record/verify.py"
