"""``python -m mri_response``: checks, a first configuration, registrations, pages of runs."""

import sys


def main(arguments: list[str]) -> int:
    """Do what is asked; see the usage of each command."""
    if arguments[:1] in (["list-runs"], ["compare-runs"]):
        from mri_response.report.runs_page import command
    elif arguments[:1] == ["verify-registration"]:
        from mri_response.application.registration import command
    else:
        from mri_response.preflight.start import command
    return command(arguments)


sys.exit(main(sys.argv[1:]))
