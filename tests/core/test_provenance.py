"""Hashes change with what they stand for and with nothing else."""

import hashlib
import platform
from pathlib import Path

import numpy as np
import pytest

import mri_response
from mri_response.core import provenance

MODULES = {
    "__init__": '"""Package."""\n__version__ = "1"\nLIMIT = 3\n',
    "top": '"""Top."""\nfrom mypackage.middle import twice\n\ndef run(x):\n    return twice(x)\n',
    "middle": "import numpy\nfrom . import bottom\n\ndef twice(x):\n    return 2 * bottom.one(x)\n",
    "bottom": '"""B."""\n\ndef one(x):\n    """Return x."""\n    # as it is\n    return x\n',
    "lazy": "def run():\n    import mypackage.bottom\n    return mypackage.bottom.one(1)\n",
    "named": "from . import LIMIT\n",
    "apart": "import numpy.linalg\n\nVALUE = 1.5\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package whose modules import each other in the usual ways."""
    folder = tmp_path / "mypackage"
    folder.mkdir()
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def edit(package: Path, name: str, old: str, new: str) -> None:
    path = package / f"{name}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("top", ["bottom", "middle", "top"]),
        ("middle", ["bottom", "middle"]),
        ("lazy", ["bottom", "lazy"]),
        ("named", ["__init__", "named"]),
        ("apart", ["apart"]),
    ],
)
def test_imports_are_followed(package, name, expected):
    assert provenance.PackageCode(package).imported([name]) == expected


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("bottom", "# as it is", "# in another way\n\n"),
        ("bottom", '"""Return x."""', '"""Give x back\n\n    unchanged."""'),
        ("bottom", '    """Return x."""\n', ""),
        ("top", '"""Top."""', '"""Top of it."""'),
        ("middle", "2 * bottom.one(x)", "(2*bottom.one( x ))"),
        ("__init__", '__version__ = "1"', '__version__ = "2"'),
        ("apart", "1.5", "2.5"),
    ],
)
def test_same_hash(package, module, old, new):
    before = provenance.PackageCode(package).source_hash(["top"])
    edit(package, module, old, new)
    assert provenance.PackageCode(package).source_hash(["top"]) == before


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("bottom", "return x", "return -x"),
        ("bottom", "    return x", "    return None"),
        ("middle", "2 *", "2.0 *"),
        ("top", "def run(x)", "def run(x, y=None)"),
        ("top", "return twice(x)", "twice(x)"),
    ],
)
def test_other_hash(package, module, old, new):
    before = provenance.PackageCode(package).source_hash(["top"])
    edit(package, module, old, new)
    assert provenance.PackageCode(package).source_hash(["top"]) != before


def test_a_string_that_is_no_docstring_counts(package):
    before = provenance.PackageCode(package).source_hash(["bottom"])
    edit(package, "bottom", "# as it is", '"no docstring"')
    assert provenance.PackageCode(package).source_hash(["bottom"]) != before


def test_folder_order_and_repetition_do_not_count(package, tmp_path):
    before = provenance.PackageCode(package).source_hash(["top", "apart"])
    elsewhere = tmp_path / "moved" / "mypackage"
    elsewhere.parent.mkdir()
    package.rename(elsewhere)
    assert provenance.PackageCode(elsewhere).source_hash(["apart", "top", "top"]) == before


def test_moving_code_between_modules_counts(package):
    before = provenance.PackageCode(package).source_hash(["top"])
    text = (package / "bottom.py").read_text()
    (package / "bottom.py").write_text("")
    (package / "middle.py").write_text((package / "middle.py").read_text() + text)
    assert provenance.PackageCode(package).source_hash(["top"]) != before


def test_unknown_module(package):
    with pytest.raises(ValueError, match="no module 'absent'"):
        provenance.PackageCode(package).source_hash(["absent"])


def test_hash_is_the_same_under_every_python(package):
    # The value was the same under Python 3.11, 3.12 and 3.13.
    assert provenance.PackageCode(package).source_hash(["top", "lazy"]) == (
        "b1cdb03d6b1e3df2e5945edee101a34caac20a947a2c1c6c1b73ac7b3f1a7dad"
    )


def test_own_package():
    found = provenance.PackageCode().imported(["core.log"])
    assert {"core.log", "core.errors", "core.provenance"} <= set(found)
    assert len(provenance.PackageCode().source_hash(["core.log"])) == 64


def test_file_sha256(tmp_path):
    content = np.random.default_rng(1).bytes(300_000)
    (tmp_path / "file").write_bytes(content)
    assert provenance.file_sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_config_hash_ignores_key_order_only():
    config = {"a": {"x": 1, "y": [1, 2.5, None, True]}, "b": "ü"}
    same = {"b": "ü", "a": {"y": [1, 2.5, None, True], "x": 1}}
    assert provenance.config_hash(config) == provenance.config_hash(same)
    for other in (
        {"a": {"x": 1, "y": [2.5, 1, None, True]}, "b": "ü"},
        {"a": {"x": "1", "y": [1, 2.5, None, True]}, "b": "ü"},
        {"a": {"x": 1, "y": [1, 2.5, None, True]}},
    ):
        assert provenance.config_hash(config) != provenance.config_hash(other)


def test_config_hash_refuses_other_types():
    with pytest.raises(TypeError):
        provenance.config_hash({"a": object()})


def test_versions():
    found = provenance.versions()
    assert found["python"] == platform.python_version()
    assert found["mri-response"] == mri_response.__version__
    assert found["numpy"] == np.__version__
    assert "not installed" not in found.values()


def test_a_script_stands_for_what_it_imports_but_not_for_its_job(package):
    (package / "core").mkdir()
    (package / "core" / "job.py").write_text("LINE = 1\n")
    script = package.parent / "script.py"
    script.write_text(
        "from mypackage.core.job import LINE\n\ndef f():\n    from mypackage import top\n"
    )

    def found() -> str:
        return provenance.PackageCode(package).script_hash([script], leave_out=["core.job"])

    before = found()
    assert before == provenance.PackageCode(package).source_hash(["top"])
    edit(package, "core/job", "1", "2")
    assert found() == before
    edit(package, "bottom", "return x", "return -x")
    assert found() != before
    (package / "core" / "job.py").rename(package / "job.py")
    with pytest.raises(ValueError, match=r"no module 'core\.job'"):
        found()


def test_imports_are_followed_into_folders(package):
    (package / "folder").mkdir()
    (package / "folder" / "__init__.py").write_text("NAME = 1\n")
    (package / "folder" / "leaf.py").write_text("from mypackage import bottom\n")
    script = package.parent / "script.py"
    for line, names in {
        "from mypackage.folder.leaf import bottom\n": ["folder.leaf"],
        "from mypackage.folder import leaf\n": ["folder.leaf"],
        "from mypackage.folder import NAME\n": ["folder"],
    }.items():
        script.write_text(line)
        expected = provenance.PackageCode(package).source_hash(names)
        assert provenance.PackageCode(package).script_hash([script]) == expected
    assert provenance.PackageCode(package).imported(["folder.leaf"]) == ["bottom", "folder.leaf"]


def test_imports_for_annotations_alone_are_not_followed(package):
    (package / "typed.py").write_text(
        "from typing import TYPE_CHECKING\n\nfrom mypackage import bottom\n\n"
        "if TYPE_CHECKING:\n    from mypackage import top\n"
    )
    assert provenance.PackageCode(package).imported(["typed"]) == ["bottom", "typed"]
