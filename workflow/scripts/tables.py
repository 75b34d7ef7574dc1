from mri_response.log import logged

with logged(snakemake.log[0], snakemake.rule, snakemake.threads):
    import pandas as pd

    from mri_response.tables import read_tsv, write_tsv

    parts = [read_tsv(path) for path in snakemake.input]
    write_tsv(pd.concat(parts, ignore_index=True), snakemake.output[0])
