"""The training recipes that people may choose."""

from dataclasses import dataclass
from typing import Any, TypedDict

from django.conf import settings
from django.db.models import Avg
from django.db.models.functions import Greatest

from classifier.engine.presets.preset import Preset
from classifier.engine.presets.registry import PRESETS, begin_with
from datasets.models import DatasetVersion
from datasets.selectors.small_images import is_small

# The squares of pixels that a classic method is suggested to learn from.
_LEAST_SIDE, _MOST_SIDE = 4, 32


class PresetFacts(TypedDict):
    """A preset as the API shows it and the form is made of."""

    name: str
    title: str
    description: str
    kind: str
    facts: dict[str, int | str]
    at_hand: bool
    missing: str
    get_it: str
    config_schema: dict[str, Any]
    defaults: dict[str, Any]


def all_presets() -> list[PresetFacts]:
    """Return every preset, in the order in which to offer them."""
    return [preset_facts(preset) for preset in PRESETS.values()]


def preset_facts(preset: Preset) -> PresetFacts:
    """Return what people need to know of one preset.

    `missing` says which file it lacks on this machine and `get_it` how that comes here; both are
    empty where it can be trained (`at_hand`).
    """
    missing = preset.missing(settings.WEIGHTS_DIR)
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "kind": preset.kind,
        "facts": {"source": preset.source, **preset.facts},
        "at_hand": missing is None,
        "missing": missing.detail if missing else "",
        "get_it": missing.hint if missing else "",
        "config_schema": preset.config_schema(),
        "defaults": preset.defaults.to_dict(),
    }


@dataclass(frozen=True)
class Recommendation:
    """The preset to begin with on a version, and why, in a sentence."""

    preset: str
    reason: str


def recommended_preset(version: DatasetVersion) -> Recommendation:
    """Return the preset to begin with on this version, by the size of its images."""
    side = _mean_side(version)
    if side is not None and is_small(side):
        return Recommendation(
            begin_with("small images").name,
            f"Your images are small, {side:.0f} pixels on the longer side on average: this network "
            "sees every one of them.",
        )
    train = version.sample_counts.get("train", {})
    each = sum(train.values()) // max(1, len(train))
    return Recommendation(
        begin_with("photographs").name,
        f"Your images are {side or 0:.0f} pixels on the longer side on average, and there are "
        f"about {each:,} of each class to learn from: a network that knows photographs already "
        "needs few.",
    )


def suggested_config(preset: Preset, version: DatasetVersion) -> dict[str, Any]:
    """Return the settings in which this version's images ask for another value than the default.

    A classic method takes small images as pixels: a network for photographs sees little in them.
    """
    side = _mean_side(version) if preset.kind == "classic" else None
    if side is None or not is_small(side):
        return {}
    return {"input": "pixels", "side": max(_LEAST_SIDE, min(round(side), _MOST_SIDE))}


def _mean_side(version: DatasetVersion) -> float | None:
    """Return the longer side of the version's images, in pixels, on average; None for none."""
    longer = Greatest("image__width", "image__height")
    side: float | None = version.samples.kept().aggregate(side=Avg(longer))["side"]
    return side
