# Weight maps of the refitted and the outer models.


def mask_of(wildcards):
    """Mask of a model's voxels."""
    return f"{RUN}/features/{CONFIG['models'][wildcards.model]['features']}/mask.nii.gz"


def models_of_kind(*kinds):
    """Pattern of the models whose features are of some kinds."""
    names = [m for m in MODELS if FEATURES[CONFIG["models"][m]["features"]]["kind"] in kinds]
    return "|".join(names) or "(?!)"


def weights_of(model):
    """Files with the weights of a model."""
    features = CONFIG["models"][model]["features"]
    if FEATURES[features]["kind"] == "voxels":
        return [f"{RUN}/weights/{model}_{kind}.nii.gz" for kind in WEIGHT_KINDS]
    return [f"{RUN}/weights/{model}.tsv"]


WEIGHT_KINDS = ("weight", "haufe", "weight_mean")


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
        model=models_of_kind("roi_maps", "table"),
    params:
        config=model_config,
        code=source_hash(["weights"]),
    threads: 1
    conda:
        ENVIRONMENT
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
        model=models_of_kind("voxels"),
    params:
        config=model_config,
        code=source_hash(["weights"]),
    threads: 1
    conda:
        ENVIRONMENT
    message:
        "Weight maps of {wildcards.model}"
    script:
        "../scripts/weights.py"
