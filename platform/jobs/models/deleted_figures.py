from django.db import models


class DeletedFigures(models.Model):
    """What deleted jobs had come to, so that the counters of `/metrics` never fall.

    A trigger writes rows when jobs or attempts are deleted. A row counts ended jobs, or, with
    `is_attempt`, ended attempts; `outcome` is the status of the jobs, `code` that of their error.
    Of successful jobs `bucket` says which of `selectors.figures.BUCKETS` bounds their time (0 the
    first), and `seconds` what they took together. Rows add up (`services.figures.fold` makes one of
    many); those of jobs that came in an archive are negative, as they did not end here. Django
    deletes attempts before their jobs; where SQL deletes the jobs first, the figures of their
    attempts are lost.
    """

    is_attempt = models.BooleanField()
    kind = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    code = models.CharField(max_length=40, blank=True)
    bucket = models.PositiveSmallIntegerField(null=True)
    count = models.BigIntegerField()
    seconds = models.FloatField()

    class Meta:
        verbose_name_plural = "deleted figures"

    def __str__(self) -> str:
        return f"{self.count} {self.kind} {self.outcome}"
