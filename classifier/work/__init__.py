"""What workers do; imported in worker processes only."""

from classifier.work import embed_images, evaluate, train

__all__ = ["embed_images", "evaluate", "train"]
