from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import write_tsv
    from mri_response.models.loading import load_frozen
    from mri_response.models.scores import new_people, new_people_of_stack, scores

    params, given = snakemake.params, snakemake.input
    home = {"people": given.discovery, "features": given.matrix, "splits": given.splits}
    frozen = load_frozen(given.json).ready(home)
    log.info("frozen model, sha256 %s", frozen.sha256)
    if params.below:
        cohorts = new_people_of_stack(params.cohorts, given.people, given.below)
    else:
        cohorts = new_people(params.cohorts, given.people, given.features)
    unseen = params.config["confounds"]["unseen_site"]
    write_tsv(scores(frozen, cohorts, unseen), snakemake.output[0])
