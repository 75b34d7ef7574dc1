# Is it the drug? External cohorts against control cohorts, under the same frozen model.


rule specificity:
    """Differences, their permutation test and power, and interactions of every model."""
    input:
        predictions=f"{RUN}/predictions.tsv",
        people=[table_of(name) for name in COHORTS],
    output:
        f"{RUN}/specificity.tsv",
    log:
        f"{RUN}/logs/specificity.log",
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=section(
            *("seed", "cohorts", "models", "permutation", "specificity", "min_class_size")
        ),
        code=code_of("evaluation/specificity"),
    message:
        "Specificity of the treatment: external against control cohorts"
    script:
        "../scripts/evaluation/specificity.py"
