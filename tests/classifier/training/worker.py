"""What tests do with a real worker: ask as a person, wait for an end, kill what trains."""

import os
import signal

import psutil
import requests
from django.test import Client

from jobs.models import Status
from tests.conftest import wait_until

SECONDS = 200


def sign_in(stack, user) -> requests.Session:
    """A client of the running platform with the cookies of a signed-in person."""
    django = Client()
    django.force_login(user)
    session = requests.Session()
    for name, morsel in django.cookies.items():
        session.cookies.set(name, morsel.value)
    answer = session.get(f"{stack.url}/playground/", timeout=30)
    assert answer.status_code == 200
    session.headers["X-CSRFToken"] = session.cookies["csrftoken"]
    session.headers["Referer"] = stack.url
    return session


def finish(stack, run, status=Status.SUCCEEDED):
    """Wait until the job of a run, or of another row that has one, has ended so."""

    def ended():
        run.job.refresh_from_db()
        return run.job.is_terminal

    wait_until(ended, SECONDS, lambda: stack.log("train"))
    assert run.job.status == status, (run.job.error, stack.log("train")[-3000:])


def kill_trainer(job) -> None:
    """SIGKILL the process that trains, below the warm process of its supervisor."""
    supervisor = job.attempt_set.get(outcome="").worker.rpartition(":")[2]
    [trainer] = [
        child.pid
        for warm in psutil.Process(int(supervisor)).children()
        for child in warm.children()
    ]
    os.kill(trainer, signal.SIGKILL)
