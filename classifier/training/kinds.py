"""The kind of work that trains."""

from jobs.kinds import Kind, Page, Queue

TRAIN = Kind(
    name="train",
    title="Training",
    queue=Queue.TRAIN,
    preload=True,
    resumable=True,
    page=Page("Training run", "classifier:run", "training_run"),
)
