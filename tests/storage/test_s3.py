"""What is so where durable files lie in a bucket: copies, other machines, a server that fails."""

import hashlib
import logging
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from botocore.config import Config
from django.db import transaction

from storage import durable
from storage.bucket import Bucket
from storage.errors import StoreUnavailable
from storage.names import blob_name, model_file_name, run_file_name, upload_name
from tests.conftest import free_port
from tests.storage.s3_server import bucket

CONTENT = b"an image"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BLOB = blob_name(SHA256)


@pytest.fixture
def another_machine(settings, tmp_path):
    """Give a function after which this process has the scratch of a machine with that name."""

    def move(name):
        settings.SCRATCH_DIR = tmp_path / name
        # A store is made with its process, and that stays where it is.
        durable._object_store.cache_clear()

    return move


@pytest.fixture
def objects(s3_store, s3_url, tmp_path):
    """Give a function that lists the bucket's objects of this test, by name."""

    def listed():
        prefix = f"{tmp_path.name}/"
        found = bucket(s3_url).objects.filter(Prefix=prefix)
        return {each.key.removeprefix(prefix): each for each in found}

    return listed


def test_another_machine_reads_what_one_has_kept(objects, another_machine, transactional_db):
    durable.write(BLOB, [CONTENT])
    path = durable.collecting(upload_name("u"))
    path.write_bytes(b"archive")
    durable.complete(upload_name("u"))
    assert set(objects()) == {BLOB, upload_name("u")}
    another_machine("b")
    assert durable.local_blob(SHA256).read_bytes() == CONTENT
    assert durable.local(upload_name("u")).read_bytes() == b"archive"


def test_a_copy_serves_until_it_is_used_no_longer(objects, another_machine, settings):
    settings.DURABLE_COPIES_BYTES = 10
    another_machine("b")
    names = [upload_name(key) for key in "abc"]
    for name in names:
        durable.write(name, [b"12345"])
    old, lately = durable.local_files(names[:2])
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    looked_at = settings.SCRATCH_DIR / "copies" / ".looked-at"
    os.utime(looked_at, (hours_ago, hours_ago))
    assert durable.local(names[2]).is_file()
    assert (old.exists(), lately.exists()) == (False, True)
    # Without a copy it is fetched again.
    assert durable.local(names[0]).read_bytes() == b"12345"
    for each in objects().values():
        each.delete()
    assert durable.local(names[2]).read_bytes() == b"12345"


def test_files_of_one_content_share_a_copy_which_is_verified(objects, another_machine, settings):
    names = [model_file_name(version, "model.onnx") for version in "ab"]
    for name in names:
        durable.write(name, [CONTENT])
    another_machine("b")
    first, second = (durable.local_content(name, SHA256) for name in names)
    assert first == second
    assert first.read_bytes() == CONTENT
    # Another process finds a copy that the disk has damaged, and fetches it once more.
    first.write_bytes(b"an IMAGE")
    durable._object_store.cache_clear()
    assert durable.local_content(names[1], SHA256).read_bytes() == CONTENT
    # What lies in the bucket is not taken for what was registered.
    for each in objects().values():
        each.Object().put(Body=b"another model")
    another_machine("c")
    assert not durable.local_content(names[0], SHA256).exists()


def test_one_fetch_serves_all_who_ask_and_a_damaged_file_is_fetched_once(
    objects, another_machine, monkeypatch
):
    name = model_file_name("v", "model.onnx")
    durable.write(name, [CONTENT])
    another_machine("b")
    asked, opened = [], Bucket._open
    monkeypatch.setattr(Bucket, "_open", lambda *given: asked.append(given[1]) or opened(*given))
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: durable.local_content(name, SHA256), range(32)))
    assert found[0].read_bytes() == CONTENT
    assert len(set(found)) == len(asked) == 1
    objects()[name].Object().put(Body=b"another model")
    found[0].unlink()
    for _ in range(5):
        assert not durable.local_content(name, SHA256).exists()
    assert len(asked) == 2
    # Restored from a backup.
    durable.write(name, [CONTENT])
    assert durable.local_content(name, SHA256).read_bytes() == CONTENT


def test_a_small_file_is_sent_and_fetched_by_one_request_each(objects):
    client = durable._store()._storage.bucket.meta.client
    asked = []
    client.meta.events.register("before-call.s3", lambda model, **_: asked.append(model.name))
    for content in (CONTENT, b""):
        durable.write(BLOB, [content])
        assert b"".join(durable.blocks(BLOB)) == content
        assert asked == ["PutObject", "GetObject"]
        asked.clear()


def test_a_machine_whose_scratch_is_lost_reads_on(objects, settings):
    name = model_file_name("v", "model.onnx")
    durable.write(name, [CONTENT])
    durable.write(BLOB, [CONTENT])
    for _ in range(2):
        assert durable.local_content(name, SHA256).read_bytes() == CONTENT
        assert durable.local_blob(SHA256).read_bytes() == CONTENT
        shutil.rmtree(settings.SCRATCH_DIR)
    durable.write(upload_name("u"), [b"archive"])
    assert durable.read(upload_name("u")) == b"archive"


def test_a_signed_link_serves_anyone_for_its_time(objects, settings, s3_url):
    name = model_file_name("v", "model.onnx")
    durable.write(name, [CONTENT])
    asked = {"file_name": "birds-v1.onnx", "media_type": "application/octet-stream"}
    assert durable.link(name, **asked) is None

    settings.DURABLE_LINKS_URL, settings.DURABLE_LINK_SECONDS = s3_url, 60
    durable._object_store.cache_clear()
    link = durable.link(name, **asked)
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert httpx.get(link.replace("model.onnx", "model.keras")).status_code == 403
    settings.DURABLE_LINK_SECONDS = 1
    link = durable.link(name, **asked)
    time.sleep(2.1)
    # Where Amazon says 403.
    assert httpx.get(link).status_code == 400


def test_a_damaged_blob_is_no_file(objects, another_machine, caplog):
    durable.write(BLOB, [CONTENT])
    objects()[BLOB].Object().put(Body=b"another image")
    with caplog.at_level(logging.ERROR):
        assert not durable.local_blob(SHA256).exists()
    assert f"{BLOB} in the store of durable files is damaged" in caplog.text
    with pytest.raises(FileNotFoundError):
        durable.read(BLOB)


@pytest.mark.parametrize("name", [
    run_file_name("r", "0.webp"), model_file_name("v", "references.npy"),
])  # fmt: skip
def test_what_may_be_replaced_is_read_from_the_bucket(objects, another_machine, name):
    durable.write(name, [b"first"])
    assert durable.read(name) == b"first"
    objects()[name].Object().put(Body=b"second")
    assert durable.read(name) == b"second"


def test_an_upload_stays_here_until_its_transaction_is_through(objects, transactional_db):
    name = upload_name("u")
    path = durable.collecting(name)
    path.write_bytes(b"archive")
    with transaction.atomic():
        durable.complete(name)
        transaction.set_rollback(True)
    # The person may ask again.
    assert path.read_bytes() == b"archive"
    with transaction.atomic():
        durable.complete(name)
        assert path.is_file()
    assert not path.exists()
    assert durable.local(name).read_bytes() == b"archive"


def test_a_server_that_fails_keeps_no_row_alive(objects, settings, caplog):
    """What asked for the file to go has committed; an orphan is named, and the rest goes on."""
    durable.write(BLOB, [CONTENT])
    durable.local(BLOB)
    entry = settings.STORAGES["durable"]
    nowhere = {
        "endpoint_url": f"http://127.0.0.1:{free_port()}",
        "client_config": Config(retries={"total_max_attempts": 1}),
    }
    options = {**entry["OPTIONS"], **nowhere}
    settings.STORAGES = {**settings.STORAGES, "durable": {**entry, "OPTIONS": options}}
    with caplog.at_level(logging.ERROR):
        durable.delete_files([BLOB, upload_name("u")])
    assert f"{BLOB} is left in the store of durable files" in caplog.text
    assert set(objects()) == {BLOB}
    assert not (settings.SCRATCH_DIR / "copies" / BLOB).exists()
    with pytest.raises(StoreUnavailable):
        durable.write(BLOB, [CONTENT])
