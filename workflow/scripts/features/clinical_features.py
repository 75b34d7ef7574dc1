from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.features.clinical import clinical_features
    from mri_response.features.matrices import identified

    # As text: a category that is written as a number stays as it is written.
    people, discovery = map(read_tsv, (snakemake.input.people, snakemake.input.discovery))
    features = clinical_features(people, discovery, snakemake.params.spec)
    write_tsv(identified(people, features), snakemake.output[0])
