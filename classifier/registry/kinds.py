"""The kind of work that makes a file of a model version."""

from jobs.kinds import Kind, Page, Queue

# Made while a person waits for it; TensorFlow is imported in this job's process and goes with it.
EXPORT = Kind(
    name="export",
    title="Export",
    queue=Queue.IO,
    page=Page("Model version", "classifier:model_version", "model_version"),
)
