"""The kinds of work that this app gives to workers."""

from jobs.kinds import Kind, Page, Queue

TRAIN = Kind(
    name="train",
    title="Training",
    queue=Queue.TRAIN,
    preload=True,
    resumable=True,
    page=Page("Training run", "classifier:run", "training_run"),
)

# ONNX Runtime computes; TensorFlow converts the backbone once, in a process of its own.
EMBED_IMAGES = Kind(
    name="embed_images",
    title="Embeddings of images",
    queue=Queue.IO,
    announced=False,
    page=Page("Dataset", "datasets:detail", "dataset"),
)

# ONNX Runtime answers, so no TensorFlow is loaded and the one training slot stays free.
EVALUATE = Kind(
    name="evaluate",
    title="Evaluation",
    queue=Queue.IO,
    page=Page("Report", "classifier:evaluation", "evaluation_report"),
)
