from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.features.concatenated import concatenated_features

    sets = zip(snakemake.params.spec["sets"], snakemake.input, strict=True)
    table = concatenated_features({name: read_tsv(path) for name, path in sets})
    write_tsv(table, snakemake.output[0])
