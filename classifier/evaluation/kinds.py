"""The kind of work that measures a model version."""

from jobs.kinds import Kind, Page, Queue

# ONNX Runtime answers, so no TensorFlow is loaded and the one training slot stays free.
EVALUATE = Kind(
    name="evaluate",
    title="Evaluation",
    queue=Queue.IO,
    page=Page("Report", "classifier:evaluation", "evaluation_report"),
)
