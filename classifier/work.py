"""The rooms' handlers of jobs; worker processes import this, and nothing else does."""

from classifier.batches.work import add_answers, help_batch, predict_batch
from classifier.embedding.work import embed_images
from classifier.evaluation.work import evaluate, robustness
from classifier.experiments.work import auto, cross_validation, ensemble, learning_curve, search
from classifier.instant.work import fit as fit_instant
from classifier.lineage.work import forget_image
from classifier.monitoring.work import check_drift
from classifier.registry.work import (
    copy_model,
    export_model,
    import_model,
    make_fast,
    measure_decision,
)
from classifier.review.work import select_items
from classifier.training.work import search_rate, train, train_member

__all__ = [
    "add_answers",
    "auto",
    "check_drift",
    "copy_model",
    "cross_validation",
    "embed_images",
    "ensemble",
    "evaluate",
    "export_model",
    "fit_instant",
    "forget_image",
    "help_batch",
    "import_model",
    "learning_curve",
    "make_fast",
    "measure_decision",
    "predict_batch",
    "robustness",
    "search",
    "search_rate",
    "select_items",
    "train",
    "train_member",
]
