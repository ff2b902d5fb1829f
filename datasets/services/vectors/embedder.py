"""What computes embeddings. The app that has a network registers it; datasets only call it."""

from typing import Protocol

from accounts.models import User
from datasets.models import Dataset
from jobs.models import Job


class Embedder(Protocol):
    """Computes a vector for every image of a dataset, in a job."""

    def at_hand(self) -> bool:
        """Whether its weights are on this machine."""

    def start(self, *, user: User | None, dataset: Dataset, asked: bool) -> Job:
        """Start the job, in the caller's transaction, or return the one under way.

        `asked`: a person waits for it; otherwise it lets other jobs pass.
        """

    def running(self, dataset: Dataset) -> Job | None:
        """Return the job under way."""


_embedders: list[Embedder] = []


def register(embedder: Embedder) -> None:
    """Make the embedder known; called from an app's `AppConfig.ready()`."""
    _embedders[:] = [embedder]


def embedder_at_hand() -> Embedder | None:
    """Return the embedder if it can work here, None otherwise."""
    return next((each for each in _embedders if each.at_hand()), None)


def running_embedding(dataset: Dataset) -> Job | None:
    """Return the job that computes the dataset's embeddings now, if any does."""
    return next((job for each in _embedders if (job := each.running(dataset))), None)
