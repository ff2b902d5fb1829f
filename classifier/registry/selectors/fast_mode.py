"""Reading the fast mode of model versions."""

from dataclasses import dataclass
from typing import NamedTuple

from classifier.engine.presets.registry import PRESETS
from classifier.models import FastMode, ModelVersion


class Obstacle(NamedTuple):
    """Why a version can have no fast mode: for programs, and in a sentence."""

    code: str
    detail: str


NO_IMAGES = Obstacle(
    "no_test_images",
    "Fast mode is checked on the test images of the dataset version that a model learned from; "
    "this model has none.",
)


@dataclass(frozen=True)
class FastModeState:
    """The fast mode of a version: `row` is None where no one has asked for it yet.

    `why_not` says why it cannot be asked for, empty where it can.
    """

    version: ModelVersion
    row: FastMode | None
    why_not: str

    @property
    def under_way(self) -> bool:
        """Whether it is being made now, or waits for its turn."""
        return self.row is not None and not self.row.job.is_terminal

    @property
    def enabled(self) -> bool:
        """Whether the fast file answers."""
        return self.row is not None and self.row.enabled


def fast_mode_of(version: ModelVersion) -> FastModeState:
    """Return the state of the version's fast mode."""
    row = FastMode.objects.filter(model_version=version).select_related("job").first()
    obstacle = obstacle_to_fast_mode(version)
    return FastModeState(version, row, obstacle.detail if obstacle else "")


def obstacle_to_fast_mode(version: ModelVersion) -> Obstacle | None:
    """Return what keeps a version from having one, None where nothing does."""
    methods = _classic_methods(version)
    if methods:
        return Obstacle(
            "does_not_apply",
            f"Fast mode is for networks, whose convolutions it has calculate with 8-bit integers; "
            f"{methods}.",
        )
    if version.dataset_version is None or version.served_file is None:
        return NO_IMAGES
    counts = version.dataset_version.sample_counts
    empty = [split for split in ("train", "test") if not sum(counts.get(split, {}).values())]
    if empty:
        return Obstacle(
            "no_test_images",
            f"Fast mode is made with train images and checked on test images; the {empty[0]} split "
            f"of {version.dataset_version} has none.",
        )
    return None


def _classic_methods(version: ModelVersion) -> str:
    """Return that a version is a classic method, or made of such alone; empty for others."""
    if version.ensemble is None:
        preset = PRESETS.get(version.preset)
        is_classic = preset is not None and preset.kind == "classic"
        return f"{preset.title} is a classic method" if preset and is_classic else ""
    found = [PRESETS.get(each["preset"]) for each in version.ensemble["members"]]
    if all(preset is not None and preset.kind == "classic" for preset in found):
        return "all members of this ensemble are classic methods"
    return ""
