"""The kind of work that trains."""

from jobs.kinds import Kind, Needs, Page, Queue

TRAIN = Kind(
    name="train",
    title="Training",
    queue=Queue.TRAIN,
    needs=Needs(preload=("classifier.engine.fit.training",), title="TensorFlow", gpu=True),
    resumable=True,
    page=Page("Training run", "classifier:run", "training_run"),
)
