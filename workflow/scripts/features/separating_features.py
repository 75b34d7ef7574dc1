from mri_response.core.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.core.log import tell
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.features.matrices import read_features, region_names
    from mri_response.features.separation import separation_warnings

    people = read_people(snakemake.input.people)
    sets = {}
    for name, path in zip(snakemake.params.names, snakemake.input.features, strict=True):
        values = read_features(path, people)
        voxels = path.endswith(".npy")
        sets[name] = values if voxels else pd.DataFrame(values, columns=region_names(path))
    told = separation_warnings(sets, people["label"].to_numpy())
    for text in told:
        tell(text)
    write_tsv(pd.DataFrame({"warning": told}, dtype=str), snakemake.output[0])
