"""``python -m mri_response check my_study.yaml``: all checks of a run, without Snakemake."""

import sys

from mri_response.preflight.start import command

sys.exit(command(sys.argv[1:]))
