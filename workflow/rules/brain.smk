# Weight maps of the refitted and the outer models, and which of them are more than chance.


rule region_weights:
    """Weight, Haufe pattern, agreement and permutation p of each feature and set of regions.

    The rule `voxel_weights`, for voxels, is this one with other outputs: images in place of a table.
    """
    input:
        people=people_table(DISCOVERY),
        features=discovery_matrix,
        refits=all_refits,
        folds=observed_folds,
        mask=mask_of,
    output:
        table=weight_table(),
        sets=region_set_table(),
    log:
        log_of("weights", "model"),
    benchmark:
        benchmark_of("weights", "model")
    wildcard_constraints:
        model=weighted_models(lambda kind: kind.has_names),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=weights_mb,
        runtime=weights_minutes,
    params:
        config=model_config,
        features=feature_spec_of_model,
        region_sets=region_sets_of_model,
        shipped_sets=shipped_sets_of_model,
        list=list_of_voxel_sets,
        code=code_of("brain/weights"),
    message:
        "Weights of {wildcards.model}"
    script:
        "../scripts/brain/weights.py"


use rule region_weights as voxel_weights with:
    output:
        **{name: weight_map(name) for name in VOXEL_MAPS},
        sets=region_set_table(),
    wildcard_constraints:
        model=weighted_models(lambda kind: not kind.has_names),


# Linear models whose weights are of named regions.
REGION_MODELS = [model for model in LINEAR if kind_of_features(model).has_names]


rule planted_regions:
    """Patterns of the models where the simulation planted something, and where it did not."""
    input:
        planted=planted_table(),
        weights=expand(weight_table(), model=REGION_MODELS),
    output:
        found_table(),
    log:
        log_of("planted_regions"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        models=REGION_MODELS,
        code=code_of("brain/planted_regions"),
    message:
        "Planted and found by region"
    script:
        "../scripts/brain/planted_regions.py"
