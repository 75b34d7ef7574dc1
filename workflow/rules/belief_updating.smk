# Trials of the belief-updating task: models, their comparison, effects of treatment.


rule belief_trials:
    """Read trials, groups and scores; say which trials and sessions are used, and why not."""
    input:
        belief_inputs,
    output:
        **belief_outputs("trials"),
    log:
        log_of("belief_trials"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=belief_config,
        contents=contents_of(belief_inputs),
        code=code_of("belief_updating/trials"),
    message:
        "Trials of belief updating"
    script:
        "../scripts/belief_updating/trials.py"


rule belief_rates:
    """Learning rates of every session of a person, with errors and reliability."""
    input:
        **belief_tables("trials", "people"),
    output:
        **belief_outputs("rates"),
    log:
        log_of("belief_rates"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=section("belief"),
        code=code_of("belief_updating/rates"),
    message:
        "Learning rates"
    script:
        "../scripts/belief_updating/rates.py"


rule belief_models:
    """Evidence of the models for every session of a person, and their frequencies."""
    input:
        **belief_tables("trials", "people"),
    output:
        **belief_outputs("models"),
    log:
        log_of("belief_models"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=section("belief"),
        code=code_of("belief_updating/models"),
    message:
        "Models of belief updating"
    script:
        "../scripts/belief_updating/models.py"


rule belief_recovery:
    """Can these trials find parameters and tell models apart, and does a model fit?"""
    input:
        **belief_tables("trials"),
    output:
        **belief_outputs("recovery"),
    log:
        log_of("belief_recovery"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=section("belief", "seed"),
        code=code_of("belief_updating/recovery"),
    message:
        "Recovery of parameters and models"
    script:
        "../scripts/belief_updating/recovery.py"


rule belief_effects:
    """What changes with treatment: updates, learning rates, first estimates."""
    input:
        **belief_tables("trials", "rates", "people"),
    output:
        **belief_outputs("effects"),
    log:
        log_of("belief_effects"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=section("belief"),
        code=code_of("belief_updating/effects"),
    message:
        "Effects on belief updating"
    script:
        "../scripts/belief_updating/effects.py"


rule belief_agents:
    """What people without any bias show, with the same estimates and by the same code."""
    input:
        **belief_tables("trials", "people"),
    output:
        **belief_outputs("agents"),
    log:
        log_of("belief_agents"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=belief_mb,
        runtime=belief_minutes,
    params:
        config=section("belief", "seed"),
        code=code_of("belief_updating/agents"),
    message:
        "Agents without bias"
    script:
        "../scripts/belief_updating/agents.py"


if CONFIG["belief"]["score"]:

    rule belief_score:
        """Association of learning rates with a clinical score, and mediation."""
        input:
            **belief_tables("rates", "people"),
        output:
            **belief_outputs("score"),
        log:
            log_of("belief_score"),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=belief_mb,
            runtime=belief_minutes,
        params:
            config=section("belief", "seed"),
            code=code_of("belief_updating/score"),
        message:
            "Belief updating and the clinical score"
        script:
            "../scripts/belief_updating/score.py"


if "simulation" in CONFIG["belief"]:

    rule belief_found:
        """What a simulated study planted beside what was found."""
        input:
            **belief_tables("changes", "censored", "people"),
            planted=simulated_beliefs()["planted"],
        output:
            run_table("belief_found"),
        log:
            log_of("belief_found"),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=belief_mb,
            runtime=belief_minutes,
        params:
            config=section("belief"),
            code=code_of("belief_updating/found"),
        message:
            "Planted and found changes of belief updating"
        script:
            "../scripts/belief_updating/found.py"
