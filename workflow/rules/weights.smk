# Weight maps of the refitted and the outer models.


rule region_weights:
    """Weight, Haufe pattern and mean weight of each region."""
    input:
        people=table_of(DISCOVERY),
        features=discovery_matrix,
        refit=f"{RUN}/refit/{{model}}/labels-0.npz",
        folds=observed_folds,
    output:
        f"{RUN}/weights/{{model}}.tsv",
    log:
        f"{RUN}/logs/weights_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps", "table"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        code=code_of("weights"),
    message:
        "Weights of {wildcards.model}"
    script:
        "../scripts/weights.py"


rule voxel_weights:
    """The same for each voxel, as images."""
    input:
        people=table_of(DISCOVERY),
        features=discovery_matrix,
        refit=f"{RUN}/refit/{{model}}/labels-0.npz",
        folds=observed_folds,
        mask=mask_of,
    output:
        weight=f"{RUN}/weights/{{model}}_weight.nii.gz",
        haufe=f"{RUN}/weights/{{model}}_haufe.nii.gz",
        weight_mean=f"{RUN}/weights/{{model}}_weight_mean.nii.gz",
    log:
        f"{RUN}/logs/weights_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("voxels"),
    conda:
        ENVIRONMENT
    threads: 1
    params:
        config=model_config,
        code=code_of("weights"),
    message:
        "Weight maps of {wildcards.model}"
    script:
        "../scripts/weights.py"
