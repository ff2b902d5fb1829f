"""`manage.py doctor` finds what was broken, says what to do, and changes nothing."""

import json
import os
import pwd
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from classifier.prediction.serving import mailbox
from common.brokers import celery_broker_url
from config.celery import app as ours
from config.doctor import addresses, database, files, gpus, redis_servers, workers
from config.doctor.examination import examine
from config.doctor.finding import Finding, Level, Role
from datasets.models import ImageCount
from embedded.redis import RedisServer
from jobs.models import Job
from jobs.services import heartbeat
from jobs.services.claim import claim
from tests import factories
from tests.jobs.conftest import queued
from tests.servers import REPOSITORY_DIR


def faults(look) -> list[str]:
    """What a look calls a fault, each with why it matters and what mends it."""
    found = [each for each in look() if each.level is Level.FAULT]
    assert all(each.why and each.mend for each in found)
    return [each.what for each in found]


def warnings(look) -> list[str]:
    return [each.what for each in look() if each.level is Level.WARNING]


def look_at_both():
    yield from redis_servers.look_at_messages()
    yield from redis_servers.look_at_images()


def test_an_installation_of_which_nothing_answers_is_told_all_of_it_at_once(tmp_path):
    port = "127.0.0.1:1"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://loupe:s3cret@{port}/loupe",
        "REDIS_URL": f"redis://:s3cret@{port}/0",
        "LOUPE_IMAGES_REDIS_URL": f"redis://:s3cret@{port}/1",
        "EMAIL_URL": f"smtp://me:s3cret@{port}",
        "SECRET_KEY": "changeme" * 8,
        "LOUPE_DATA_DIR": str(tmp_path / "data"),
        "LOUPE_PUBLIC_URL": "https://loupe.example.org",
        "FORWARDED_ALLOW_IPS": "",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=REPOSITORY_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["status"] == "faulty"
    found = [Finding(**each) for each in said["findings"]]
    broken = [each.what for each in found if each.level == Level.FAULT]
    for words in (
        "PostgreSQL does not answer",
        "The Redis of REDIS_URL does not answer",
        "The Redis of LOUPE_IMAGES_REDIS_URL does not answer",
        "SECRET_KEY is short",
        f"The mail server {port} cannot be used",
        "The pages' own files are not in",
    ):
        assert [what for what in broken if what.startswith(words)], (words, broken)
    assert all(each.why and each.mend for each in found if each.level == Level.FAULT)
    assert [e for e in found if e.level == Level.WARNING and "names no proxy" in e.what]


@pytest.mark.django_db
def test_people_read_it_in_lines_and_programs_by_the_status():
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)
    assert ended.value.code == 1, "no worker runs in tests"
    lines = out.getvalue().splitlines()
    assert any(line.startswith("ok       database: PostgreSQL ") for line in lines)
    assert any(line.startswith("fault    workers: No worker of the queue train") for line in lines)
    assert any(line.startswith("         Do:  `make run` starts it") for line in lines)
    assert "things are as they should be" in lines[-1]
    assert max(map(len, lines)) <= 110


@pytest.mark.django_db
def test_migrations_that_lack_and_those_that_are_unknown_are_named():
    assert faults(database.look_at_migrations) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'jobs' AND name = '0019_deleted_figures'"
        )
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('jobs', '9999_new', now())"
        )
    lacks, unknown = faults(database.look_at_migrations)
    assert "lacks 1 migration of this code: jobs.0019_deleted_figures" in lacks
    assert "older than the database" in unknown
    assert "jobs.9999_new" in unknown


@pytest.mark.django_db
def test_counts_of_images_that_are_wrong_are_told():
    dataset = factories.make_dataset()
    factories.make_images(dataset, "cat", 2)
    assert faults(database.look_at_image_counts) == []
    ImageCount.objects.create(dataset=dataset, images=1, stored=1, bytes=9)
    [wrong] = faults(database.look_at_image_counts)
    assert "wrong in 1 dataset." in wrong


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.OK, "agree"),
        (10, Level.WARNING, "10 s ahead of"),
        (-300, Level.FAULT, "300 s behind"),
    ],
)
def test_a_clock_that_is_wrong_is_told(monkeypatch, seconds, level, words):
    now = time.time
    monkeypatch.setattr(database.time, "time", lambda: now() + seconds)
    (finding,) = database.look_at_clock()
    assert finding.level is level
    assert words in finding.what


def test_a_redis_that_forgets_or_keeps_what_it_should_not_is_told(tmp_path, settings):
    with (
        RedisServer(tmp_path / "a", durable=False) as messages,
        RedisServer(tmp_path / "b", name="images") as images,
    ):
        settings.REDIS_URL, settings.IMAGES_REDIS_URL = messages.url, images.url
        assert faults(look_at_both) == []
        keeps_nothing, keeps_images, unbound = warnings(look_at_both)
        assert "REDIS_URL keeps no append-only file" in keeps_nothing
        assert "LOUPE_IMAGES_REDIS_URL keeps an append-only file" in keeps_images
        assert "no bound of memory" in unbound
        with redis.Redis.from_url(messages.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("maxmemory", "1")
        (evicts,) = faults(look_at_both)
        assert "throws keys away when it is full (allkeys-lru)" in evicts
        assert any(" MiB." in what for what in warnings(look_at_both))
        settings.IMAGES_REDIS_URL = messages.url
        assert any("Images of predictions" in w for w in warnings(look_at_both))


def test_folders_that_cannot_be_written_or_are_full_are_told(tmp_path, settings):
    before = sorted(path for path in settings.MEDIA_ROOT.rglob("doctor-*"))
    assert faults(files.look_at_files) == []
    settings.FREE_DISK_BYTES = 1 << 60
    assert all("less than LOUPE_FREE_DISK_BYTES" in what for what in faults(files.look_at_files))
    assert len(faults(files.look_at_files)) == 2
    settings.FREE_DISK_BYTES = 0
    (tmp_path / "file").touch()
    settings.SCRATCH_DIR = tmp_path / "file" / "scratch"
    (scratch,) = faults(files.look_at_files)
    assert scratch.startswith("Scratch cannot be written")
    assert sorted(path for path in settings.MEDIA_ROOT.rglob("doctor-*")) == before


@pytest.fixture
def files_of_another(settings, tmp_path):
    """Files of a user that only root can act as, in folders that anyone may enter."""
    if os.geteuid() != 0:
        pytest.skip("only root acts as another user")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        user = pwd.getpwuid(65534)
        for name in ("MEDIA_ROOT", "SCRATCH_DIR"):
            path = Path(folder) / name
            path.mkdir(mode=0o750)
            os.chown(path, user.pw_uid, user.pw_gid)
            setattr(settings, name, path)
        yield user


def test_root_looks_with_all_groups_of_loupes_user(files_of_another, settings, monkeypatch):
    own, other = os.getgroups(), 54321
    os.chown(settings.SCRATCH_DIR, 0, other)
    settings.SCRATCH_DIR.chmod(0o770)
    [scratch] = faults(files.look_at_files)
    assert scratch.startswith("Scratch cannot be written")
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group, other])
    assert faults(files.look_at_files) == []
    assert (os.geteuid(), os.getegid(), os.getgroups()) == (0, 0, own)


def test_root_that_may_act_as_no_other_user_is_told_so(files_of_another, monkeypatch):
    def refuse(*ids):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setgroups", refuse)
    assert faults(files.look_at_files) == []
    [note] = [each.what for each in files.look_at_files() if each.level is Level.NOTE]
    assert "root asks, and cannot act as another user" in note


@pytest.mark.django_db
def test_where_the_images_redis_alone_is_away_workers_are_looked_for(settings):
    settings.IMAGES_REDIS_URL = "redis://127.0.0.1:1/0"
    found = [each.what for each in examine([Role.WEB]) if each.level is Level.FAULT]
    assert [what for what in found if "LOUPE_IMAGES_REDIS_URL does not answer" in what]
    assert [what for what in found if what.startswith("No worker of the queue train")]


@pytest.mark.django_db
def test_a_machine_is_asked_for_nothing_that_another_does(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.REDIS_URL = settings.IMAGES_REDIS_URL = "redis://127.0.0.1:1/0"
    told = {
        role: {
            word
            for each in examine([role])
            for word in ("own files", "weights")
            if word in f"{each.part} {each.what}"
        }
        for role in Role
    }
    assert told == {Role.WEB: {"own files"}, Role.WORKER: {"weights"}}


@pytest.mark.parametrize(
    ("named", "has_cuda", "level", "words"),
    [
        (["0", "1"], True, Level.OK, "names GPUs: trainings run on 0, 1"),
        (["0", "1"], False, Level.WARNING, "names GPUs (0, 1), and CUDA's libraries are not here"),
        (None, True, Level.WARNING, "no GPU is seen"),
        (None, False, Level.OK, "run on processors"),
        ([], True, Level.OK, "run on processors"),
    ],
)
def test_what_trainings_run_on_is_told(
    settings, monkeypatch, tmp_path, named, has_cuda, level, words
):
    settings.GPUS = named
    # Without names the machine is asked; one with a GPU would say so.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    # No package of this machine is CUDA's; a program does not find the system's without PATH.
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setenv("PATH", "")
    if has_cuda:
        (tmp_path / "nvidia" / "cudnn").mkdir(parents=True)
        (tmp_path / "nvidia" / "cudnn" / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "nvidia", raising=False)
    [found] = gpus.look_at_gpus()
    assert found.level is level
    assert words in found.what
    assert bool(found.mend) is (level is Level.WARNING)
    sys.modules.pop("nvidia", None)


@pytest.fixture
def own_redis(settings, tmp_path, monkeypatch):
    """A Redis in which no other process leaves signs of life."""
    with RedisServer(tmp_path / "redis") as server:
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            monkeypatch.setattr("jobs.events.client", lambda: client)
        with redis.Redis.from_url(server.url) as of_images:
            monkeypatch.setattr(mailbox, "client", lambda: of_images)
            yield server


def test_a_worker_that_answers_is_told(own_redis, monkeypatch):
    app = Celery("elsewhere", broker=celery_broker_url(own_redis.url), set_as_current=False)
    monkeypatch.setattr(workers, "current_app", app)
    options = {"queues": ["io", "train"], "pool": "threads", "perform_ping_check": False}
    try:
        with start_worker(app, **options):
            found = [each.what for each in workers.look_at_workers()]
    finally:  # Its worker made it the app of this process, and all that is sent then goes there.
        ours.set_current()
        ours.set_default()
    assert "Workers answer for io, train." in found
    lacking = [what for what in found if what.startswith("No worker of the queue")]
    assert len(lacking) == len(workers.DOES) - 2


def test_the_clock_and_predict_workers_are_known_by_their_signs_of_life(own_redis):
    assert heartbeat.seconds_since_beat() is None
    assert workers._clock().what == "The clock has not come round for more than a day."
    heartbeat.beat()
    assert workers._clock().level is Level.OK
    with redis.Redis.from_url(own_redis.url) as client:
        client.set(heartbeat.KEY, client.time()[0] - 90)
    assert "for 9" in workers._clock().what
    assert faults(workers.look_at_predict_workers) == ["No predict worker answers."]
    mailbox.say_alive("host:7")
    (finding,) = workers.look_at_predict_workers()
    assert finding.what == "Predict workers answer: host:7."


def test_jobs_that_stand_are_counted(user):
    assert faults(workers.look_at_jobs) == []
    old = timezone.now() - timedelta(hours=2)
    queued(user, 4)
    silent = claim(queue="train", worker="w:1")
    Job.objects.filter(pk=silent.pk).update(lease_until=old)
    ids = list(Job.objects.filter(status="queued").values_list("pk", flat=True))
    Job.objects.filter(pk__in=ids).update(created_at=old)
    (stuck,) = faults(workers.look_at_jobs)
    assert stuck == "1 job has waited for a worker that has gone silent for over a minute."
    assert warnings(workers.look_at_jobs) == [
        "3 jobs of the queue train have waited for over an hour, and none runs."
    ]


@pytest.mark.parametrize(
    ("key", "level"),
    [("short", Level.FAULT), ("a" * 60, Level.FAULT), ("x9Kd-" * 4 + "qPw7_Zr4mN8vTb2c", Level.OK)],
)
def test_a_key_that_can_be_guessed_is_told(settings, key, level):
    settings.SECRET_KEY = key
    assert [each.level for each in addresses.look_at_key()] == [level]
