"""Where the result comes from: seed, configuration and software."""

from __future__ import annotations

from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Details, Table, Text
from mri_response.report.sections.section import Section


def _blocks(run: Run) -> list[Block]:
    """The seed, the hash of the configuration and the versions of the software."""
    text = f"Seed {run.config['seed']}. Hash of the configuration (SHA-256):"
    software = [list(item) for item in run.versions.items()]
    return [
        Text(text, code=run.config_hash),
        Details(
            "Software and its versions",
            [Table(run.names.title("Software"), ["Name", "Version"], software, label="Software")],
        ),
    ]


SECTION = Section("provenance", "Provenance", "Provenance", _blocks, module=None)
