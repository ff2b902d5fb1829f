"""The Celery side of a job: claim, watch over the child process, say how it ended."""
