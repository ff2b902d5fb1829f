"""Which libraries made a model: part of its lineage."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

# Every training decodes, computes with and writes by these.
_ALWAYS = ("numpy", "onnx", "onnxruntime", "pillow")
# These take part only where the process has loaded them: by the name of the module.
_LOADED = {"tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn"}


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that took part in making a model."""
    versions = {"python": platform.python_version()}
    loaded = [name for module, name in _LOADED.items() if module in sys.modules]
    for name in (*loaded, *_ALWAYS):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
