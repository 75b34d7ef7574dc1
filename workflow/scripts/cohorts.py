from mri_response.job import job

with job(snakemake) as log:
    import pandas as pd

    from mri_response.cohorts import build_cohort
    from mri_response.tables import write_tsv

    exclusions, flow = [], []
    for path in snakemake.output.people:
        name = path.rsplit("/", 1)[1].removesuffix(".tsv")
        people, excluded, steps = build_cohort(snakemake.params.config, name)
        log.info("%s: %d rows analysed, %d excluded", name, len(people), len(excluded))
        write_tsv(people, path)
        exclusions.append(excluded)
        flow.append(steps)
    write_tsv(pd.concat(exclusions, ignore_index=True), snakemake.output.exclusions)
    write_tsv(pd.concat(flow, ignore_index=True), snakemake.output.flow)
