"""What there are quotas of; the settings hold what an installation allows by default."""

from enum import StrEnum

from common.sentences import binary_size


class Quota(StrEnum):
    """What an organization has only so much of; the value names it in the API."""

    BYTES = "bytes"
    IMAGES = "images"
    DATASETS = "datasets"
    JOBS = "jobs"
    PREDICTIONS = "predictions_per_hour"

    @property
    def field(self) -> str:
        """The field of `Organization` that an operator sets for one organization."""
        return f"max_{self.value}"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def note(self) -> str:
        """What counts."""
        return _NOTES[self]

    def shown(self, amount: int) -> str:
        """Return an amount of it for people."""
        return binary_size(amount) if self is Quota.BYTES else f"{amount:,}"


class PersonalQuota(StrEnum):
    """What a person has only so much of."""

    ORGANIZATIONS = "organizations"
    TOKENS = "tokens"


_LABELS = {
    Quota.BYTES: "Storage",
    Quota.IMAGES: "Images",
    Quota.DATASETS: "Datasets",
    Quota.JOBS: "Jobs",
    Quota.PREDICTIONS: "Predictions an hour",
}
_NOTES = {
    Quota.BYTES: "Image files, also those in the trash and those that only frozen versions hold, "
    "archives that wait for their import, models that were brought along or copied, and the room "
    "for kept predictions",
    Quota.IMAGES: "In all datasets, also in the trash, and those that only frozen versions hold",
    Quota.DATASETS: "Also in the trash",
    Quota.JOBS: "Running and waiting; what runs by itself does not count",
    Quota.PREDICTIONS: "Images, in the hour that began with the first of them",
}
