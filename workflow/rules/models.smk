# Refit on all discovery people, frozen model, its scores elsewhere.


rule freeze:
    """Write the frozen model and the hash of its parameters."""
    input:
        people=people_table(DISCOVERY),
        features=discovery_matrix,
        fitted=frozen_from,
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
        config=model_config,
        outcome=section("outcome", "external", "features", "operating_points"),
        code=code_of("models/freeze"),
    message:
        "Freezing {wildcards.model}"
    script:
        "../scripts/models/freeze.py"


rule freeze_recipe:
    """Write how to fit a frozen model without weights again, and the hash of what it must give."""
    input:
        people=people_table(DISCOVERY),
        splits=rules.splits.output[0],
        features=discovery_matrix,
        fitted=frozen_from,
    output:
        json=frozen_model(),
    log:
        log_of("freeze", "model"),
    wildcard_constraints:
        model=pattern_of(NONLINEAR),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        outcome=section("outcome", "external", "features", "operating_points"),
        code=code_of("models/freeze_recipe"),
    message:
        "Freezing the recipe of {wildcards.model}"
    script:
        "../scripts/models/freeze_recipe.py"


rule score:
    """Decision values of the frozen model in the other cohorts; no label is read."""
    input:
        npz=rules.freeze.output.npz,
        json=rules.freeze.output.json,
        people=other_tables,
        features=other_matrices,
    output:
        frozen_scores(),
    log:
        log_of("score", "model"),
    wildcard_constraints:
        model=pattern_of(LINEAR),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        cohorts=OTHERS,
        config=section("confounds"),
        code=code_of("models/score"),
    message:
        "Scoring the other cohorts with the frozen {wildcards.model}"
    script:
        "../scripts/models/score.py"


rule score_recipe:
    """The same with a model fitted again, once its scores of the discovery people are verified."""
    input:
        json=rules.freeze_recipe.output.json,
        discovery=people_table(DISCOVERY),
        splits=rules.splits.output[0],
        matrix=discovery_matrix,
        people=other_tables,
        features=other_matrices,
    output:
        frozen_scores(),
    log:
        log_of("score", "model"),
    wildcard_constraints:
        model=pattern_of(NONLINEAR),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=score_mb,
    params:
        cohorts=OTHERS,
        config=section("confounds"),
        code=code_of("models/score_recipe"),
    message:
        "Scoring the other cohorts with {wildcards.model}, fitted again from its recipe"
    script:
        "../scripts/models/score_recipe.py"


rule freeze_stack:
    """Second level of a stack, from the refits of its models, and the hash of its parameters."""
    input:
        people=people_table(DISCOVERY),
        refits=stacked_refits,
        models=stacked_models,
    output:
        frozen_model("{stack}"),
    log:
        log_of("freeze", "stack"),
    wildcard_constraints:
        stack=pattern_of(STACKS),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        models=models_of_stack,
        code=code_of("models/freeze_stack"),
    message:
        "Freezing the stack {wildcards.stack}"
    script:
        "../scripts/models/freeze_stack.py"


rule stack:
    """Decision values of a stack, cross-validated and frozen."""
    input:
        people=[people_table(name) for name in COHORTS],
        decisions=stacked_decisions,
        frozen=rules.freeze_stack.output[0],
        scores=stacked_scores,
    output:
        decisions=decisions_file("{stack}"),
        scores=frozen_scores("{stack}"),
    log:
        log_of("stack", "stack"),
    wildcard_constraints:
        stack=pattern_of(STACKS),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        code=code_of("models/stack"),
    message:
        "Decision values of the stack {wildcards.stack}"
    script:
        "../scripts/models/stack.py"
