# Whether the files of the run are still what was written: `snakemake verify`.


localrules:
    verify,


rule verify:
    """Compare every file of the run with its recorded SHA-256; nothing is made."""
    log:
        f"{RUN}/logs/verify.log",
    conda:
        ENVIRONMENT
    params:
        temporary=["kernels"],
    message:
        f"Verifying the files in {RUN}"
    script:
        "../scripts/verify.py"
