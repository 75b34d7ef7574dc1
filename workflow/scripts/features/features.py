from mri_response.core.job import job

with job(snakemake):
    from importlib import import_module

    from mri_response.features.job import FeatureJob

    given = snakemake.params
    kind = import_module(f"mri_response.features.{given.spec['kind']}")
    kind.make(
        FeatureJob(
            given.spec,
            dict(snakemake.input.items()),
            snakemake.wildcards.cohort,
            snakemake.output[0],
            threads=snakemake.threads,
            pattern=given.get("pattern"),
            never=given.get("never", ()),
            config=given.get("config"),
        )
    )
