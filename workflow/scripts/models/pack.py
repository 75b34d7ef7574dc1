from mri_response.core.job import job

with job(snakemake) as log:
    from pathlib import Path

    from mri_response.models.folder import folder_sha256
    from mri_response.models.packing import pack

    folder = Path(snakemake.output.manifest).parent
    pack(snakemake.wildcards.model, snakemake.params.config, snakemake.input, folder)
    log.info("folder of the model, sha256 %s", folder_sha256(folder))
