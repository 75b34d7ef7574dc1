from mri_response.core.job import job, run_folder

with job(snakemake):
    import json

    from mri_response.core.atomic import atomic_path
    from mri_response.core.tables import read_cohorts, read_tsv
    from mri_response.record.crate import run_crate

    given, params = snakemake.input, snakemake.params
    people = read_cohorts(params.cohorts, given.people)
    run = run_folder(snakemake)
    with atomic_path(snakemake.output.workflow) as temporary:
        temporary.write_text(params.workflow, encoding="utf-8")
    files = dict.fromkeys([*given.people, *given.report, *given.shown, *given.results])
    read = read_tsv(given.inputs).dropna(subset="sha256")
    hashes = dict(zip(read["file"], read["sha256"], strict=True))
    crate = run_crate(params.config, people, files, run, params.source, hashes)
    with atomic_path(snakemake.output.crate) as temporary:
        text = json.dumps(crate, indent=2, ensure_ascii=False)
        temporary.write_text(f"{text}\n", encoding="utf-8")
