from mri_response.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.tables import read_tsv, write_tsv

    parts = [read_tsv(path) for path in snakemake.input]
    write_tsv(pd.concat(parts, ignore_index=True), snakemake.output[0])
