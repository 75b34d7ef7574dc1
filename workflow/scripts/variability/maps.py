from mri_response.core.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.core.tables import write_tsv
    from mri_response.variability.study import map_table, people_columns, read_effect

    config, out, people = snakemake.params.config, snakemake.output, []
    names = config["variability"]["effects"]
    for name, maps, before in zip(names, out.maps, out.before, strict=True):
        study = read_effect(config, name)
        people.append(study.people)
        write_tsv(map_table(study.maps), maps)
        write_tsv(map_table(study.before), before)
    everybody = pd.concat(people, ignore_index=True)
    write_tsv(everybody[people_columns(config)], out.people)
