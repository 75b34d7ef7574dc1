from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import write_tsv
    from mri_response.evaluation.leakage import certificate

    write_tsv(certificate(snakemake.params.config, snakemake.input), snakemake.output[0])
