"""Real imports, trainings and evaluations of a campaign, through the services that pages use.

A course is one dataset: two archives that overlap are imported at the same time; when both are
there, the dataset is frozen and a model trained; then the model is evaluated once more.
"""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from django.db import transaction
from PIL import Image as Picture

from accounts.models import User
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.models import TrainingRun
from classifier.training.services.start_training import start_training
from datasets.models import Dataset, Split
from datasets.services.create_dataset import create_dataset
from datasets.services.intake.start_import import start_import
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from tests.torture import checks
from tests.torture.load import Expectation

CLASSES = ("dark", "light")
# Large enough to be embedded unasked.
PICTURE = (80, 80, 3)
PER_CLASS = 24
# Both archives hold this many pictures of each class that the other holds too.
SHARED = 8
UNDER_WAY = 2
# Kills alone must never use up the attempts.
MANY_ATTEMPTS = 1000


@dataclass
class Course:
    """Where one dataset stands on its way from archives to an evaluated model."""

    person: User
    dataset: Dataset
    seed: int
    imports: list[Job] = field(default_factory=list)
    run: TrainingRun | None = None
    evaluation: Job | None = None

    def go_on(self) -> Expectation | None:
        """Start what can be started by now, if anything."""
        if self.run is None and all(_succeeded(job) for job in self.imports):
            return self._train()
        if self.run and self.evaluation is None and _succeeded(self.run.job):
            return self._evaluate()
        return None

    def _train(self) -> Expectation:
        version = freeze(user=self.person, dataset=self.dataset, seed=self.seed)
        settings = {
            # So many that some kills fall between two checkpoints.
            "epochs": 5 + self.seed % 26,
            "batch_size": 8,
            "image_size": 8,
            "augmentation": "none",
            "early_stopping_patience": 0,
            "seed": self.seed,
        }

        def start() -> Job:
            self.run = start_training(
                user=self.person, dataset_version=version, preset="cnn_tiny", config=settings
            )
            return self.run.job

        job = stubborn(start)
        return Expectation(
            job, (Status.SUCCEEDED,), checks.model_versions, damage=checks.training_damage
        )

    def _evaluate(self) -> Expectation:
        assert self.run is not None
        run = TrainingRun.objects.select_related("model_version__model", "dataset_version").get(
            pk=self.run.pk
        )

        def start() -> Job:
            report = start_evaluation(
                user=self.person,
                model_version=run.model_version,
                dataset_version=run.dataset_version,
                split=Split.VALIDATION,
            )
            return report.job

        self.evaluation = stubborn(start)
        return Expectation(self.evaluation, (Status.SUCCEEDED,), checks.measured_reports)


class RealWork:
    """The courses of a campaign; two of them are always under way, so the queue is never empty."""

    def __init__(self, rng: random.Random, count: int) -> None:
        self._rng = rng
        self._count = count
        self._courses: list[Course] = []

    @property
    def complete(self) -> bool:
        """Whether every course has been begun and its last job started."""
        begun = len(self._courses) == self._count
        return begun and all(course.evaluation for course in self._courses)

    @property
    def trains(self) -> bool:
        """Whether a training runs now: where trainings are asked for, harm waits for them."""
        runs = [course.run.job.pk for course in self._courses if course.run and course.run.job]
        return Job.objects.filter(pk__in=runs, status=Status.RUNNING).exists()

    def go_on(self, people: list[User]) -> Iterator[Expectation]:
        """Begin the next course where one has ended; take the others further."""
        under_way = sum(course.evaluation is None for course in self._courses)
        if len(self._courses) < self._count and under_way < UNDER_WAY:
            yield from self._begin(self._rng.choice(people))
        for course in self._courses:
            if (expectation := course.go_on()) is not None:
                yield expectation

    def _begin(self, person: User) -> list[Expectation]:
        number = len(self._courses)
        dataset = create_dataset(user=person, name=f"Torture {number}")
        course = Course(person, dataset, seed=self._rng.randrange(1000))
        self._courses.append(course)
        expectations = []
        for half, first in enumerate((0, PER_CLASS - SHARED)):
            archive = make_archive(course.seed, first)

            def start(archive: bytes = archive, half: int = half) -> Job:
                source = start_import(
                    user=person,
                    dataset=dataset,
                    archive=[archive],
                    archive_name=f"{number}-{half}.zip",
                )
                return source.job

            job = stubborn(start)
            course.imports.append(job)
            expectations.append(
                Expectation(
                    job, (Status.SUCCEEDED,), checks.import_results, damage=checks.import_damage
                )
            )
        return expectations


def stubborn(start: Callable[[], Job]) -> Job:
    """Start a job that is tried again however often it is killed."""
    with transaction.atomic():
        job = start()
        Job.objects.filter(pk=job.pk).update(max_attempts=MANY_ATTEMPTS)
    return job


def _succeeded(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, status=Status.SUCCEEDED).exists()


def make_archive(seed: int, first: int) -> bytes:
    """A zip of small pictures in class folders, one of them twice, a broken one, and a note."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for index, name in enumerate(CLASSES):
            for number in range(first, first + PER_CLASS):
                picture = _picture(index, [seed, index, number])
                archive.writestr(f"{name}/{number}.png", picture)
        archive.writestr(f"{CLASSES[0]}/again.png", _picture(0, [seed, 0, first]))
        archive.writestr(f"{CLASSES[0]}/{checks.BROKEN}", b"\x89PNG\r\n\x1a\nno picture")
        archive.writestr("note.txt", "about these pictures")
    return stream.getvalue()


def _picture(index: int, seed: list[int]) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 120, PICTURE, dtype=np.uint8) + 120 * index
    stream = io.BytesIO()
    Picture.fromarray(pixels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
