from mri_response.core.job import job

with job(snakemake) as log:
    import numpy as np

    from mri_response.core.tables import read_people, read_tsv
    from mri_response.learning.jobs import load_arrays
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.procedure import (
        ModelOptions,
        cross_validate,
        row_weights,
        with_strangers,
    )
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    gram = load_arrays(snakemake.input.kernels)["refit"]
    n_others = gram.shape[1] - len(people)
    refit = folds_from_table(read_tsv(snakemake.input.splits), people)[-1]
    result = cross_validate(
        [gram],
        [with_strangers(refit, n_others)],
        Exchangeability.from_config(people, config),
        [range(*block) for block in snakemake.params.blocks],
        np.pad(row_weights(people), (0, n_others)),
        ModelOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d problems solved, %d of them by LIBSVM", result.fits, result.fallback)
    result.write(snakemake.output[0])
