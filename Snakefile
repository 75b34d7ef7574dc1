# The workflow is workflow/Snakefile; this file lets plain `snakemake` find it. The rule is here
# because Snakemake ignores `default_target` in included files.
include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
