from mri_response.core.job import job

with job(snakemake):
    from pathlib import Path

    from mri_response.brain.planted import planted_and_found
    from mri_response.core.tables import read_tsv, write_tsv

    planted = read_tsv(snakemake.input.planted, {"planted": float})
    weights = {
        Path(path).stem: read_tsv(path, {"haufe": float}) for path in snakemake.input.weights
    }
    write_tsv(planted_and_found(planted, weights), snakemake.output[0])
