from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.engine.measure.class_curve import ClassCurve
from classifier.models.evaluation_report import EvaluationReport


class ReportCurveQuerySet(TenantQuerySet):
    organization_path = "report__organization"


class ReportCurve(models.Model):
    """The curves of one class in a report, against the rest: a thousand classes, a row each.

    `class_index` is into the model's classes, `points` a stored `ClassCurve`. A class without
    images, or that all images have, has no row; nor has any of a report from before they were kept.
    """

    report = models.ForeignKey(EvaluationReport, on_delete=models.CASCADE, related_name="curves")
    class_index = models.PositiveIntegerField()
    points = models.JSONField()

    objects = ReportCurveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "class_index"], name="report_curve_once")
        ]

    def __str__(self) -> str:
        return f"curves of class {self.class_index} of {self.report_id}"

    @property
    def curve(self) -> ClassCurve:
        """The points; raises `Unreadable` for those of a later version of Loupe."""
        return ClassCurve.from_json(self.points)
