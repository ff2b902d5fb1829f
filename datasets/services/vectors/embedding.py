"""Embedding: the job that gives images vectors. The app that has a backbone registers it."""

from typing import Protocol

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from datasets.errors import NoWeights
from datasets.models import Dataset
from datasets.policies import require_editable
from datasets.selectors.jobs_under_way import job_under_way
from jobs.kinds import Kind
from jobs.models import Job


class Embedder(Protocol):
    """Gives every image of a dataset a vector, in a job of its `kind`."""

    kind: Kind

    def at_hand(self) -> bool:
        """Whether the backbone's weights are on this machine."""

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
            hint="The operator of this Loupe can name their folder in LOUPE_WEIGHTS_DIR.",
        )
    job = embedder.start(user=user, dataset=dataset, asked=True)
    audit.record(actor=user, action="dataset.embed", target=dataset)
    return job
