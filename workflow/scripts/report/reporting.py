from mri_response.core.job import job

with job(snakemake):
    import json
    from pathlib import Path

    from mri_response.config.answers import read_answers
    from mri_response.core.atomic import atomic_path
    from mri_response.core.provenance import config_hash, versions
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.features.matrices import count_features
    from mri_response.preflight.checks import input_warnings
    from mri_response.report.documents import reviewer_files
    from mri_response.report.facts.evidence import Evidence

    config, given = snakemake.params.config, snakemake.input
    people = read_cohorts(given.people)
    evidence = Evidence(
        config=config,
        **{name: read_tsv(given[name]) for name in ("performance", "null", "flow")},
        tables={Path(path).stem: read_tsv(path) for path in given.tables},
        frozen={Path(path).stem: json.loads(Path(path).read_bytes()) for path in given.frozen},
        n_features={Path(path).parent.name: count_features(path) for path in given.features},
        warnings=[*input_warnings(config, people), *read_tsv(given.warnings)["warning"]],
        versions=versions(),
        config_hash=config_hash(config),
    )
    tables, texts = reviewer_files(evidence, read_answers(config["reporting"]["tripod"]))
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
    for name, text in texts.items():
        with atomic_path(snakemake.output[f"{name}_md"]) as temporary:
            temporary.write_text(text, encoding="utf-8")
