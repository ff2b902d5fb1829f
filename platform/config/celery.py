"""The Celery application: one task for every job."""

import os

from celery import Celery

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
