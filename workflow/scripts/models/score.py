from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import write_tsv
    from mri_response.models.frozen import FrozenModel, scores

    given = snakemake.input
    frozen = FrozenModel.load(given.npz, given.json)
    log.info("frozen model, sha256 %s", frozen.sha256)
    unseen = snakemake.params.config["confounds"]["unseen_site"]
    cohorts = zip(snakemake.params.cohorts, given.people, given.features, strict=True)
    write_tsv(scores(frozen, cohorts, unseen), snakemake.output[0])
