from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people, read_tsv
    from mri_response.learning.jobs import load_arrays
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.procedure import (
        ModelOptions,
        cross_validate,
        row_weights,
    )
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    folds = folds_from_table(read_tsv(snakemake.input.splits), people)
    result = cross_validate(
        list(load_arrays(snakemake.input.kernels).values()),
        folds[slice(*snakemake.params.folds)],
        Exchangeability.from_config(people, config),
        [range(*block) for block in snakemake.params.blocks],
        row_weights(people),
        ModelOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d problems solved, %d of them by LIBSVM", result.fits, result.fallback)
    result.write(snakemake.output[0])
