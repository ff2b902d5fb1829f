"""The kind of work that embeds images."""

from jobs.kinds import Kind, Page, Queue

# ONNX Runtime computes; TensorFlow converts the backbone once, in a process of its own.
EMBED_IMAGES = Kind(
    name="embed_images",
    title="Embeddings of images",
    queue=Queue.IO,
    announced=False,
    page=Page("Dataset", "datasets:detail", "dataset"),
)
