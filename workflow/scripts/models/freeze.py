from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people
    from mri_response.features.extract import read_features
    from mri_response.learning.decision_rules import out_of_fold
    from mri_response.learning.gram import training_sets
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.models.frozen import describe, fitted_models, freeze, freeze_weights

    config = {**snakemake.params.config, **snakemake.params.outcome}
    people = read_people(snakemake.input.people)
    features = read_features(snakemake.input.features, people)
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    confounds = coding.matrix(people)
    jobs = [JobResult.read(path) for path in snakemake.input.fitted]
    fitted, decision = fitted_models(jobs, len(people)), out_of_fold(jobs, len(people))
    train, intercept = fitted.train, fitted.intercept
    about = coding, describe(snakemake.wildcards.model, config, fitted, people, decision)
    if fitted.beta is not None:
        sets, standardize = training_sets(confounds, train), config["model"]["standardize"]
        beta = fitted.beta
        frozen = freeze(features, confounds, sets, beta, intercept, *about, standardize=standardize)
    else:
        frozen = freeze_weights(features, confounds, train, fitted.per_unit, intercept, *about)
    frozen.save(snakemake.output.npz, snakemake.output.json)
    log.info("frozen model, sha256 %s", frozen.sha256)
