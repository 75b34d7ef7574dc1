from mri_response.core.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.people.extraction import read_warnings
    from mri_response.preflight.weaknesses import input_warnings

    people = read_cohorts(snakemake.params.cohorts, snakemake.input.people)
    texts = input_warnings(snakemake.params.config, people)
    texts += read_warnings(
        [path for path in snakemake.input.tables if path.endswith("warnings.tsv")]
    )
    write_tsv(pd.DataFrame({"warning": texts}), snakemake.output[0])
