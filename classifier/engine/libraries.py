"""Which libraries made a model: part of its lineage."""

import platform
from importlib.metadata import PackageNotFoundError, version

NAMES = ("tensorflow", "keras", "numpy", "onnxruntime", "pillow", "scikit-learn")


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that decide a model's numbers."""
    versions = {"python": platform.python_version()}
    for name in NAMES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
