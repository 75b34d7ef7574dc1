from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.features.matrices import identified
    from mri_response.features.table import table_features
    from mri_response.inputs.tables import table_columns

    spec = snakemake.params.spec
    own, discovery = snakemake.input.tables[0], snakemake.input.tables[-1]
    columns = table_columns(discovery, spec["columns"], spec["exclude"], snakemake.params.never)
    people = read_tsv(snakemake.input.people)
    regions = table_features(own, columns, people)
    write_tsv(identified(people, regions), snakemake.output[0])
