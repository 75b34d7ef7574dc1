from mri_response.core.job import job

with job(snakemake) as log:
    import pandas as pd

    from mri_response.core.log import tell
    from mri_response.core.tables import write_tsv
    from mri_response.features.quality import quality_summary, quality_table

    table = quality_table(snakemake.params.config)
    flagged, excluded = table["flag"].notna().sum(), table["excluded"].notna().sum()
    log.info("%d scans, %d flagged, %d excluded by rule", len(table), flagged, excluded)
    told = table.attrs.get("told", [])
    for text in told:
        tell(text)
    write_tsv(table, snakemake.output.qc)
    write_tsv(pd.DataFrame({"warning": told}, dtype=str), snakemake.output.qc_warnings)
    write_tsv(quality_summary(table), snakemake.output.qc_summary)
