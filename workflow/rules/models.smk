# Frozen models, the stacks on top of them, and their scores in the other cohorts.


rule freeze:
    """Write the frozen model and the hash of its parameters.

    A model with weights is a formula: text and arrays. A rule like this one for all others
    (`freeze_without_arrays`) makes text alone: a recipe to fit the model again with the hash of what
    it must give, or the second level of a stack with the hashes of the models below.
    """
    input:
        people=people_table(DISCOVERY),
        features=matrix_to_freeze,
        splits=splits_of_recipe,
        fitted=frozen_from,
        below=models_below,
    output:
        npz=frozen_arrays(),
        json=frozen_model(),
    log:
        log_of("freeze", "model"),
    wildcard_constraints:
        model=pattern_of(LINEAR),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=frozen_config,
        below=names_below,
        code=code_of("models/freeze"),
    message:
        "Freezing {wildcards.model}"
    script:
        "../scripts/models/freeze.py"


use rule freeze as freeze_without_arrays with:
    output:
        json=frozen_model(),
    wildcard_constraints:
        model=pattern_of([*NONLINEAR, *STACKS]),


rule pack:
    """Put a model into a folder that travels: formula, ranges, card, and nothing about anyone.

    A model that cannot travel has a folder that says why.
    """
    input:
        frozen=lambda wildcards: expand(frozen_model(), model=packed_models(wildcards)),
        arrays=packed_arrays,
        people=people_table(DISCOVERY),
        features=packed_matrices,
        images=packed_images,
        summary=run_table("inputs_summary"),
        performance=performance_of_packed,
    output:
        **model_folder(),
    log:
        log_of("pack", "model"),
    wildcard_constraints:
        model=pattern_of([*MODELS, *STACKS]),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=packed_config,
        code=code_of("models/pack"),
    message:
        "Folder of {wildcards.model}, for other hospitals"
    script:
        "../scripts/models/pack.py"


rule score:
    """Decision values of the frozen model in the other cohorts; no label of theirs is read.

    A model without weights is fitted again from its recipe, and its decision values of the discovery
    people are verified first. A stack reads the scores of the models below.
    """
    input:
        json=frozen_model(),
        npz=arrays_of_frozen,
        discovery=people_of_recipe,
        splits=splits_of_recipe,
        matrix=matrix_of_recipe,
        people=other_tables,
        features=matrices_to_score,
        below=scores_below,
    output:
        frozen_scores(),
    log:
        log_of("score", "model"),
    wildcard_constraints:
        model=pattern_of([*MODELS, *STACKS]),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=score_mb,
    params:
        cohorts=OTHERS,
        below=names_below,
        config=section("confounds"),
        code=code_of("models/score"),
    message:
        "Scoring the other cohorts with the frozen {wildcards.model}"
    script:
        "../scripts/models/score.py"


rule stack:
    """Cross-validated decision values of a stack, from the decision values of its models."""
    input:
        people=people_table(DISCOVERY),
        decisions=decisions_below,
    output:
        decisions_file(),
    log:
        log_of("stack", "model"),
    wildcard_constraints:
        model=pattern_of(STACKS),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        code=code_of("models/stack"),
    message:
        "Decision values of the stack {wildcards.model}"
    script:
        "../scripts/models/stack.py"
