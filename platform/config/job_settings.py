"""Background work: Celery, and the timings of jobs."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from common.brokers import celery_broker_url
from config.environment import REDIS_URL, env
from programs.gpus import read_gpu, read_gpus

CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# A worker waits for Redis as long as it takes, and says so in its log.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
}

# Timings of jobs, in seconds (docs/operator-guide.md says when to change which).
# A worker owns a job until its lease ends; it renews it, and gives up before others may take over.
JOB_LEASE_SECONDS = env.float("LOUPE_JOB_LEASE_SECONDS", default=120)
JOB_RENEW_SECONDS = env.float("LOUPE_JOB_RENEW_SECONDS", default=10)
JOB_GIVE_UP_SECONDS = env.float("LOUPE_JOB_GIVE_UP_SECONDS", default=90)
# How often a worker looks whether its job was cancelled.
JOB_POLL_SECONDS = env.float("LOUPE_JOB_POLL_SECONDS", default=1)
# So long a person's job waits before work in the background gives its place up.
JOB_YIELD_SECONDS = env.float("LOUPE_JOB_YIELD_SECONDS", default=3)
# What a person started that lets others pass has a turn after so long in its queue; it keeps its
# place for so long then.
JOB_TURN_WAIT_SECONDS = env.float("LOUPE_JOB_TURN_WAIT_SECONDS", default=600)
JOB_TURN_SECONDS = env.float("LOUPE_JOB_TURN_SECONDS", default=60)
JOB_RELAY_SECONDS = env.float("LOUPE_JOB_RELAY_SECONDS", default=3)
JOB_REAP_SECONDS = env.float("LOUPE_JOB_REAP_SECONDS", default=15)
JOB_TIDY_SECONDS = env.float("LOUPE_JOB_TIDY_SECONDS", default=120)
JOB_REPUBLISH_SECONDS = env.float("LOUPE_JOB_REPUBLISH_SECONDS", default=60)
JOB_RETRY_SECONDS = env.list("LOUPE_JOB_RETRY_SECONDS", cast=float, default=[10, 40, 160])
# From the request to stop to SIGKILL, for a cancelled job and for a worker that shuts down.
JOB_CANCEL_GRACE_SECONDS = env.float("LOUPE_JOB_CANCEL_GRACE_SECONDS", default=8)
JOB_STOP_GRACE_SECONDS = env.float("LOUPE_JOB_STOP_GRACE_SECONDS", default=30)
JOB_STALL_SECONDS = env.float("LOUPE_JOB_STALL_SECONDS", default=30 * 60)
JOB_TIME_LIMIT_SECONDS = env.float("LOUPE_JOB_TIME_LIMIT_SECONDS", default=7 * 24 * 3600)
# What a training may take where its run says nothing else, and at most what any job may.
TRAINING_TIME_LIMIT_SECONDS = min(
    env.int("LOUPE_TRAINING_TIME_LIMIT_SECONDS", default=24 * 3600), int(JOB_TIME_LIMIT_SECONDS)
)
# What a step of a training may take of a machine's memory; None: what is free there.
TRAINING_MEMORY_BYTES = env.int("LOUPE_TRAINING_MEMORY_BYTES", default=None)
# How long a failed or cancelled job keeps what a retry needs (uploads, checkpoints).
JOB_RETRY_WINDOW_SECONDS = env.float("LOUPE_JOB_RETRY_WINDOW_SECONDS", default=7 * 24 * 3600)
IDEMPOTENCY_KEY_SECONDS = env.float("LOUPE_IDEMPOTENCY_KEY_SECONDS", default=24 * 3600)
# Whether workers import in advance what kinds of jobs need (TensorFlow: 0.4 GB a training slot).
JOB_PRELOAD = env.bool("LOUPE_JOB_PRELOAD", default=True)
# The GPUs for jobs, one to a job; None: all that the machine has. The one for predictions, if any.
try:
    GPUS = read_gpus(env.str("LOUPE_GPUS", default=""))
    PREDICT_GPU = read_gpu(env.str("LOUPE_PREDICT_GPU", default=""))
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
# What workers touch while they work, for the health checks of their containers.
_alive = env.str("LOUPE_ALIVE_FILE", default="")
ALIVE_FILE = Path(_alive) if _alive else None
# Scrapers send this token. If it is unset, only staff can read the metrics.
METRICS_TOKEN = env.str("LOUPE_METRICS_TOKEN", default="")
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": f"jobs.{name}",
        "schedule": seconds,
        # A run that could not start in time is not made up for: the next one does its work.
        "options": {"queue": "beat", "expires": max(seconds, 5)},
    }
    for name, seconds in {
        "relay": JOB_RELAY_SECONDS,
        "reap": JOB_REAP_SECONDS,
        "tidy": JOB_TIDY_SECONDS,
    }.items()
}
