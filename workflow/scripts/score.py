from mri_response.job import job

with job(snakemake) as log:
    import pandas as pd

    from mri_response.features import identified, read_features
    from mri_response.frozen import FrozenModel
    from mri_response.tables import read_people, write_tsv

    frozen = FrozenModel.load(snakemake.input.npz, snakemake.input.json)
    log.info("frozen model, sha256 %s", frozen.sha256)
    parts = [pd.DataFrame(columns=["cohort", "participant_id", "decision"])]
    for cohort, table, matrix in zip(
        snakemake.params.cohorts, snakemake.input.people, snakemake.input.features, strict=True
    ):
        people = read_people(table).drop(columns=["label", "outcome"])
        unseen = snakemake.params.config["confounds"]["unseen_site"]
        decision = frozen.decision(read_features(matrix, people), people, unseen=unseen)
        part = identified(people, pd.DataFrame({"decision": decision}))
        parts.append(part.assign(cohort=cohort))
    write_tsv(pd.concat(parts, ignore_index=True), snakemake.output[0])
