from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.atomic import atomic_path
    from mri_response.record.bids import dataset_files

    texts = dataset_files(snakemake.params.config)
    for target, text in zip(snakemake.output, texts, strict=True):
        with atomic_path(target) as temporary:
            temporary.write_text(text, encoding="utf-8")
