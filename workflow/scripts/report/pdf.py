from mri_response.core.job import job

with job(snakemake):
    from mri_response.report.printing import print_page

    print_page(snakemake.input[0], snakemake.output[0])
