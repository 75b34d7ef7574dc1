from mri_response.core.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.features.matrices import read_features
    from mri_response.learning.transport import can_be_learned_from, transported

    given, params = snakemake.input, snakemake.params
    people = read_cohorts(params.cohorts, given.people)
    features = {
        name: read_features(path, people[name])
        for name, path in zip(params.cohorts, given.features, strict=True)
    }
    tables = [
        transported(name, people, features, params.config)
        for name in params.cohorts[1:]
        if can_be_learned_from(people[name], params.least)
    ]
    empty = pd.DataFrame(columns=["trained_on", "cohort", "participant_id", "decision"])
    write_tsv(pd.concat([empty, *tables], ignore_index=True), snakemake.output[0])
