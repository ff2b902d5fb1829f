"""Imports that other jobs help with: many chunks, some lost with the jobs that held them."""

import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterator

import numpy as np
from django.db.models import QuerySet
from PIL import Image as Picture

from accounts.models import User
from datasets import kinds
from datasets.services.create_dataset import create_dataset
from datasets.services.intake.start_import import start_import
from jobs.models import TERMINAL, Job, JobAttempt, Status
from tests.torture import checks
from tests.torture.chaos import Hit
from tests.torture.load import Expectation
from tests.torture.real_work import CLASSES, stubborn

# More than an import does alone: 20 chunks of 256 files, two helpers.
PICTURES = 5000
SIDE = 160


class HelpedImports:
    """One large import after the other; while one goes on, nothing else may want its workers."""

    def __init__(self, rng: random.Random, count: int) -> None:
        self._rng = rng
        self._count = count
        self._jobs: list[Job] = []

    @property
    def under_way(self) -> bool:
        """Whether an import that was begun has not ended."""
        return self._open().exists()

    @property
    def at_work(self) -> bool:
        """Whether it runs: harm may be done."""
        return self._open().filter(status=Status.RUNNING).exists()

    @property
    def complete(self) -> bool:
        """Whether every import has been begun and has ended."""
        return len(self._jobs) == self._count and not self.under_way

    def go_on(self, people: list[User]) -> Iterator[Expectation]:
        """Begin the next import where the last one has ended."""
        if len(self._jobs) == self._count or self.under_way:
            return
        number = len(self._jobs)
        person = self._rng.choice(people)
        dataset = create_dataset(user=person, name=f"Helped {number}")
        archive = make_large_archive(self._rng.randrange(1000))

        def start() -> Job:
            name = f"helped-{number}.zip"
            return start_import(
                user=person, dataset=dataset, archive=[archive], archive_name=name
            ).job

        job = stubborn(start)
        self._jobs.append(job)
        yield Expectation(job, (Status.SUCCEEDED,), checks.import_results, damage=_damage)

    def _open(self) -> QuerySet[Job]:
        return Job.objects.filter(pk__in=[job.pk for job in self._jobs]).exclude(
            status__in=TERMINAL
        )


def _damage(job: Job) -> list[str]:
    damage = checks.import_damage(job)
    if job.result["images_added"] != PICTURES:
        damage.append(f"{job.title}: {job.result['images_added']} of {PICTURES} images")
    return damage


def told(hits: list[Hit]) -> dict[str, int]:
    """What became of the help: jobs, attempts by their ends, chunks done, and lost with a hit."""
    helpers = Job.objects.filter(kind=kinds.HELP_IMPORT.name)
    ends = Counter(JobAttempt.objects.filter(job__in=helpers).values_list("outcome", "error__code"))
    results = helpers.filter(status=Status.SUCCEEDED).values_list("result__chunks", flat=True)
    on_crews = [hit for hit in hits if hit.on_crew]
    return {
        "helpers": helpers.count(),
        "chunks done by helpers": sum(results),
        "harm to helpers and their imports": len(on_crews),
        "of it kills": sum(hit.way == "kill" for hit in on_crews),
        "chunks held by processes that were hit": sum(hit.chunks for hit in hits),
        **{f"attempts of helpers {end} {code or ''}".strip(): n for (end, code), n in ends.items()},
    }


def make_large_archive(seed: int) -> bytes:
    """A zip of coloured squares, each of its own, in class folders, and one broken file."""
    rng = np.random.default_rng(seed)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(PICTURES):
            squares = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            picture = Picture.fromarray(squares).resize((SIDE, SIDE), Picture.Resampling.NEAREST)
            file = io.BytesIO()
            picture.save(file, "PNG", compress_level=1)
            archive.writestr(f"{CLASSES[number % 2]}/{number}.png", file.getvalue())
        archive.writestr(f"{CLASSES[0]}/{checks.BROKEN}", b"\x89PNG\r\n\x1a\nno picture")
    return stream.getvalue()
