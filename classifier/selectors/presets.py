"""The training recipes that people may choose."""

from typing import Any, TypedDict

from django.db.models import Avg
from django.db.models.functions import Greatest

from classifier.engine.presets import PRESETS, Preset
from datasets.models import DatasetVersion

# Below this many pixels of the longer side, on average, a network for small images does better.
SMALL_SIDE = 64


class PresetFacts(TypedDict):
    """A preset as the API shows it and the form is made of."""

    name: str
    title: str
    description: str
    kind: str
    config_schema: dict[str, Any]
    defaults: dict[str, Any]


def all_presets() -> list[PresetFacts]:
    """Return every preset, in the order in which to offer them."""
    return [preset_facts(preset) for preset in PRESETS.values()]


def preset_facts(preset: Preset) -> PresetFacts:
    """Return what people need to know of one preset."""
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "kind": preset.kind,
        "config_schema": preset.config_schema(),
        "defaults": preset.defaults.to_dict(),
    }


def suggested_preset(version: DatasetVersion) -> str:
    """Return the name of the preset to begin with on this version, by the size of its images."""
    longer = Greatest("image__width", "image__height")
    side = version.samples.aggregate(side=Avg(longer))["side"]
    return "cnn_tiny" if side is not None and side <= SMALL_SIDE else "mobilenet_v2"
