"""What workers do; imported in worker processes only."""

from classifier.work import evaluate, train

__all__ = ["evaluate", "train"]
