"""models/{id}/predict/ through the real web server, queue, worker and model process."""

import base64
import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
import requests
from PIL import ExifTags, Image
from redis import Redis

from accounts.models import APIToken, AuditEntry, TokenScope
from classifier.models import Prediction
from classifier.prediction.serving import mailbox
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED
from tests.conftest import wait_until

TOKENS = [TokenScope.PREDICT]


class Caller:
    """Calls the platform with a token."""

    def __init__(self, stack, user, scopes=TOKENS):
        secret = APIToken.objects.create(
            user, name="test", scopes=[str(scope) for scope in scopes]
        )[1]
        self.base = f"{stack.url}/api/v1/"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {secret}"

    def predict(self, version, /, *files, **fields):
        images = [("images", (f"{n}.png", file)) for n, file in enumerate(files)]
        url = f"{self.base}models/{version.model_id}/predict/"
        return self.session.post(url, files=images or None, data=fields, timeout=30)

    def post(self, version, body):
        return self.session.post(
            f"{self.base}models/{version.model_id}/predict/", json=body, timeout=30
        )


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def caller(stack, user):
    return Caller(stack, user)


def names(answer):
    return [each["classes"][0]["class_name"] for each in answer.json()["predictions"]]


def test_images_are_answered_in_order_and_kept(caller, version, user):
    answer = caller.predict(version, RED, GREEN, BLUE, top_k=2)
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["model"], body["version"]) == (str(version.model_id), 1)
    assert names(answer) == ["red", "green", "blue"]
    first = body["predictions"][0]
    assert (first["name"], first["status"], first["decision"]) == ("0.png", 200, None)
    assert len(first["classes"]) == 2
    assert set(body["timing"]) == {"queue_ms", "decode_ms", "inference_ms", "precision"}
    assert body["timing"]["precision"] == "float32"
    assert body["timing"]["inference_ms"] > 0
    kept = Prediction.objects.get(pk=first["id"])
    assert kept.organization == user.personal_organization
    assert (kept.model_version, kept.created_by) == (version, user)
    said = [{name: each[name] for name in ("class_name", "probability")}
            for each in first["classes"]]  # fmt: skip
    assert kept.answer == {"schema": 1, "classes": said, "decision": None}
    assert [asdict(each) for each in kept.classes] == said


def test_base64_says_the_same_as_multipart(caller, version):
    text = base64.b64encode(RED).decode()
    answer = caller.post(version, {"images": [text, f"data:image/png;base64,{text}"]})
    assert names(answer) == ["red", "red"]
    multipart = caller.predict(version, RED).json()["predictions"][0]["classes"]
    assert answer.json()["predictions"][0]["classes"] == multipart


def test_too_many_pixels_in_all_are_refused_and_nobody_else_notices(caller, version):
    bomb = io.BytesIO()
    Image.new("1", (7000, 7000)).save(bomb, "PNG")
    answer = caller.predict(version, *[bomb.getvalue()] * 32)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_pixels")
    assert "up to 400 million pixels; these 32 have 1,568 million" in answer.json()["detail"]
    assert names(caller.predict(version, RED)) == ["red"]
    assert not list(mailbox.client().scan_iter("loupe:predict:turns:*"))


def test_nothing_of_a_predicted_photograph_is_on_the_disk(caller, version, settings):
    """Neither where it was taken nor its pixels: not in the data folder, not in Redis's file."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.0, 12.0, 7.0), 29: "PLACE:1987:04"})
    photograph = io.BytesIO()
    pixels = os.urandom(3 * 2400 * 1400)
    Image.frombytes("RGB", (2400, 1400), pixels).save(photograph, "JPEG", quality=95, exif=exif)
    content = photograph.getvalue()
    # Larger than what Django keeps in memory.
    assert len(content) > 2_621_440
    assert caller.predict(version, content).status_code == 200
    assert caller.predict(version, content[:-9], RED).status_code == 200
    redis = Redis.from_url(settings.REDIS_URL)
    redis.bgrewriteaof()
    wait_until(lambda: not redis.info("persistence")["aof_rewrite_in_progress"], 30)
    written = Path(settings.DATA_DIR).parent
    files = [path for path in written.rglob("*") if path.is_file()]
    assert any("appendonly" in path.name for path in files)
    traces = (b"PLACE:1987:04", content[-4000:-3000], content[50_000:50_100])
    for path in files:
        # Postgres and Redis remove files while they are listed.
        with suppress(FileNotFoundError):
            held = path.read_bytes()
            assert [trace for trace in traces if trace in held] == [], path


def test_a_bad_image_has_its_own_422(caller, version):
    answer = caller.predict(version, RED, b"no image", b"", RED[:60], BLUE)
    entries = answer.json()["predictions"]
    assert answer.status_code == 200
    assert [entry["status"] for entry in entries] == [200, 422, 422, 422, 200]
    assert entries[1]["code"] == "not_an_image"
    assert entries[2]["code"] == "empty_file"
    assert "id" not in entries[1]
    assert Prediction.objects.count() == 2


def test_version_and_alias_choose(caller, version, user, make_model_version):
    second = make_model_version(user, model=version.model)
    assert caller.predict(version, RED).json()["version"] == 1
    assert caller.predict(version, RED, version=2).json()["version"] == 2
    assert caller.predict(version, RED, alias="champion").json()["version"] == 1
    missing = caller.predict(version, RED, version=3)
    assert (missing.status_code, missing.json()["code"]) == (409, "no_version")
    assert missing.json()["detail"].endswith("its versions are 1, 2.")
    assert caller.predict(version, RED, alias="nobody").status_code == 409
    assert caller.predict(version, RED, alias="champion", version=1).status_code == 400
    assert second.number == 2


def test_what_is_no_request_is_400(caller, version):
    for body, pointer in (
        ({}, "/images"),
        ({"images": []}, "/images"),
        ({"images": ["%%%"]}, "/images/0"),
        ({"images": [7]}, "/images/0"),
        ({"images": ["aGk="] * 33}, "/images"),
        ({"images": ["aGk="], "top_k": 0}, "/top_k"),
    ):
        answer = caller.post(version, body)
        assert answer.status_code == 400, body
        assert answer.json()["errors"][0]["pointer"] == pointer, body
    nothing = caller.predict(version)
    assert nothing.status_code == 400, "without a body there is no media type to refuse"
    assert nothing.json()["errors"][0]["pointer"] == "/images"


def test_scopes_and_tenants(stack, caller, version, user):
    assert caller.predict(version, RED).status_code == 200
    listing = caller.session.get(f"{caller.base}models/", timeout=30)
    assert listing.status_code == 403
    reader = Caller(stack, user, [TokenScope.READ])
    assert reader.predict(version, RED).status_code == 403
    stranger = Caller(stack, factories.make_user())
    assert stranger.predict(version, RED).status_code == 404
    assert requests.post(
        f"{caller.base}models/{version.model_id}/predict/", timeout=30
    ).status_code == 401  # fmt: skip


def test_one_flipped_byte_is_refused_and_audited(caller, user, make_model_version):
    version = make_model_version(user, salt=b"never loaded before")
    content = bytearray(version.served_path.read_bytes())
    content[len(content) // 2] ^= 1
    version.served_path.write_bytes(content)
    answer = caller.predict(version, RED)
    assert (answer.status_code, answer.json()["code"]) == (503, "bad_model_file")
    entry = AuditEntry.objects.get(action="model_version.file_refused")
    assert (entry.object_id, entry.actor) == (str(version.pk), user)
    assert version.served_file["sha256"] in entry.detail["reason"]


def test_eight_clients_at_once(stack, caller, version, user):
    callers = [Caller(stack, user) for _ in range(8)]
    colors = [RED, GREEN, BLUE, RED, GREEN, BLUE, RED, GREEN]
    expected = ["red", "green", "blue", "red", "green", "blue", "red", "green"]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            answers = list(pool.map(lambda pair: pair[0].predict(version, pair[1]),
                                    zip(callers, colors, strict=True)))  # fmt: skip
            assert [names(answer)[0] for answer in answers] == expected


def model_processes(stack):
    """Pids of the model processes that the predict worker has started."""
    worker = psutil.Process(stack.processes["predict"].pid)
    return [
        child.pid
        for child in worker.children()
        if "classifier.prediction.serving.child" in " ".join(child.cmdline())
    ]


def test_killing_the_model_process_loses_no_request(stack, caller, version):
    assert caller.predict(version, RED).status_code == 200
    (pid,) = model_processes(stack)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(caller.predict, version, RED) for _ in range(12)]
        os.kill(pid, signal.SIGKILL)
        assert [names(answer.result())[0] for answer in answers] == ["red"] * 12


def test_without_a_worker_it_says_so_in_ten_seconds_and_late_work_is_dropped(
    stack, caller, version
):
    worker = stack.processes["predict"]
    os.killpg(worker.pid, signal.SIGSTOP)
    started = time.monotonic()
    try:
        answer = caller.predict(version, RED)
    finally:
        os.killpg(worker.pid, signal.SIGCONT)
    assert (answer.status_code, answer.json()["code"]) == (503, "no_worker")
    assert int(answer.headers["Retry-After"]) > 0
    assert 9 < time.monotonic() - started < 15
    assert "predict worker" in answer.json()["detail"]
    assert caller.predict(version, RED).status_code == 200
    assert not list(mailbox.client().scan_iter("loupe:predict:*:images"))


def test_a_stale_request_is_not_answered(stack, version):
    worker = stack.processes["predict"]
    os.killpg(worker.pid, signal.SIGSTOP)
    try:
        request = mailbox.Request.new(version.pk, version.served_file["sha256"], 1)
        mailbox.send(replace(request, deadline=time.time() + 0.1), [RED])
        wait_until(lambda: not mailbox.client().exists(f"loupe:predict:{request.id}:images"), 10)
    finally:
        os.killpg(worker.pid, signal.SIGCONT)
    fresh = mailbox.Request.new(version.pk, version.served_file["sha256"], 1)
    mailbox.send(fresh, [RED])
    assert mailbox.wait(fresh, 10).images[0].answer.classes[0].class_name == "red"
    # What an earlier test has left in the queue may come after it.
    wait_until(lambda: not mailbox.client().exists(mailbox.QUEUE), 10)
    assert not mailbox.client().exists(mailbox.QUEUE, request.answers)


def test_what_waits_for_no_worker_expires(version, monkeypatch):
    """Images that no worker took leave the memory, and a worker that comes later passes by."""
    monkeypatch.setattr(mailbox, "QUEUE", f"loupe:predict:queue:{version.pk}")
    gone, there = (mailbox.Request.new(version.pk, "0" * 64, 1) for _ in range(2))
    mailbox.send(gone, [RED])
    mailbox.end_turn(gone)
    assert mailbox.send_if_turn(there, [GREEN, BLUE])
    assert 0 < mailbox.client().pttl(f"loupe:predict:{there.id}:images") <= 10_000
    taken, images = mailbox.take()
    assert (taken.id, images) == (there.id, [GREEN, BLUE])
    assert mailbox.client().exists(mailbox.QUEUE) == 0
