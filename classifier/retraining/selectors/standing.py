"""How a model stands: what its live version learned from, and what has changed there since."""

from dataclasses import dataclass

from classifier.models import ModelVersion, RegisteredModel, TrainingRun
from classifier.models.alias import CHAMPION
from classifier.training.selectors.teachers import version_of_teacher
from datasets.models import Dataset, DatasetVersion, Image, Sample
from datasets.selectors.since_frozen import classes_now, since_frozen


@dataclass(frozen=True)
class Standing:
    """`live` is the live version; `hindrance` says why no run like its own can be started.

    Where that is empty, `run` and `learned` are the run that made it and what it learned from.
    `new_labels` and `corrected` count images of the dataset that have a class and are not in that
    version, and those in it that have another class by now.
    """

    live: ModelVersion | None
    hindrance: str = ""
    new_labels: int = 0
    corrected: int = 0

    @property
    def changed(self) -> int:
        """How many labels are new or corrected."""
        return self.new_labels + self.corrected

    @property
    def run(self) -> TrainingRun:
        """The run that made the live version; only where there is no hindrance."""
        found = self.live.training_run if self.live else None
        if found is None:
            raise ValueError(self.hindrance)
        return found

    @property
    def learned(self) -> DatasetVersion:
        """What it learned from; only where there is no hindrance."""
        return self.run.dataset_version

    @property
    def dataset(self) -> Dataset:
        """The dataset that a new version would be frozen of."""
        return self.learned.dataset


def standing_of(model: RegisteredModel) -> Standing:
    """Return how a model stands now."""
    live = (
        ModelVersion.objects.filter(model=model, alias_set__alias=CHAMPION)
        .select_related("training_run__dataset_version__dataset__organization", "model")
        .first()
    )
    hindrance = _hindrance(model, live)
    if hindrance or live is None:
        return Standing(live, hindrance)
    learned = live.training_run.dataset_version  # type: ignore[union-attr]
    return Standing(live, "", new_labels(learned), corrected(learned))


def _hindrance(model: RegisteredModel, live: ModelVersion | None) -> str:
    if model.archived_at is not None:
        return f"{model.name} is archived."
    if live is None:
        return "No version is live."
    if live.training_run is None:
        return (
            f"Version {live.number} is live, and no training run of this Loupe made it: there is "
            "no run to start again."
        )
    dataset = live.training_run.dataset_version.dataset
    if dataset.organization_id != model.organization_id:
        return (
            f"Version {live.number} learned from {dataset.name}, which is shared with you: only "
            "its owner can freeze a version of it."
        )
    if dataset.deleted_at is not None:
        return f"{dataset.name}, from which version {live.number} learned, is in the trash."
    return _no_teacher(live, live.training_run, dataset)


def _no_teacher(live: ModelVersion, run: TrainingRun, dataset: Dataset) -> str:
    """Return why a student's teacher cannot teach another one; empty where it can."""
    if run.distilled is None:
        return ""
    teacher, name = version_of_teacher(run), run.distilled["name"]
    if teacher is None:
        return f"Version {live.number} is a student of {name}, which was deleted."
    images = Image.objects.alive().filter(
        dataset=dataset, class_label__isnull=False, excluded_at=None
    )
    names = images.order_by().values_list("class_label__name", flat=True).distinct()
    if set(names) == set(teacher.class_names):
        return ""
    return (
        f"Version {live.number} is a student of {name}, which does not know the classes that "
        f"{dataset.name} has now: train a teacher on them first."
    )


def new_labels(version: DatasetVersion) -> int:
    """Return how many images of its dataset have a class and are not in the version."""
    images = Image.objects.alive().filter(
        dataset=version.dataset_id, class_label__isnull=False, excluded_at=None
    )
    held = Sample.objects.filter(version=version)
    return images.exclude(pk__in=held.values("image")).count()


def corrected(version: DatasetVersion) -> int:
    """Return how many images of the version have another class by now."""
    return since_frozen(version, classes_now(version)).relabelled
