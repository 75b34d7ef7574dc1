# Weight maps of the refitted and the outer models, and which of them are more than chance.


rule region_weights:
    """Weight, Haufe pattern, agreement and permutation p of each region and set of regions."""
    input:
        people=people_table(DISCOVERY),
        features=discovery_matrix,
        refits=all_refits,
        folds=observed_folds,
    output:
        table=weight_table(),
        sets=region_set_table(),
    log:
        log_of("weights", "model"),
    wildcard_constraints:
        model=weighted_models("roi_maps", "table", "clinical", "concatenated"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        features=feature_spec_of_model,
        region_sets=region_sets_of_model,
        shipped_sets=resources_of("region_sets"),
        code=code_of("brain/region_weights"),
    message:
        "Weights of {wildcards.model}"
    script:
        "../scripts/brain/region_weights.py"


rule voxel_weights:
    """Images of the weight, Haufe pattern, agreement and permutation p of each voxel."""
    input:
        people=people_table(DISCOVERY),
        features=discovery_matrix,
        refits=all_refits,
        folds=observed_folds,
        mask=mask_of,
    output:
        **{name: weight_map(name) for name in VOXEL_MAPS},
        sets=region_set_table(),
    log:
        log_of("weights", "model"),
    wildcard_constraints:
        model=weighted_models("voxels"),
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=voxel_weights_mb,
        runtime=voxel_weights_minutes,
    params:
        config=model_config,
        features=feature_spec_of_model,
        region_sets=region_sets_of_model,
        shipped_sets=resources_of("region_sets"),
        code=code_of("brain/voxel_weights"),
    message:
        "Weight maps of {wildcards.model}"
    script:
        "../scripts/brain/voxel_weights.py"
