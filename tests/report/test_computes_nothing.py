"""The report writes down what the stages before it computed, and computes no statistic itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPORT = Path(__file__).resolve().parents[2] / "workflow" / "src" / "mri_response" / "report"
# Pictures lay out points and curves; what they draw is not looked at here.
MODULES = sorted(path for path in REPORT.rglob("*.py") if "figures" not in path.parts)
# Chooses rows of a table for the verdict and the report alike; it is held to the same rule below.
ROW_CHOICE = "mri_response.evaluation.headline"
LIBRARIES = ("scipy", "sklearn", "statsmodels", "numpy.random", "numpy.linalg")
STAGES = ("mri_response.evaluation", "mri_response.brain", "mri_response.models")
STATISTICS = {
    *("mean", "median", "std", "var", "sem", "quantile", "percentile", "average", "describe"),
    *("nanmean", "nanmedian", "nanstd", "nanquantile", "nanpercentile"),
    *("corr", "corrcoef", "cov", "rank", "polyfit", "histogram", "random", "linalg", "agg"),
}


def computing(source: str) -> Iterator[str]:
    """What in a module computes a statistic: a library, a function of a stage, a method."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in STATISTICS:
            yield f"line {node.lineno}: {node.attr}"
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            module, _, imported = name.rpartition(".")
            of_stage = name.startswith(STAGES) and module != ROW_CHOICE and not imported.isupper()
            if of_stage or any(f"{name}.".startswith(f"{library}.") for library in LIBRARIES):
                yield f"line {node.lineno}: {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPORT)))
def test_a_module_of_the_report_computes_no_statistic(path: Path) -> None:
    assert list(computing(path.read_text(encoding="utf-8"))) == []


def test_the_choice_of_rows_computes_no_statistic() -> None:
    path = REPORT.parents[1] / f"{ROW_CHOICE.replace('.', '/')}.py"
    assert list(computing(path.read_text(encoding="utf-8"))) == []


def test_all_modules_are_looked_at() -> None:
    names = {str(path.relative_to(REPORT)) for path in MODULES}
    assert {"page.py", "run.py", "sections/result.py", "facts/caveats.py"} <= names
    assert len(names) > 40


@pytest.mark.parametrize(
    "source",
    [
        "import scipy",
        "from scipy.stats import binom",
        "def f():\n    from sklearn import metrics",
        "from numpy import random",
        "import statsmodels.api as sm",
        "from mri_response.evaluation.metrics import auc",
        "from mri_response.evaluation import metrics",
        "from mri_response.brain.planted import planted_and_found",
        "best = np.quantile(null, 0.95)",
        "table['value'].mean()",
        "rng = np.random.default_rng(1)",
    ],
)
def test_a_computation_is_found(source: str) -> None:
    assert len(list(computing(source))) == 1


def test_names_of_columns_and_numbers_are_no_computations() -> None:
    source = (
        "from mri_response.evaluation.comparisons import MAIN\n"
        "from mri_response.evaluation.headline import headline_row\n"
        "table[table['mean'] > 0]"
    )
    assert list(computing(source)) == []
