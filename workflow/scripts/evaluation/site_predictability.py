from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.evaluation.sites.prediction import site_predictability
    from mri_response.features.matrices import read_features
    from mri_response.learning.decisions import Decisions
    from mri_response.learning.split_tables import folds_from_table

    given = snakemake.input
    people = read_people(given.people)
    table = site_predictability(
        snakemake.wildcards.model,
        snakemake.params.config,
        people,
        read_features(given.features, people),
        folds_from_table(read_tsv(given.splits), people),
        Decisions.read(given.decisions),
    )
    write_tsv(table, snakemake.output[0])
