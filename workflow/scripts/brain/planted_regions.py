from mri_response.core.job import job

with job(snakemake):
    from mri_response.brain.planted import planted_and_found
    from mri_response.core.tables import read_tsv, write_tsv

    planted = read_tsv(snakemake.input.planted, {"planted": float})
    tables = zip(snakemake.params.models, snakemake.input.weights, strict=True)
    weights = {model: read_tsv(path, {"haufe": float}) for model, path in tables}
    write_tsv(planted_and_found(planted, weights), snakemake.output[0])
