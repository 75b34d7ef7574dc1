# Quality of the scans, grey matter by region or voxel, tables of regions, clinical columns, belief updating.


rule quality_control:
    """Measure the scan of everybody who could be analysed; no label is read.

    `qc` has a row per scan, `qc_summary` one per cohort and source, `qc_warnings` one per finding
    about a whole cohort.
    """
    input:
        cohort_inputs,
        own=own_measured_atlases,
    output:
        qc=run_table("qc"),
        qc_summary=run_table("qc_summary"),
        qc_warnings=run_table("qc_warnings"),
    log:
        log_of("quality_control"),
    benchmark:
        benchmark_of("quality_control")
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        runtime=quality_minutes,
    params:
        config=quality_config,
        contents=contents_of(cohort_inputs),
        lists=lists_of(*measured_atlases()),
        names=resources_of("cat12"),
        code=code_of("features/quality_control"),
    message:
        "Quality of the scans of all cohorts"
    script:
        "../scripts/features/quality_control.py"


rule atlas:
    """Bring the atlas to the grid of the maps, once for all cohorts."""
    input:
        people=people_table(DISCOVERY),
        maps=first_cohort_maps,
        own=own_atlas,
    output:
        image=atlas_image(),
        regions=atlas_regions(),
    log:
        log_of("atlas", "features"),
    wildcard_constraints:
        features=features_of_kind("roi_maps"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        pattern=source_in_discovery,
        list=list_of_atlas,
        code=code_of("features/atlas"),
    message:
        "Atlas of {wildcards.features}, on the grid of the maps"
    script:
        "../scripts/features/atlas.py"


rule roi_features:
    """Grey matter of each region and person."""
    input:
        people=people_table(),
        maps=maps_of,
        image=rules.atlas.output.image,
        regions=rules.atlas.output.regions,
    output:
        features_table(),
    log:
        log_of("features", "features", "cohort"),
    benchmark:
        benchmark_of("features", "features", "cohort")
    wildcard_constraints:
        features=features_of_kind("roi_maps"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        pattern=source_in_cohort,
        names=resources_of("cat12"),
        code=code_of("features/roi_features"),
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/roi_features.py"


rule mask:
    """Voxels to analyse, on the grid of the maps, once for all cohorts."""
    input:
        people=people_table(DISCOVERY),
        maps=first_cohort_maps,
        own=own_mask,
    output:
        mask_image(),
    log:
        log_of("mask", "features"),
    wildcard_constraints:
        features=features_of_kind("voxels"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        pattern=source_in_discovery,
        code=code_of("features/mask"),
    message:
        "Mask of {wildcards.features}, on the grid of the maps"
    script:
        "../scripts/features/mask.py"


rule voxel_features:
    """Voxels inside the mask of each person, streamed map by map."""
    input:
        people=people_table(),
        maps=maps_of,
        mask=rules.mask.output[0],
    output:
        features_array(),
    log:
        log_of("features", "features", "cohort"),
    benchmark:
        benchmark_of("features", "features", "cohort")
    wildcard_constraints:
        features=features_of_kind("voxels"),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=voxel_features_mb,
        runtime=voxel_features_minutes,
    params:
        spec=feature_spec,
        pattern=source_in_cohort,
        code=code_of("features/voxel_features"),
    message:
        "Voxels of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/voxel_features.py"


rule table_features:
    """Regions of a table for the analysed people."""
    input:
        people=people_table(),
        tables=tables_of_features,
    output:
        features_table(),
    log:
        log_of("features", "features", "cohort"),
    wildcard_constraints:
        features=features_of_kind("table"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        never=not_regions(CONFIG),
        contents=contents_of(tables_of_features),
        code=code_of("features/table_features"),
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/table_features.py"


rule clinical_features:
    """Columns of the participants table, categories as indicators; nothing is filled in yet."""
    input:
        people=people_table(),
        discovery=people_table(DISCOVERY),
    output:
        features_table(),
    log:
        log_of("features", "features", "cohort"),
    wildcard_constraints:
        features=features_of_kind("clinical"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        code=code_of("features/clinical_features"),
    message:
        "Clinical features of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/clinical_features.py"


rule belief_features:
    """How people update beliefs in one session, each from the own trials."""
    input:
        people=people_table(),
        rates=run_table("belief_rates"),
    output:
        features_table(),
    log:
        log_of("features", "features", "cohort"),
    wildcard_constraints:
        features=features_of_kind("belief"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        code=code_of("features/belief_features"),
    message:
        "Belief updating of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/belief_features.py"


rule concatenated_features:
    """Feature sets side by side."""
    input:
        sets_in_cohort,
    output:
        features_table(),
    log:
        log_of("features", "features", "cohort"),
    wildcard_constraints:
        features=features_of_kind("concatenated"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        code=code_of("features/concatenated_features"),
    message:
        "Concatenated features of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/concatenated_features.py"
