from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.features.matrices import read_features
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.stability import cross_validated_with_seeds, refitted_on_resamples

    given, config = snakemake.input, snakemake.params.config
    people = read_people(given.people)
    features = read_features(given.features, people)
    write_tsv(refitted_on_resamples(people, features, config), snakemake.output.resamples)
    save_arrays(cross_validated_with_seeds(people, features, config), snakemake.output.seeds)
