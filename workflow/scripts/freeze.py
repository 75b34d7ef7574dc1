from mri_response.job import job

with job(snakemake) as log:
    from mri_response.confounds import ConfoundCoding
    from mri_response.features import read_features
    from mri_response.frozen import fitted_models, freeze
    from mri_response.kernels import training_sets
    from mri_response.resampling import load_arrays
    from mri_response.tables import read_people

    model = snakemake.params.config["model"]
    outcome = snakemake.params.outcome
    people = read_people(snakemake.input.people)
    coding = ConfoundCoding.of(people, model["confounds"])
    confounds = coding.matrix(people)
    fitted = fitted_models([load_arrays(path) for path in snakemake.input.fitted], len(people))
    description = {
        "model": snakemake.wildcards.model,
        "kind": outcome["external"]["model"],
        "outcome": outcome["outcome"],
        "features": outcome["features"][model["features"]],
        "options": model,
        "n_models": len(fitted["beta"]),
        "n_rows": len(people),
        "candidate": [int(index) for index in fitted["candidate"]],
    }
    frozen = freeze(
        read_features(snakemake.input.features, people),
        confounds,
        training_sets(confounds, fitted["train"]),
        fitted["beta"],
        fitted["intercept"],
        coding,
        description,
        standardize=model["standardize"],
    )
    frozen.save(snakemake.output.npz, snakemake.output.json)
    log.info("frozen model, sha256 %s", frozen.sha256)
