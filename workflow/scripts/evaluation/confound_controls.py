from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.evaluation.confound_controls import confound_controls
    from mri_response.learning.decisions import Decisions
    from mri_response.learning.jobs import load_arrays

    given = snakemake.input
    table = confound_controls(
        snakemake.wildcards.model,
        snakemake.params.cohort,
        read_people(given.people),
        Decisions.read(given.decisions),
        load_arrays(given.controls),
    )
    write_tsv(table, snakemake.output[0])
