from mri_response.core.job import job

with job(snakemake) as log:
    import numpy as np

    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.extract import read_features
    from mri_response.learning.estimators import EstimatorOptions
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.plain import cross_validate_estimator
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import (
        StackedRows,
        row_weights,
        with_strangers,
    )
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    tables = [people, *(read_people(path) for path in snakemake.input.others)]
    paths = [snakemake.input.features, *snakemake.input.other_features]
    n_others = sum(map(len, tables[1:]))
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    unseen = config["confounds"]["unseen_site"]
    refit = folds_from_table(read_tsv(snakemake.input.splits), people)[-1]
    result = cross_validate_estimator(
        StackedRows(*(read_features(*pair) for pair in zip(paths, tables, strict=True))),
        coding.stacked(*tables, unseen=unseen),
        [with_strangers(refit, n_others)],
        Exchangeability.from_config(people, config),
        [index for block in snakemake.params.blocks for index in range(*block)],
        np.pad(row_weights(people), (0, n_others)),
        EstimatorOptions.from_config(config["model"]),
        config["seed"],
    )
    log.info("%d fits, %d of them not converged", result.fits, result.unconverged)
    result.write(snakemake.output[0])
