# Documents for the reviewer: TRIPOD+AI, PROBAST+AI, model card, methods.

REVIEWER_TABLES = [f"{RUN}/{name}.tsv" for name in ("tripod", "probast", "model_card")]
REVIEWER_TEXTS = {
    f"{name}_md": f"{RUN}/reporting/{name}.md"
    for name in ("tripod", "probast", "model_card", "methods")
}
EVIDENCE += [f"{RUN}/characteristics.tsv", *REVIEWER_TABLES]
TABLES += REVIEWER_TEXTS.values()


rule characteristics:
    """Who the analysed people are, by cohort and class."""
    input:
        people=[table_of(name) for name in COHORTS],
    output:
        f"{RUN}/characteristics.tsv",
    log:
        f"{RUN}/logs/characteristics.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section("cohorts", "models", "features", "outcome", "min_class_size"),
        code=code_of("people/characteristics"),
    message:
        "Characteristics of the analysed people"
    script:
        "../scripts/people/characteristics.py"


rule reporting:
    """TRIPOD+AI, PROBAST+AI, model card and methods, from the tables of the run."""
    input:
        performance=f"{RUN}/performance.tsv",
        null=f"{RUN}/null.tsv",
        flow=f"{RUN}/flow.tsv",
        warnings=f"{RUN}/warnings.tsv",
        people=[table_of(name) for name in COHORTS],
        tables=lambda wildcards: [path for path in EVIDENCE if path not in REVIEWER_TABLES],
        features=[matrix(name, DISCOVERY) for name in FEATURES],
        frozen=FROZEN_MODELS,
        answers=answers_of_the_authors,
    output:
        **{Path(path).stem: path for path in REVIEWER_TABLES},
        **REVIEWER_TEXTS,
    log:
        f"{RUN}/logs/reporting.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section(*(key for key in CONFIG if key != "batch")),
        texts=resources_of("documents"),
        code=code_of("report/reporting"),
    message:
        "Documents for the reviewer"
    script:
        "../scripts/report/reporting.py"
