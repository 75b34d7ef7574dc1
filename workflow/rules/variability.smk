# How differently brains change: effects of people, components, regions, symptoms, genes.


rule variability_maps:
    """Effects of every person: what lies between two sessions, confounds taken out."""
    input:
        variability_inputs,
    output:
        **effect_maps(),
    log:
        log_of("variability_maps"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=variability_mb,
        runtime=variability_minutes,
    params:
        config=variability_config,
        contents=contents_of(variability_inputs),
        code=code_of("variability/maps"),
    message:
        "Effects of people"
    script:
        "../scripts/variability/maps.py"


rule variability_components:
    """Components of effects beside smooth maps, how stable they are, what they are."""
    input:
        **effect_maps(),
        own=variability_geometry,
    output:
        **variability_outputs("components"),
    log:
        log_of("variability_components"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=variability_mb,
        runtime=variability_minutes,
    params:
        config=section("variability", "seed"),
        contents=contents_of(variability_geometry),
        code=code_of("variability/components"),
    message:
        "Components of effects"
    script:
        "../scripts/variability/components.py"


rule variability_people:
    """How many dimensions effects have, and how alike people are."""
    input:
        **effect_maps(),
    output:
        **variability_outputs("people"),
    log:
        log_of("variability_people"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=variability_mb,
        runtime=variability_minutes,
    params:
        config=section("variability", "seed"),
        code=code_of("variability/people"),
    message:
        "Dimensions of effects"
    script:
        "../scripts/variability/people.py"


rule variability_regions:
    """Mean and spread of effects, region by region and in the sets of the literature."""
    input:
        **effect_maps(),
    output:
        **variability_outputs("regions"),
    log:
        log_of("variability_regions"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=variability_mb,
        runtime=variability_minutes,
    params:
        config=section("variability", "seed"),
        sets=resources_of("region_sets"),
        code=code_of("variability/regions"),
    message:
        "Regions of effects"
    script:
        "../scripts/variability/regions.py"


if clinical_columns(CONFIG["variability"]):

    rule variability_associations:
        """Retained components beside symptoms, all of them one family."""
        input:
            **effect_maps(),
            **variability_tables("components", "loadings", "scores"),
        output:
            run_table("variability_associations"),
        log:
            log_of("variability_associations"),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=variability_mb,
            runtime=variability_minutes,
        params:
            config=section("variability", "seed"),
            code=code_of("variability/associations"),
        message:
            "Effects and symptoms"
        script:
            "../scripts/variability/associations.py"


if CONFIG["variability"]["genes"]:

    rule variability_genes:
        """Maps of effects beside the expression of genes, under every null."""
        input:
            **effect_maps(),
            **variability_tables("components"),
            own=variability_genes,
        output:
            **variability_outputs("genes"),
        log:
            log_of("variability_genes"),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=variability_mb,
            runtime=variability_minutes,
        params:
            config=section("variability", "seed"),
            contents=contents_of(variability_genes),
            code=code_of("variability/genes"),
        message:
            "Effects and genes"
        script:
            "../scripts/variability/genes.py"


if "simulation" in CONFIG["variability"]:

    rule variability_found:
        """What a simulated trial planted beside what was found."""
        input:
            **found_inputs(),
        output:
            run_table("variability_found"),
        log:
            log_of("variability_found"),
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=variability_mb,
            runtime=variability_minutes,
        params:
            config=section("variability"),
            code=code_of("variability/found"),
        message:
            "Planted and found effects"
        script:
            "../scripts/variability/found.py"
