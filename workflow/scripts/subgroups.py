from mri_response.job import job

with job(snakemake):
    from mri_response.permutation import Exchangeability
    from mri_response.resampling import collected, load_arrays
    from mri_response.subgroups import subgroup_table
    from mri_response.tables import read_people, read_tsv, write_tsv

    params = snakemake.params
    config = {**params.config, **params.cohorts}
    people = {
        name: read_people(path)
        for name, path in zip(params.names, snakemake.input.people, strict=True)
    }
    jobs = [load_arrays(path) for path in snakemake.input.jobs]
    resampled = collected(jobs, config["cross_validation"]["repeats"])
    exchangeability = Exchangeability.from_config(people[params.names[0]], config)
    labels = exchangeability.labellings(config["seed"], range(len(resampled.decision))).T
    scores = read_tsv(snakemake.input.scores, {"decision": float})
    model = snakemake.wildcards.model
    table = subgroup_table(
        model, config, people, resampled.decision, resampled.fold, labels, scores
    )
    write_tsv(table, snakemake.output[0])
