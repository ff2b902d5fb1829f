from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.training_run import TrainingRun


class EpochMetricsQuerySet(TenantQuerySet):
    organization_path = "run__organization"


class EpochMetrics(models.Model):
    """One point of a run's curves. Losses are in nats, accuracies shares from 0 to 1.

    `val_*` are null where the version has no validation split. Memory is the most that the trainer
    was seen to take, null where it was not measured, or there is no GPU. A resumed run tells an
    epoch again: the row of that number is replaced.
    """

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(
        TrainingRun, on_delete=models.CASCADE, related_name="epochs", db_index=False
    )
    epoch = models.PositiveIntegerField()
    loss = models.FloatField()
    accuracy = models.FloatField()
    val_loss = models.FloatField(null=True)
    val_accuracy = models.FloatField(null=True)
    learning_rate = models.FloatField()
    seconds = models.FloatField()
    images_per_second = models.FloatField(null=True)
    memory_bytes = models.PositiveBigIntegerField(null=True)
    gpu_memory_bytes = models.PositiveBigIntegerField(null=True)

    objects = EpochMetricsQuerySet.as_manager()

    class Meta:
        ordering = ["epoch"]
        verbose_name_plural = "epoch metrics"
        constraints = [models.UniqueConstraint(fields=["run", "epoch"], name="epoch_once_per_run")]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"
