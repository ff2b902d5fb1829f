"""A version of a model that another organization shares, as its readers see it."""

from typing import Any

from classifier.models import ModelVersion
from classifier.registry.serializers.models import ModelVersionSerializer

# What they need to ask it and to judge the answers. What it was made from, its files and what its
# owners measured is the owners' own, and so is whatever a version says one day.
SHOWN = frozenset(
    (
        *("id", "model", "number", "classes", "preset", "fit"),
        *("libraries", "file", "parity", "created_at"),
    )
)
_EMPTY: dict[str, Any] = {
    "config": {},
    "files": {},
    "made_on_request": [],
    "tags": [],
    "note": "",
    "dataset_digest": "",
    "code_version": "",
}


class SharedModelVersionSerializer(ModelVersionSerializer):
    """The same fields, empty where they are the owner's."""

    def to_representation(self, version: ModelVersion) -> dict[str, Any]:
        """Return what readers are told."""
        version.gate = None  # type: ignore[attr-defined]
        return {
            name: value if name in SHOWN else _EMPTY.get(name)
            for name, value in super().to_representation(version).items()
        }
