from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.models.freezing import freeze, freeze_stack

    name, params, given = snakemake.wildcards.model, snakemake.params, snakemake.input
    if params.below:
        below = dict(zip(params.below, given.below, strict=True))
        frozen = freeze_stack(name, below, given)
    else:
        frozen = freeze(name, params.config, given)
    frozen.save(snakemake.output.json)
    log.info("frozen model, sha256 %s", frozen.sha256)
