from mri_response.core.job import job

with job(snakemake):
    from mri_response.belief_updating.run_tables import typed
    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.features.belief import belief_features
    from mri_response.features.matrices import identified

    people, rates = read_people(snakemake.input.people), typed(read_tsv(snakemake.input.rates))
    features = belief_features(people, rates, snakemake.params.spec)
    write_tsv(identified(people, features), snakemake.output[0])
