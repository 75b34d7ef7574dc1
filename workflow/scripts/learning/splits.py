from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.learning.feasibility import check_discovery
    from mri_response.learning.split_tables import folds_table
    from mri_response.learning.splits import Scheme, draw_folds, units_of

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    if (
        snakemake.params.check
    ):  # quality control left people out after the check before the first job
        check_discovery(snakemake.params.check, people)
    scheme = Scheme.from_config(config["cross_validation"], people)
    units = units_of(people, config["cross_validation"])
    folds = draw_folds(units, people["label"].to_numpy(), scheme, config["seed"])
    write_tsv(folds_table(folds, people, scheme.inner_repeats), snakemake.output[0])
