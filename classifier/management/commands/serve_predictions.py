"""Runs a predict worker."""

import signal

from django.conf import settings
from django.core.management.base import BaseCommand

from classifier.prediction.serving.model_process import program_on
from classifier.prediction.serving.server import ModelServer
from classifier.prediction.serving.worker import Worker


class Command(BaseCommand):
    """Answer predictions until SIGTERM or Ctrl-C; several may run, on several machines."""

    help = "Run a predict worker: one model process, fed from LOUPE_IMAGES_REDIS_URL."
    requires_system_checks = []

    def handle(self, *args: str, **options: str) -> None:
        """Serve; what has been taken when the signal comes is still answered."""
        worker = Worker(ModelServer(program_on(settings.PREDICT_GPU)))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run()
