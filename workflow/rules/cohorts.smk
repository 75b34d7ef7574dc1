# Who is analysed, with which outcome.


def cohort_inputs(wildcards):
    """Tables and images on which it depends who can be analysed."""
    paths = []
    for name, cohort in CONFIG["cohorts"].items():
        paths += [cohort["participants"], cohort["scores"], (cohort["tiv"] or {}).get("table")]
        paths += simulated(name)
        if "simulation" not in CONFIG:
            for features in FEATURES:
                paths += files_of(source_of(features, name))
    return list(dict.fromkeys(path for path in paths if path))


def cohort_config(wildcards):
    """What decides who is analysed."""
    return {
        **section("cohorts", "outcome", "features", "models", "confounds", "min_class_size"),
        "cross_validation": {"group": SCHEME["group"]},
        "permutation": {"within": CONFIG["permutation"]["within"]},
    }


rule cohorts:
    """Derive the outcome, exclude who is incomplete, list the reasons."""
    input:
        cohort_inputs,
    output:
        people=expand(f"{RUN}/cohorts/{{cohort}}.tsv", cohort=COHORTS),
        exclusions=f"{RUN}/exclusions.tsv",
        flow=f"{RUN}/flow.tsv",
    log:
        f"{RUN}/logs/cohorts.log",
    params:
        config=cohort_config,
        code=source_hash(["cohorts"]),
    conda:
        ENVIRONMENT
    message:
        "Cohorts: who is analysed, and with which outcome"
    script:
        "../scripts/cohorts.py"
