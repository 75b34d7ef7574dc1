from mri_response.job import job, run_folder

with job(snakemake):
    import json

    from mri_response.atomic import atomic_path
    from mri_response.crate import run_crate
    from mri_response.tables import read_people

    given, params = snakemake.input, snakemake.params
    people = {
        name: read_people(path) for name, path in zip(params.cohorts, given.people, strict=True)
    }
    run = run_folder(snakemake)
    crate = run_crate(params.config, people, dict.fromkeys(given), run, params.source)
    with atomic_path(snakemake.output[0]) as temporary:
        text = json.dumps(crate, indent=2, ensure_ascii=False)
        temporary.write_text(f"{text}\n", encoding="utf-8")
