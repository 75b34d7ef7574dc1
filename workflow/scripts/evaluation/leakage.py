from mri_response.core.job import job

with job(snakemake):
    from mri_response.config.queries import discovery_name
    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.evaluation import leakage
    from mri_response.learning.split_tables import folds_from_table

    config, given = snakemake.params.config, snakemake.input
    people = dict(zip(config["cohorts"], map(read_people, given.people), strict=True))
    discovery = discovery_name(config)
    home = people.pop(discovery)
    folds = folds_from_table(read_tsv(given.splits), home)
    null = read_tsv(given.null, {"value": float})
    controls = read_tsv(given.controls, {"estimate": float}) if given.controls else None
    rows = [
        *leakage.split_checks(folds, home, config["cross_validation"]["group"]),
        *leakage.shared_ids(
            home, people, [name for name in people if config["cohorts"][name]["own_ids"]]
        ),
        *leakage.scan_checks(read_tsv(given.qc, {"resemblance": float})),
        *leakage.null_checks(null, discovery, free=config["permutation"]["within"] is None),
        *leakage.removal_checks(controls, null),
    ]
    write_tsv(leakage.leakage_table(rows), snakemake.output[0])
