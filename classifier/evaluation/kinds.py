"""The kinds of work that measure a model version."""

from jobs.kinds import Kind, Page, Queue

# ONNX Runtime answers, so no TensorFlow is loaded and the one training slot stays free.
EVALUATE = Kind(
    name="evaluate",
    title="Evaluation",
    queue=Queue.IO,
    page=Page("Report", "classifier:evaluation", "evaluation_report"),
)
ROBUSTNESS = Kind(
    name="robustness",
    title="Robustness check",
    queue=Queue.IO,
    page=Page("Report", "classifier:evaluation", "evaluation_report"),
)
