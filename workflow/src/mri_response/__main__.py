"""``python -m mri_response``: ``check`` makes all checks of a run, ``configure`` a first file."""

import sys

from mri_response.preflight.start import command

sys.exit(command(sys.argv[1:]))
