from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people
    from mri_response.features.extract import read_features
    from mri_response.learning.estimators import EstimatorOptions
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.plain import cross_validate_estimator_redrawn
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import row_weights
    from mri_response.learning.splits import Scheme, units_of

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    result = cross_validate_estimator_redrawn(
        read_features(snakemake.input.features, people),
        coding.stacked(people, unseen=config["confounds"]["unseen_site"]),
        range(*snakemake.params.folds),
        units_of(people, config["cross_validation"]),
        Scheme.from_config(config["cross_validation"], people),
        Exchangeability.from_config(people, config),
        [index for block in snakemake.params.blocks for index in range(*block)],
        row_weights(people),
        EstimatorOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d fits, %d of them not converged", result.fits, result.unconverged)
    result.write(snakemake.output[0])
