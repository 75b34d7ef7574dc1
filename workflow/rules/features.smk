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


rule separating_features:
    """Features made of scans and trials that separate the classes almost alone."""
    input:
        people=people_table(DISCOVERY),
        features=matrices_of_made_features,
    output:
        run_table("separating_features"),
    log:
        log_of("separating_features"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        names=made_features(),
        code=code_of("features/separating_features"),
    message:
        "Features that separate the classes"
    script:
        "../scripts/features/separating_features.py"


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


for kind in kinds_of_run():

    rule:
        """Features of the analysed people of a cohort, see `config/feature_kinds.py`."""
        name:
            f"{kind}_features"
        input:
            **feature_files(kind),
            people=people_table(),
        output:
            features_of_cohort(kind),
        log:
            log_of("features", "features", "cohort"),
        benchmark:
            benchmark_of("features", "features", "cohort")
        wildcard_constraints:
            features=features_of_kind(kind),
        localrule: FEATURE_KINDS[kind].is_light
        conda:
            ENVIRONMENT
        resources:
            **feature_sizes(kind),
        params:
            **feature_params(kind),
            spec=feature_spec,
            code=code_of("features/features", modules=[f"features.{kind}"]),
        message:
            "Features of {wildcards.cohort} ({wildcards.features})"
        script:
            "../scripts/features/features.py"
