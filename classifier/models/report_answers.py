import hashlib
from collections.abc import Sequence

from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.measure.answers import PackedAnswers
from classifier.models.evaluation_report import EvaluationReport


class ReportAnswersQuerySet(TenantQuerySet):
    organization_path = "report__organization"


class ReportAnswers(models.Model):
    """What a report's model answered to each image.

    As `classifier.engine.measure.answers.PackedAnswers`, in the order of
    `datasets.selectors.versions.samples_of`. `samples_digest` is the SHA-256 of these images with
    their classes: reports with equal ones speak of the same images, so their answers can be
    compared one by one. Reports from before it was kept have none.
    """

    report = models.OneToOneField(
        EvaluationReport, on_delete=models.CASCADE, primary_key=True, related_name="answers"
    )
    samples_digest = models.CharField(max_length=64)
    correct = models.BinaryField()
    predicted = models.BinaryField()
    probability = models.BinaryField()

    objects = ReportAnswersQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "report answers"

    def __str__(self) -> str:
        return f"answers of {self.report_id}"


def packed(answers: ReportAnswers) -> PackedAnswers:
    """Return what a row holds, as the engine packs it."""
    parts = (answers.correct, answers.predicted, answers.probability)
    return PackedAnswers(*(bytes(part) for part in parts))


def samples_digest(samples: Sequence[tuple[str, int]], class_names: Sequence[str]) -> str:
    """Return the SHA-256 of (SHA-256 of an image, class index) as `samples_of` has them."""
    digest = hashlib.sha256()
    for sha256, index in samples:
        digest.update(f"{sha256} {class_names[index]}\n".encode())
    return digest.hexdigest()
