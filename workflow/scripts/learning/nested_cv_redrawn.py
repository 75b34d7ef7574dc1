from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people
    from mri_response.features.extract import read_features
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import (
        ModelOptions,
        cross_validate_redrawn,
        row_weights,
    )
    from mri_response.learning.splits import Scheme, units_of

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    result = cross_validate_redrawn(
        read_features(snakemake.input.features, people),
        coding.stacked(people, unseen=config["confounds"]["unseen_site"]),
        range(*snakemake.params.folds),
        units_of(people, config["cross_validation"]),
        Scheme.from_config(config["cross_validation"], people),
        Exchangeability.from_config(people, config),
        [range(*block) for block in snakemake.params.blocks],
        row_weights(people),
        ModelOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d problems solved, %d of them by LIBSVM", result.fits, result.fallback)
    result.write(snakemake.output[0])
