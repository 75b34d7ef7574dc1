from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.extract import read_features
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import (
        ModelOptions,
        StackedRows,
        fold_grams,
        with_strangers,
    )
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    others = [read_people(path) for path in snakemake.input.others]
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    unseen = config["confounds"]["unseen_site"]
    tables = [people, *others]
    paths = [snakemake.input.features, *snakemake.input.other_features]
    refit = folds_from_table(read_tsv(snakemake.input.splits), people)[-1]
    grams = fold_grams(
        StackedRows(*(read_features(*pair) for pair in zip(paths, tables, strict=True))),
        coding.stacked(*tables, unseen=unseen),
        [with_strangers(refit, sum(map(len, others)))],
        ModelOptions.from_config(config["model"]),
    )
    save_arrays({"refit": grams[0]}, snakemake.output[0])
