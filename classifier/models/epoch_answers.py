from django.db import models

from classifier.engine.validation import ValidationAnswers
from classifier.models.epoch_metrics import EpochMetricsQuerySet
from classifier.models.training_run import TrainingRun

# The number of the one row of a method that is fitted in one go.
NO_EPOCH = 0


class EpochAnswers(models.Model):
    """What the network of one epoch answered to the validation split, packed by the engine.

    It is there for every row of `EpochMetrics` with a validation split, but for runs from before
    answers were kept. A table of its own: curves are read without it.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        TrainingRun, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    epoch = models.PositiveIntegerField()
    # As `ValidationAnswers.pack`: by class of the version, then by image of the run's `watched`.
    correct = models.BinaryField()
    predicted = models.BinaryField()
    probability = models.BinaryField()

    objects = EpochMetricsQuerySet.as_manager()

    class Meta:
        ordering = ["epoch"]
        verbose_name_plural = "epoch answers"
        constraints = [models.UniqueConstraint(fields=["run", "epoch"], name="answers_of_epoch")]

    def __str__(self) -> str:
        return f"answers of epoch {self.epoch}"

    @property
    def unpacked(self) -> ValidationAnswers:
        """The counts and answers."""
        return ValidationAnswers.unpack(
            correct=bytes(self.correct),
            predicted=bytes(self.predicted),
            probability=bytes(self.probability),
        )
