"""The Celery application: one task for every job."""

import os

from celery import Celery
from celery.signals import after_task_publish, beat_init, heartbeat_sent

from common.alive import give_sign_of_life

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# `migrate` has run Django's checks; here they would import every page, at each start of a worker.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("loupe")
# Whatever thread of the web server publishes finds this application.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Handlers of jobs; like tasks, they are imported by worker processes and by nothing else.
app.autodiscover_tasks(related_name="work")


@heartbeat_sent.connect
def _worker_is_alive(**_: object) -> None:
    give_sign_of_life()


@beat_init.connect
def _beat_publishes(**_: object) -> None:
    after_task_publish.connect(_beat_is_alive)


def _beat_is_alive(**_: object) -> None:
    give_sign_of_life()
