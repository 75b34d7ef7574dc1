"""config/README.md says what the schema says."""

import re

import yaml

from mri_response.config.key_table import BEGIN, END, key_table, write


def test_key_table_is_that_of_the_schema(root):
    schema = yaml.safe_load(
        (root / "workflow/src/mri_response/data/config.schema.yaml").read_text()
    )
    text = (root / "config" / "README.md").read_text()
    shown = text.split(BEGIN)[1].split(END)[0].strip()
    assert shown == key_table(schema).strip(), (
        "write it anew: PYTHONPATH=workflow/src python -m mri_response.config.key_table"
    )


def test_every_key_of_the_schema_is_in_the_table(root):
    """Not by the code that makes the table: every name under any ``properties``."""
    schema = yaml.safe_load(
        (root / "workflow/src/mri_response/data/config.schema.yaml").read_text()
    )
    text = (root / "config" / "README.md").read_text().split(BEGIN)[1].split(END)[0]
    shown = set(re.findall(r"^\| `(?:\w+\.)*(\w+)` \|", text, flags=re.MULTILINE))

    def names(node):
        if isinstance(node, dict):
            for key, child in node.items():
                if key == "properties":
                    yield from child
                yield from names(child)
        elif isinstance(node, list):
            for child in node:
                yield from names(child)

    assert set(names(schema)) == shown


def test_output_files_are_documented(root):
    text = (root / "config" / "README.md").read_text()
    for name in (
        "splits.tsv",
        "predictions.tsv",
        "performance.tsv",
        "null.tsv",
        "exclusions.tsv",
        "flow.tsv",
        "report.html",
        "snakemake-report.zip",
    ):
        assert f"| `{name}` |" in text


def test_table_is_written_between_its_marks_and_nowhere_else(tmp_path):
    schema = tmp_path / "schema.yaml"
    schema.write_text(
        "type: object\nrequired: [run]\nproperties:\n"
        "  run: {type: string, description: The name.}\n"
        "  n: {type: integer, minimum: 1, default: 3, description: A | number.}\n"
    )
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write(readme, schema)
        assert readme.read_text() == (
            f"before\n{BEGIN}\n\n### General\n\n| key | meaning | allowed | default |\n"
            "|---|---|---|---|\n| `run` | The name. | a text | required |\n"
            f"| `n` | A \\| number. | a whole number at least 1 | `3` |\n\n{END}\nafter\n"
        )
