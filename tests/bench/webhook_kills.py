"""500 events while the workers that deliver them are killed at random: each arrives, none is lost.

    .venv/bin/python -m pytest tests/bench/webhook_kills.py -s [EVENTS=500 KILLS=40 SEED=0]

Real workers with short leases, on the machine's own Postgres and Redis, and a receiver by TLS that
verifies what comes with the public library `standardwebhooks`. Two endpoints have asked for each
event. Chance chooses whether a kill takes the child of a job that sends, its supervisor with all
below it, or the whole worker, and when. Prints what was killed, how often something came twice,
and how long it took.
"""

import json
import os
import random
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import psutil
from django.db import connection
from standardwebhooks import Webhook

from jobs.models import Job, JobAttempt, Status
from tests.conftest import database_url_of_tests, wait_until
from tests.factories import make_user
from tests.jobs.faults.processes import supervisor_of
from tests.jobs.workers import OPTIONS, Workers, environment
from tests.webhooks.made import make_endpoint, tell
from tests.webhooks.receivers import Receiver, make_certificate, running, say
from webhooks.models import WebhookDelivery
from webhooks.outgoing.addresses import read_networks

EVENTS = int(os.environ.get("EVENTS", "500"))
KILLS = int(os.environ.get("KILLS", "40"))
SEED = int(os.environ.get("SEED", "0"))
# Seconds between two events, between two kills, and until the receiver answers.
PAUSE, BETWEEN, SLOWNESS = 0.25, (0.5, 3.0), (0.0, 0.15)
VICTIMS = {"child": 5, "supervisor": 3, "worker": 2}


def test_kills_of_delivery_workers(transactional_db, tmp_path, settings):
    """Not a test of figures: it prints them, and fails where an event is lost or changed."""
    settings.WEBHOOK_NETWORKS = read_networks(["127.0.0.1"])
    certificate = make_certificate(tmp_path, "127.0.0.1")
    workers = _workers(tmp_path, certificate[0])
    organization = make_user().personal_organization
    with running(certificate) as receiver:
        url = receiver.url(host="127.0.0.1")
        secrets = {f"/hook/{n}": make_endpoint(organization, f"{url}/{n}")[1] for n in range(2)}
        refused = _verify_at_once(receiver, secrets)
        try:
            workers.start("notify", "beat", "clock")
            for name in ("notify", "beat"):
                wait_until(lambda n=name: workers.ready(n), 120, workers.all_logs)
            began = time.monotonic()
            events = threading.Thread(target=_announce, args=(organization,))
            events.start()
            killed = _kill_often(workers)
            events.join()
            wait_until(_nothing_waits, 300, workers.all_logs)
            took = time.monotonic() - began
        finally:
            workers.stop()
    assert not refused, refused[:3]
    came = _what_came(receiver)
    deliveries = WebhookDelivery.objects.all()
    assert deliveries.count() == 2 * EVENTS
    assert set(deliveries.values_list("status", flat=True)) == {"delivered"}
    assert set(came) == {f"msg_{pk.hex}" for pk in deliveries.values_list("pk", flat=True)}
    assert all(len(set(bodies)) == 1 for bodies in came.values()), "one id, two bodies"
    numbers = Counter(json.loads(bodies[0])["data"]["number"] for bodies in came.values())
    assert numbers == dict.fromkeys(range(EVENTS), 2)
    twice = Counter(len(bodies) for bodies in came.values())
    ends = Counter(JobAttempt.objects.values_list("outcome", flat=True))
    print(
        f"{EVENTS} events to two endpoints, {sum(killed.values())} kills {dict(killed)}, seed "
        f"{SEED}: {took:.0f} s; how often each delivery came {dict(twice)}; attempts {dict(ends)}",
        flush=True,
    )


def _workers(folder: Path, certificate: Path) -> Workers:
    own = environment(
        database_url_of_tests(), os.environ["REDIS_URL"], Path(os.environ["LOUPE_DATA_DIR"]),
        SSL_CERT_FILE=str(certificate), LOUPE_WEBHOOK_NETWORKS="127.0.0.1",
    )  # fmt: skip
    return Workers(own, folder, {**OPTIONS, "notify": ["--concurrency", "2"]})


def _verify_at_once(receiver: Receiver, secrets: dict[str, str]) -> list[str]:
    """Have the receiver verify each call as it comes; return the list of what it refused."""
    chance, refused = random.Random(SEED + 1), []

    def answer(handler) -> None:
        try:
            Webhook(secrets[handler.path]).verify(handler.body, dict(handler.headers))
        except Exception as error:
            refused.append(f"{type(error).__name__}: {error}")
        time.sleep(chance.uniform(*SLOWNESS))
        with suppress(OSError):
            say(handler, 200)

    receiver.answer = answer
    return refused


def _announce(organization) -> None:
    try:
        for number in range(EVENTS):
            tell(organization, number=number)
            time.sleep(PAUSE)
    finally:
        connection.close()


def _kill_often(workers: Workers) -> Counter[str]:
    """Kill `KILLS` times, each time a job that sends; return how often which."""
    chance = random.Random(SEED)
    killed: Counter[str] = Counter()
    while sum(killed.values()) < KILLS:
        time.sleep(chance.uniform(*BETWEEN))
        [victim] = chance.choices(list(VICTIMS), list(VICTIMS.values()))
        killed[victim] += _kill(workers, victim)
        over = WebhookDelivery.objects.count() == 2 * EVENTS and _nothing_waits()
        assert not over, f"all was delivered after {dict(killed)}"
    return killed


def _kill(workers: Workers, victim: str) -> bool:
    """Kill one; say whether it was there."""
    sends = Job.objects.filter(kind="deliver_webhooks", status=Status.RUNNING).first()
    if sends is None:
        return False
    with suppress(psutil.NoSuchProcess, JobAttempt.DoesNotExist):
        if victim == "worker":
            for pid in workers.pids("notify"):
                with suppress(psutil.NoSuchProcess):
                    psutil.Process(pid).kill()
            workers.processes["notify"].wait()
            workers.start("notify")
            return True
        supervisor = psutil.Process(supervisor_of(sends))
        below = supervisor.children(recursive=True)
        chosen = [supervisor, *below] if victim == "supervisor" else below
        for process in chosen:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return bool(chosen)
    return False


def _nothing_waits() -> bool:
    return not WebhookDelivery.objects.filter(status="waiting").exists()


def _what_came(receiver: Receiver) -> dict[str, list[bytes]]:
    came: dict[str, list[bytes]] = defaultdict(list)
    for headers, body in receiver.got:
        came[headers["webhook-id"]].append(body)
    return came
