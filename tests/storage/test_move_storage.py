"""`manage.py move_storage`: from the folder into a bucket and back."""

import hashlib
import io
import os
import re
import subprocess
import sys
import time

import pytest
import redis
from django.core.management import CommandError, call_command

from config import durable_files
from datasets.services.intake.start_import import start_import
from jobs.services.claim import claim
from storage import durable
from storage.names import UPLOADS, blob_name, model_file_name, run_file_name, upload_name
from tests import factories
from tests.conftest import database_url_of_tests, wait_until
from tests.datasets.conftest import png, zipped
from tests.storage.s3_names import s3_variables
from tests.storage.s3_server import bucket

IMAGES = [f"image {number}".encode() for number in range(40)]
BLOBS = {blob_name(hashlib.sha256(each).hexdigest()): each for each in IMAGES}
LARGE = upload_name("large")
FILES = {
    **BLOBS,
    model_file_name("v", "model.onnx"): b"a model",
    run_file_name("r", "0.webp"): b"a picture",
    # More than one part on its way to the bucket.
    LARGE: os.urandom(1 << 20) * 20,
}


@pytest.fixture
def nothing_works(settings):
    """This installation has a database of Redis to itself, on the server of all tests."""
    settings.REDIS_URL = settings.REDIS_URL.replace("db=0", "db=9")


@pytest.fixture
def folder(settings, s3_store):
    """The folder with files, and a bucket beside it that is not in use."""
    settings.DURABLE_BUCKET = settings.STORAGES["durable"]
    settings.STORAGES = {**settings.STORAGES, "durable": durable_files.folder_files()}
    for name, content in FILES.items():
        durable.write(name, [content])
    return settings.MEDIA_ROOT


@pytest.fixture
def objects(s3_url, tmp_path):
    """Give a function that returns the bucket's contents by name."""

    def listed():
        prefix = f"{tmp_path.name}/"
        found = bucket(s3_url).objects.filter(Prefix=prefix)
        return {each.key.removeprefix(prefix): each.get()["Body"].read() for each in found}

    return listed


def move(to="bucket", **options):
    said = io.StringIO()
    call_command("move_storage", to=to, stdout=said, stderr=said, **options)
    return said.getvalue()


@pytest.mark.django_db
def test_everything_goes_into_the_bucket_and_back(folder, objects, nothing_works, settings):
    (folder / "notes.txt").write_text("an operator's own")
    (folder / "blobs" / ".half.0123").write_bytes(b"being written")
    assert "Nothing was copied" in move(dry_run=True)
    assert objects() == {}
    said = move()
    assert f"{len(FILES)} files were copied, 0 were there already" in said
    assert "notes.txt" in said
    assert objects() == FILES

    settings.MEDIA_ROOT = folder.parent / "another"
    said = move("folder")
    assert f"{len(FILES)} files were copied" in said
    root = settings.MEDIA_ROOT
    found = {str(each.relative_to(root)): each for each in root.rglob("*") if each.is_file()}
    assert {name: each.read_bytes() for name, each in found.items()} == FILES


@pytest.mark.django_db
def test_a_second_move_takes_what_is_new_and_takes_away_what_is_gone(
    folder, objects, nothing_works
):
    move()
    new, gone = blob_name(hashlib.sha256(b"new").hexdigest()), next(iter(BLOBS))
    durable.write(new, [b"new"])
    durable.delete(gone)
    picture = run_file_name("r", "0.webp")
    later = time.time() + 5
    durable.write(picture, [b"a PICTURE"])
    os.utime(durable.local(picture), (later, later))
    said = move()
    assert "2 files were copied, 0 were there already" in said
    assert "1 were taken away" in said
    assert objects() == {name: each for name, each in FILES.items() if name != gone} | {
        new: b"new",
        picture: b"a PICTURE",
    }
    assert "0 files were copied, 0 were there already" in move()


def test_a_move_that_was_killed_goes_on(folder, objects, nothing_works, s3_url, tmp_path, db):
    more = [f"one of many {number}".encode() for number in range(600)]
    for content in more:
        durable.write(blob_name(hashlib.sha256(content).hexdigest()), [content], synced=False)
    variables = {
        **os.environ,
        **s3_variables(s3_url, prefix=tmp_path.name),
        "DATABASE_URL": database_url_of_tests(),
        "LOUPE_DATA_DIR": str(folder.parent),
    }
    command = [sys.executable, "manage.py", "move_storage", "--to", "bucket", "--while-running"]
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)

    def lines():
        journals = (folder.parent / "moves").glob("*.jsonl")
        return sum(path.read_bytes().count(b"\n") for path in journals)

    try:
        wait_until(lambda: lines() > 50, 60)
    finally:
        process.kill()
        process.wait()
    before = lines()
    [journal] = (folder.parent / "moves").iterdir()
    with journal.open("a") as stream:
        stream.write('["a line that was cut o')
    assert before < len(FILES) + len(more)
    said = move()
    left = len(FILES) + len(more) - before
    assert f"To be copied or compared: {left:,}," in said
    assert len(objects()) == len(FILES) + len(more)
    assert FILES.items() <= objects().items()


@pytest.mark.django_db
def test_without_its_journal_it_compares_what_is_there(
    folder, objects, nothing_works, s3_url, tmp_path
):
    move()
    for path in (folder.parent / "moves").iterdir():
        path.unlink()
    name = next(iter(BLOBS))
    bucket(s3_url).Object(f"{tmp_path.name}/{name}").put(Body=b"another image"[: len(BLOBS[name])])
    said = move()
    assert f"1 files were copied, {len(FILES) - 1} were there already" in said
    assert objects() == FILES


@pytest.mark.django_db
def test_a_damaged_file_is_named_and_not_moved(folder, objects, nothing_works):
    name = next(iter(BLOBS))
    (folder / name).write_bytes(b"damaged")
    with pytest.raises(CommandError, match="1 files were not moved"):
        move()
    assert objects() == {key: each for key, each in FILES.items() if key != name}
    (folder / name).write_bytes(BLOBS[name])
    assert "1 files were copied" in move()
    assert objects() == FILES


@pytest.mark.django_db
def test_beside_work_it_refuses_by_name_or_copies_ahead(folder, objects, nothing_works, settings):
    dataset = factories.make_dataset(user=factories.make_user())
    start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(1)})],
        archive_name="birds.zip",
    )
    claim(queue="io", worker="here")
    durable.delete_folder(UPLOADS)
    left = {name: each for name, each in FILES.items() if name != LARGE}
    with redis.Redis.from_url(settings.REDIS_URL) as other:
        other.ping()
        with pytest.raises(CommandError) as refused:
            move()
        assert re.search(r"at work: jobs that run: .*birds\.zip; ", str(refused.value))
        assert "programs with 1 connections to Redis, from " in str(refused.value)
        assert objects() == {}
        assert "Stop it and run this again" in move(while_running=True)
    assert objects() == left


@pytest.mark.django_db
def test_without_a_bucket_it_says_so(settings, nothing_works):
    settings.DURABLE_BUCKET = None
    with pytest.raises(CommandError, match="LOUPE_S3_BUCKET names no bucket"):
        move()
