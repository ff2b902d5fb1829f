"""Handlers of the jobs of batch predictions."""

from classifier.batches.work import add_answers, help_batch, predict_batch

__all__ = ["add_answers", "help_batch", "predict_batch"]
