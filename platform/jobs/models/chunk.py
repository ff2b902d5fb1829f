from django.db import models

from jobs.models.job import Job


class Chunk(models.Model):
    """A part of some work that one job has at hand at a time (`jobs.services.chunks`).

    It is its holder's while the holder runs under this fence. A class of chunks has a `source`, the
    row whose work it is, which knows them as its `chunks`; numbers count from 0 in a source.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.PositiveIntegerField()
    holder = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    fence = models.PositiveIntegerField(default=0)
    done = models.BooleanField(default=False)

    class Meta:
        abstract = True
