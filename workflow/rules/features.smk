# Grey matter by region or voxel, or tables of regions; every cohort alike.


def feature_spec(wildcards):
    """Configuration of a feature set."""
    return FEATURES[wildcards.features]


def source_in_discovery(wildcards):
    """Path pattern of a feature set in the discovery cohort."""
    return source_of(wildcards.features, DISCOVERY)


def source_in_cohort(wildcards):
    """Path or path pattern of a feature set in a cohort."""
    return source_of(wildcards.features, wildcards.cohort)


def first_cohort_maps(wildcards):
    """Images of the discovery cohort, whose first one sets the grid."""
    return simulated(DISCOVERY) or files_of(source_in_discovery(wildcards))


def tables_of_features(wildcards):
    """ROI tables of a cohort and of the discovery cohort, which sets the columns."""
    return [source_in_cohort(wildcards), source_in_discovery(wildcards)]


rule atlas:
    """Bring the atlas to the grid of the maps, once for all cohorts."""
    input:
        people=table_of(DISCOVERY),
        maps=first_cohort_maps,
    output:
        image=f"{RUN}/features/{{features}}/atlas.nii.gz",
        regions=f"{RUN}/features/{{features}}/regions.tsv",
    log:
        f"{RUN}/logs/atlas_{{features}}.log",
    wildcard_constraints:
        features=names_of_kind("roi_maps"),
    params:
        spec=feature_spec,
        pattern=source_in_discovery,
        code=source_hash(["atlases", "images"]),
    conda:
        ENVIRONMENT
    message:
        "Atlas of {wildcards.features}, on the grid of the maps"
    script:
        "../scripts/atlas.py"


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
        features=names_of_kind("roi_maps"),
    params:
        spec=feature_spec,
        pattern=source_in_cohort,
        code=source_hash(["features"]),
    conda:
        ENVIRONMENT
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/roi_features.py"


rule mask:
    """Voxels to analyse, on the grid of the maps, once for all cohorts."""
    input:
        people=table_of(DISCOVERY),
        maps=first_cohort_maps,
    output:
        f"{RUN}/features/{{features}}/mask.nii.gz",
    log:
        f"{RUN}/logs/mask_{{features}}.log",
    wildcard_constraints:
        features=names_of_kind("voxels"),
    params:
        spec=feature_spec,
        pattern=source_in_discovery,
        code=source_hash(["features"]),
    conda:
        ENVIRONMENT
    message:
        "Mask of {wildcards.features}, on the grid of the maps"
    script:
        "../scripts/mask.py"


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
        features=names_of_kind("voxels"),
    params:
        spec=feature_spec,
        pattern=source_in_cohort,
        code=source_hash(["features"]),
    conda:
        ENVIRONMENT
    message:
        "Voxels of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/voxel_features.py"


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
        features=names_of_kind("table"),
    params:
        spec=feature_spec,
        code=source_hash(["features"]),
    conda:
        ENVIRONMENT
    message:
        "Regions of {wildcards.cohort} ({wildcards.features})"
    script:
        "../scripts/table_features.py"
