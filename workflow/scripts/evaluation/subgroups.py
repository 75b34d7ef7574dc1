from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.subgroups import subgroup_table
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.procedure import collected, load_arrays

    given, params = snakemake.input, snakemake.params
    config, people = {**params.config, **params.cohorts}, read_cohorts(given.people)
    discovery, *_ = people
    scheme = config["cross_validation"]
    held_out = scheme["outer"] == "held_out"
    jobs = [load_arrays(path) for path in given.jobs]
    resampled = collected(jobs, scheme["repeats"], held_out=held_out)
    exchangeability = Exchangeability.from_config(people[discovery], config)
    labels = exchangeability.labellings(config["seed"], range(len(resampled.decision))).T
    tested, resampled = resampled.tested, resampled.of(resampled.tested)
    people[discovery] = people[discovery][tested].reset_index(drop=True)
    arrays = resampled.decision, resampled.fold, labels[:, tested]
    scores = read_tsv(given.scores, {"decision": float})
    model = snakemake.wildcards.model
    table = subgroup_table(model, config, people, *arrays, scores, independent=held_out)
    write_tsv(table, snakemake.output[0])
