from django.db import models

from jobs.models import Job


class ToldJob(models.Model):
    """A job whose end has been announced, so that none is announced twice, and none missed."""

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.job_id)
