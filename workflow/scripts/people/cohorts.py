from mri_response.core.job import job

with job(snakemake) as log:
    import pandas as pd

    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.people.cohorts import build_cohort

    config, quality = snakemake.params.config, None
    if snakemake.input.quality:
        quality = read_tsv(snakemake.input.quality)
    exclusions, flow = [], []
    for name, path in zip(snakemake.params.cohorts, snakemake.output.people, strict=True):
        people, excluded, steps = build_cohort(config, name, quality)
        log.info("%s: %d rows analysed, %d excluded", name, len(people), len(excluded))
        write_tsv(people, path)
        exclusions.append(excluded)
        flow.append(steps)
    write_tsv(pd.concat(exclusions, ignore_index=True), snakemake.output.exclusions)
    write_tsv(pd.concat(flow, ignore_index=True), snakemake.output.flow)
