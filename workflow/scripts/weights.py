from mri_response.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.confounds import ConfoundCoding
    from mri_response.features import read_features
    from mri_response.frozen import fitted_models
    from mri_response.images import masked_image, save_image
    from mri_response.kernels import training_sets
    from mri_response.resampling import load_arrays
    from mri_response.tables import read_people, read_tsv, write_tsv
    from mri_response.weights import primal_weight_maps, weight_maps

    model = snakemake.params.config["model"]
    people = read_people(snakemake.input.people)
    confounds = ConfoundCoding.of(people, model["confounds"]).matrix(people)
    jobs = [load_arrays(path) for path in (snakemake.input.refit, *snakemake.input.folds)]
    fitted = fitted_models(jobs, len(people))
    features = read_features(snakemake.input.features, people)
    scaled = {"standardize": model["standardize"]}
    if "beta" in fitted:
        sets = training_sets(confounds, fitted["train"])
        maps = weight_maps(features, sets, fitted["beta"], fitted["fitted"], **scaled)
    else:
        sets = training_sets(confounds, fitted["train"][:1])
        maps = primal_weight_maps(features, sets, fitted["per_sd"], fitted["fitted"][:1], **scaled)
    mask = snakemake.input.get("mask")
    if mask:
        for name, values in maps._asdict().items():
            save_image(masked_image(values, mask), snakemake.output[name])
    else:
        regions = read_tsv(snakemake.input.features).columns[-len(maps.weight) :]
        write_tsv(pd.DataFrame({"region": regions, **maps._asdict()}), snakemake.output[0])
