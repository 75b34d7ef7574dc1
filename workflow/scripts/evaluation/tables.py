from mri_response.core.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.core.tables import read_tsv, write_tsv

    parts = [read_tsv(path) for path in snakemake.input]
    write_tsv(pd.concat(parts, ignore_index=True), snakemake.output[0])
