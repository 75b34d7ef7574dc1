from mri_response.core.job import job

with job(snakemake):
    import json
    from pathlib import Path

    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.predictions import tables_of
    from mri_response.learning.decision_rules import DecisionRules
    from mri_response.learning.decisions import Decisions

    given, params, rules = snakemake.input, snakemake.params, None
    if given.frozen:  # models have one; baselines and stacks learn no decision rules
        text = json.loads(Path(given.frozen[0]).read_text(encoding="utf-8"))
        rules = DecisionRules.from_description(text["description"]["decision_rules"])
    tables = tables_of(
        snakemake.wildcards.model,
        {**params.config, "confound_columns": params.confounds},
        read_cohorts(params.cohorts, given.people),
        Decisions.read(given.decisions),
        read_tsv(given.scores, {"decision": float}),
        rules,
    )
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
