"""`manage.py move_storage`: from the folder into a bucket and back."""

import hashlib
import io
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
import redis
from botocore.exceptions import ClientError
from django.core.management import CommandError, call_command
from storages.backends.s3 import S3Storage

from config import durable_files
from datasets.services.intake.start_import import start_import
from jobs.services.claim import claim
from storage import durable
from storage.names import UPLOADS, blob_name, model_file_name, run_file_name, upload_name
from tests import factories
from tests.conftest import database_url_of_tests, free_port, wait_until
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


def database_of_its_own(redis_url):
    """On the server of all tests."""
    return redis_url.replace("db=0", "db=9")


@pytest.fixture
def nothing_works(settings):
    """This installation has a database of Redis to itself."""
    settings.REDIS_URL = database_of_its_own(settings.REDIS_URL)


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
def test_a_second_move_takes_what_is_new_and_names_what_is_gone(folder, objects, nothing_works):
    move()
    new, gone = blob_name(hashlib.sha256(b"new").hexdigest()), next(iter(BLOBS))
    durable.write(new, [b"new"])
    durable.delete(gone)
    picture = run_file_name("r", "0.webp")
    later = time.time() + 5
    durable.write(picture, [b"a PICTURE"])
    os.utime(durable.local(picture), (later, later))
    with pytest.raises(CommandError, match=r"A move to the bucket has ended at .*say --again"):
        move()
    said = move(again=True)
    assert "2 files were copied, 0 were there already" in said
    assert f"1 files of the bucket are not where the files come from, such as {gone}" in said
    assert (folder.parent / "moves" / "extra-in-bucket.txt").read_text() == f"{gone}\n"
    assert objects() == FILES | {new: b"new", picture: b"a PICTURE"}
    with pytest.raises(CommandError, match=r"^1 files of the bucket are not .*, not 2"):
        move(again=True, take_away=2)
    with pytest.raises(CommandError, match="not --while-running"):
        move(again=True, take_away=1, while_running=True)
    said = move(again=True, take_away=1)
    assert "0 files were copied, 0 were there already" in said
    assert "1 files were taken away" in said
    assert gone not in objects()
    assert len(objects()) == len(FILES)


@pytest.mark.django_db
def test_an_empty_source_takes_nothing_from_the_target(folder, objects, nothing_works):
    """The folder was removed after the move, or its disk is not mounted."""
    move()
    shutil.rmtree(folder)
    for options in ({}, {"take_away": len(FILES)}):
        with pytest.raises(CommandError, match="The folder holds no file of Loupe's"):
            move(again=True, stopped=True, **options)
    assert objects() == FILES


@pytest.mark.django_db
def test_a_journal_is_not_believed_over_the_target(
    folder, objects, nothing_works, s3_url, tmp_path
):
    move()
    # The store's times are of a second.
    time.sleep(1.1)
    lost, older = next(iter(BLOBS)), model_file_name("v", "model.onnx")
    bucket(s3_url).Object(f"{tmp_path.name}/{lost}").delete()
    bucket(s3_url).Object(f"{tmp_path.name}/{older}").put(Body=b"a MODEL")
    assert "2 files were copied, 0 were there already" in move(again=True)
    assert objects() == FILES


@pytest.mark.django_db
def test_what_was_forgotten_in_the_bucket_is_named_on_the_way_back(
    folder, objects, nothing_works, s3_url, tmp_path
):
    move()
    forgotten = next(iter(BLOBS))
    bucket(s3_url).Object(f"{tmp_path.name}/{forgotten}").delete()
    said = move("folder")
    assert f"1 files of the folder are not where the files come from, such as {forgotten}" in said
    assert (folder / forgotten).is_file()
    assert "1 files were taken away" in move("folder", again=True, take_away=1)
    assert not (folder / forgotten).exists()


@pytest.mark.django_db
def test_what_the_store_does_not_delete_is_named(folder, objects, nothing_works, monkeypatch):
    move()
    durable.delete(LARGE)
    monkeypatch.setattr(S3Storage, "delete", refused)
    with pytest.raises(CommandError, match=f"1 files could not be taken away, such as {LARGE}"):
        move(again=True, take_away=1)
    assert LARGE in objects()


def refused(storage, name):
    """What a store says to a key that may not delete."""
    said = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    raise ClientError(said, "DeleteObject")


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

    def written_down():
        for journal in (folder.parent / "moves").glob("*.sqlite"):
            with closing(sqlite3.connect(journal)) as connection:
                if connection.execute("SELECT * FROM sqlite_master").fetchall():
                    return connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        return 0

    try:
        wait_until(lambda: written_down() > 50, 60)
    finally:
        process.kill()
        process.wait()
    before = written_down()
    assert 0 < before < len(FILES) + len(more)
    said = move()
    left = len(FILES) + len(more) - before
    assert f"To be copied or compared: {left:,}," in said
    assert len(objects()) == len(FILES) + len(more)
    assert FILES.items() <= objects().items()


@pytest.mark.django_db
def test_a_journal_that_cannot_be_read_is_named(folder, objects, nothing_works):
    move()
    [journal] = (folder.parent / "moves").glob("*.sqlite")
    journal.write_bytes(b"no table" * 1000)
    with pytest.raises(
        CommandError, match=f"{journal.name}: file is not a database. Run this again"
    ):
        move(again=True)


@pytest.mark.django_db
def test_without_its_journal_it_compares_what_is_there(
    folder, objects, nothing_works, s3_url, tmp_path
):
    move()
    for path in (folder.parent / "moves").iterdir():
        path.unlink()
    name = next(iter(BLOBS))
    bucket(s3_url).Object(f"{tmp_path.name}/{name}").put(Body=b"another image"[: len(BLOBS[name])])
    said = move(again=True)
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


def test_beside_work_it_refuses_by_name_or_copies_ahead(
    folder, objects, settings, transactional_db
):
    dataset = factories.make_dataset(user=factories.make_user())
    start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(1)})],
        archive_name="birds.zip",
    )
    assert claim(queue="io", worker="here") is not None
    settings.REDIS_URL = database_of_its_own(settings.REDIS_URL)
    durable.delete_folder(UPLOADS)
    left = {name: each for name, each in FILES.items() if name != LARGE}
    with redis.Redis.from_url(settings.REDIS_URL) as other:
        other.ping()
        with pytest.raises(CommandError) as refused:
            move()
        assert re.search(r"at work: jobs that run: .*birds\.zip into .*; ", str(refused.value))
        assert "programs with 1 connections to Redis, from " in str(refused.value)
        assert objects() == {}
        assert "Stop it and run this again" in move(while_running=True)
        assert objects() == left
        assert "All files are in the bucket" in move(stopped=True)


@pytest.mark.django_db
def test_a_redis_that_says_nothing_is_no_proof(folder, objects, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(CommandError, match=r"Redis does not say .*ConnectionError.*--stopped"):
        move()
    assert objects() == {}


@pytest.mark.django_db
def test_a_program_that_comes_meanwhile_is_named(folder, objects, nothing_works, settings):
    came = []

    class Telling(io.StringIO):
        def write(self, text):
            if "To be copied" in text:
                came.append(redis.Redis.from_url(settings.REDIS_URL))
                came[0].ping()
            return super().write(text)

    said = Telling()
    call_command("move_storage", to="bucket", stdout=said, stderr=said)
    came[0].close()
    assert "Loupe may have been at work meanwhile: programs with 1 conn" in said.getvalue()
    assert "Start Loupe" not in said.getvalue()


@pytest.mark.django_db
def test_without_a_bucket_it_says_so(settings, nothing_works):
    settings.DURABLE_BUCKET = None
    with pytest.raises(CommandError, match="LOUPE_S3_BUCKET names no bucket"):
        move()
