from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.matrices import read_features
    from mri_response.learning.confound_controls import run_confound_controls
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.split_tables import folds_from_table

    given = snakemake.input
    people = read_people(given.people)
    folds = folds_from_table(read_tsv(given.splits), people)
    features = read_features(given.features, people)
    result = run_confound_controls(people, features, folds, snakemake.params.config)
    save_arrays(result, snakemake.output[0])
