from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.extract import read_features
    from mri_response.learning.estimators import EstimatorOptions
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.plain import cross_validate_estimator
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import row_weights
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    folds = folds_from_table(read_tsv(snakemake.input.splits), people)
    result = cross_validate_estimator(
        read_features(snakemake.input.features, people),
        coding.stacked(people, unseen=config["confounds"]["unseen_site"]),
        folds[slice(*snakemake.params.folds)],
        Exchangeability.from_config(people, config),
        [index for block in snakemake.params.blocks for index in range(*block)],
        row_weights(people),
        EstimatorOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d fits, %d of them not converged", result.fits, result.unconverged)
    result.write(snakemake.output[0])
