# Grey matter by region or voxel, tables of regions, clinical columns; every cohort alike.


rule atlas:
    """Bring the atlas to the grid of the maps, once for all cohorts."""
    input:
        people=table_of(DISCOVERY),
        maps=first_cohort_maps,
        own=own_atlas,
    output:
        image=f"{RUN}/features/{{features}}/atlas.nii.gz",
        regions=f"{RUN}/features/{{features}}/regions.tsv",
    log:
        f"{RUN}/logs/atlas_{{features}}.log",
    wildcard_constraints:
        features=features_of_kind("roi_maps"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        pattern=source_in_discovery,
        code=code_of("features/atlas"),
    message:
        "Atlas of {wildcards.features}, on the grid of the maps"
    script:
        "../scripts/features/atlas.py"


rule roi_features:
    """Grey matter of each region and person."""
    input:
        people=f"{RUN}/cohorts/{{cohort}}.tsv",
        maps=maps_of,
        image=rules.atlas.output.image,
        regions=rules.atlas.output.regions,
    output:
        f"{RUN}/features/{{features}}/{{cohort}}.tsv",
    log:
        f"{RUN}/logs/features_{{features}}_{{cohort}}.log",
    wildcard_constraints:
        features=features_of_kind("roi_maps"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        pattern=source_in_cohort,
        code=code_of("features/roi_features"),
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/roi_features.py"


rule mask:
    """Voxels to analyse, on the grid of the maps, once for all cohorts."""
    input:
        people=table_of(DISCOVERY),
        maps=first_cohort_maps,
        own=own_mask,
    output:
        f"{RUN}/features/{{features}}/mask.nii.gz",
    log:
        f"{RUN}/logs/mask_{{features}}.log",
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
        people=f"{RUN}/cohorts/{{cohort}}.tsv",
        maps=maps_of,
        mask=rules.mask.output[0],
    output:
        f"{RUN}/features/{{features}}/{{cohort}}.npy",
    log:
        f"{RUN}/logs/features_{{features}}_{{cohort}}.log",
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
        people=f"{RUN}/cohorts/{{cohort}}.tsv",
        tables=tables_of_features,
    output:
        f"{RUN}/features/{{features}}/{{cohort}}.tsv",
    log:
        f"{RUN}/logs/features_{{features}}_{{cohort}}.log",
    wildcard_constraints:
        features=features_of_kind("table"),
    conda:
        ENVIRONMENT
    params:
        spec=feature_spec,
        code=code_of("features/table_features"),
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/features/table_features.py"


rule clinical_features:
    """Columns of the participants table, categories as indicators; nothing is filled in yet."""
    input:
        people=f"{RUN}/cohorts/{{cohort}}.tsv",
        discovery=table_of(DISCOVERY),
    output:
        f"{RUN}/features/{{features}}/{{cohort}}.tsv",
    log:
        f"{RUN}/logs/features_{{features}}_{{cohort}}.log",
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


rule concatenated_features:
    """Feature sets side by side."""
    input:
        sets_in_cohort,
    output:
        f"{RUN}/features/{{features}}/{{cohort}}.tsv",
    log:
        f"{RUN}/logs/features_{{features}}_{{cohort}}.log",
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
