"""Reading the fast mode of model versions."""

from dataclasses import dataclass

from classifier.models import FastMode, ModelVersion


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
    return FastModeState(version, row, why_no_fast_mode(version))


def why_no_fast_mode(version: ModelVersion) -> str:
    """Return why a version can have none, empty where it can."""
    if version.dataset_version is None or version.served_file is None:
        return (
            "Fast mode is checked on the test images of the dataset version that a model learned "
            "from; this model has none."
        )
    counts = version.dataset_version.sample_counts
    empty = [split for split in ("train", "test") if not sum(counts.get(split, {}).values())]
    if empty:
        return (
            f"Fast mode is made with train images and checked on test images; the {empty[0]} split "
            f"of {version.dataset_version} has none."
        )
    return ""
