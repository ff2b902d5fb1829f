"""Uploads that can be resumed, by the protocol: tus 1.0.0."""

import base64
import hashlib
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from common.errors import Conflict
from datasets.models import Image, Import, Upload
from datasets.services.intake.sweep_uploads import sweep_uploads
from datasets.services.intake.uploads import append_part, create_upload, upload_path
from storage import durable
from storage.names import blob_name, upload_name
from tests import factories
from tests.answers import untruths
from tests.datasets.conftest import png, zipped

ROOT = "/api/v1/uploads/"
TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


ONE = f"{ROOT}{{upload_id}}/"


def begin(api, length: int, **headers: str):
    name = base64.b64encode(b"pets.zip").decode()
    given = {"Upload-Length": str(length), "Upload-Metadata": f"filename {name}", **headers}
    return api.post(ROOT, headers={**TUS, **given})


def send(api, url: str, offset: int, content: bytes, **headers: str):
    given = {**TUS, "Upload-Offset": str(offset), **headers}
    return api.generic("PATCH", url, content, content_type=PART, headers=given)


def offset_of(api, url: str) -> int:
    return int(api.head(url, headers=TUS).headers["Upload-Offset"])


def test_from_creation_to_the_last_byte(api, user):
    created = begin(api, 10)
    assert created.status_code == 201
    url = created.headers["Location"]
    assert created.headers["Tus-Resumable"] == "1.0.0"
    assert send(api, url, 0, b"01234").headers["Upload-Offset"] == "5"
    assert send(api, url, 5, b"56789").headers["Upload-Offset"] == "10"
    head = api.head(url, headers=TUS)
    assert (head.headers["Upload-Length"], head.headers["Upload-Offset"]) == ("10", "10")
    assert head.headers["Cache-Control"] == "no-store"
    assert head.headers["Upload-Metadata"].startswith("filename ")
    upload = Upload.objects.get()
    assert (upload.name, upload.created_by, upload.is_complete) == ("pets.zip", user, True)
    assert upload_path(upload).read_bytes() == b"0123456789"


def test_the_schema_says_what_a_client_meets(api, settings):
    created = begin(api, 10)
    url = created.headers["Location"]
    refused = {"Upload-Checksum": f"sha1 {base64.b64encode(bytes(20)).decode()}"}
    answers = [
        ("POST", ROOT, 201, created),
        ("HEAD", ONE, 200, api.head(url, headers=TUS)),
        ("HEAD", ONE, 404, api.head(f"{ROOT}{uuid.uuid4()}/", headers=TUS)),
        ("PATCH", ONE, 204, send(api, url, 0, b"01234")),
        ("PATCH", ONE, 460, send(api, url, 5, b"56789", **refused)),
        ("PATCH", ONE, 409, send(api, url, 9, b"9")),
        ("PATCH", ONE, 412, api.patch(url, b"", content_type=PART)),
        ("DELETE", ONE, 204, api.delete(url, headers=TUS)),
    ]
    for method, path, status, answer in answers:
        assert answer.status_code == status
        assert untruths(method, path, answer) == []
    schema = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    [length] = [p for p in schema[ROOT]["post"]["parameters"] if p["name"] == "Upload-Length"]
    assert length["schema"] == {
        "type": "integer", "minimum": 1, "maximum": settings.ARCHIVE_MAX_BYTES
    }  # fmt: skip
    assert begin(api, settings.ARCHIVE_MAX_BYTES).status_code == 201
    assert begin(api, settings.ARCHIVE_MAX_BYTES + 1).status_code == 413


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ("filename cGV0cy56aXA=", "pets.zip"),
        ("kind,filename cGV0cy56aXA=", "pets.zip"),
        ("filename cGV0cy56aXA=, kind YQ==", "pets.zip"),
        ("kind YQ==", "upload"),
        ("filename pets.zip", None),
        ("filename cGV0cy56aXA", None),
        ("filename cGV0cy56aXA=,kind pets.zip", None),
        ("filename cGV0cy56aXA=,filename YQ==", None),
        (",", None),
    ],
)
def test_metadata_is_what_the_schema_says(api, metadata, name):
    answer = begin(api, 5, **{"Upload-Metadata": metadata})
    if name is None:
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
            400, "/Upload-Metadata"
        )  # fmt: skip
    else:
        assert (answer.status_code, answer.json()["name"]) == (201, name)


def test_what_the_server_says_of_itself(api):
    answer = api.options(ROOT)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "checksum", "termination", "expiration",
    }  # fmt: skip
    assert answer.headers["Tus-Max-Size"] == str(settings.ARCHIVE_MAX_BYTES)


def test_refusals(api, settings):
    url = begin(api, 10).headers["Location"]
    send(api, url, 0, b"01234")
    wrong_version = api.head(url, headers={"Tus-Resumable": "0.2.2"})
    assert (wrong_version.status_code, wrong_version.headers["Tus-Version"]) == (412, "1.0.0")
    assert send(api, url, 4, b"456").status_code == 409
    assert send(api, url, 5, b"567890123").json()["code"] == "past_the_end"
    form = api.patch(url, {}, headers={**TUS, "Upload-Offset": "5"})
    assert form.status_code == 415
    assert send(api, url, "five", b"5").status_code == 400
    assert offset_of(api, url) == 5
    assert begin(api, "many").status_code == 400
    settings.ARCHIVE_MAX_BYTES = 100
    assert begin(api, 101).status_code == 413
    settings.UPLOADS_PER_PERSON = 1
    assert begin(api, 5).json()["code"] == "too_many_uploads"
    assert api.delete(url, headers=TUS).status_code == 204
    assert begin(api, 5).status_code == 201


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_damaged_part_does_not_count(api, algorithm):
    url = begin(api, 10).headers["Location"]
    digest = hashlib.new(algorithm, b"01234").digest()
    checksum = f"{algorithm} {base64.b64encode(digest).decode()}"
    answer = send(api, url, 0, b"01x34", **{"Upload-Checksum": checksum})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert offset_of(api, url) == 0
    assert send(api, url, 0, b"01234", **{"Upload-Checksum": checksum}).status_code == 204
    send(api, url, 5, b"56789")
    assert upload_path(Upload.objects.get()).read_bytes() == b"0123456789"
    assert send(api, url, 10, b"", **{"Upload-Checksum": "crc32 AAAA"}).status_code == 400


def test_of_two_parts_for_one_offset_one_counts(transactional_db):
    upload = create_upload(user=factories.make_user(), length=4, name="a.zip")
    writing, go_on = Event(), Event()

    def slowly():
        yield b"12"
        writing.set()
        assert go_on.wait(20)

    def first():
        try:
            return append_part(upload=upload, offset=0, blocks=slowly()).offset
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(first)
        assert writing.wait(20)
        with pytest.raises(Conflict) as busy:
            append_part(upload=upload, offset=0, blocks=[b"xx"])
        go_on.set()
        assert running.result() == 2
    assert busy.value.code == "upload_busy"
    with pytest.raises(Conflict) as late:
        append_part(upload=upload, offset=0, blocks=[b"xx"])
    assert late.value.code == "wrong_offset"
    append_part(upload=upload, offset=2, blocks=[b"34"])
    assert upload_path(upload).read_bytes() == b"1234"


def test_an_upload_is_its_owners_alone(api, user):
    dataset = factories.make_dataset(user=user)
    colleague = factories.make_member(dataset.organization, "editor")
    theirs = create_upload(user=colleague, length=4, name="a.zip")
    url = f"{ROOT}{theirs.pk}/"
    assert api.head(url, headers=TUS).status_code == 404
    assert send(api, url, 0, b"1234").status_code == 404
    assert api.delete(url, headers=TUS).status_code == 404
    answer = api.post(f"/api/v1/datasets/{dataset.pk}/imports/", {"upload": str(theirs.pk)})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/upload"
    assert upload_path(theirs).is_file()


def finished_upload(user, content: bytes) -> Upload:
    upload = create_upload(user=user, length=len(content), name="pets.zip")
    return append_part(upload=upload, offset=0, blocks=[content])


def test_a_finished_upload_is_imported_once_without_a_copy(api, user, run_job):
    dataset = factories.make_dataset(user=user)
    url = f"/api/v1/datasets/{dataset.pk}/imports/"
    upload = finished_upload(user, zipped({f"cat/{n}.png": png(n) for n in range(3)}))
    inode = upload_path(upload).stat().st_ino
    body, key = {"upload": str(upload.pk)}, {"Idempotency-Key": "once"}
    first = api.post(url, body, headers=key)
    assert first.status_code == 202, first.json()
    again = api.post(url, body, headers=key)
    assert again.json() == first.json()
    source = Import.objects.get()
    assert source.archive_name == "pets.zip"
    assert durable.local(upload_name(source.upload)).stat().st_ino == inode
    assert not Upload.objects.exists()
    assert api.post(url, body).status_code == 400
    run_job(source.job)
    assert source.job.result["images_added"] == 3
    assert not durable.local(upload_name(source.upload)).exists()


def test_an_upload_whose_bytes_are_lost_says_so(api, user):
    """A machine has lost its scratch, or the installation has moved into a bucket."""
    url = begin(api, 10).headers["Location"]
    send(api, url, 0, b"01234")
    upload_path(Upload.objects.get()).unlink()
    refused = send(api, url, 5, b"56789")
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_lost")
    assert "5 bytes have arrived, and this web server has 0" in refused.json()["detail"]
    whole = finished_upload(user, zipped({"cat/1.png": png(1)}))
    with upload_path(whole).open("r+b") as stream:
        stream.truncate(9)
    imports = f"/api/v1/datasets/{factories.make_dataset(user=user).pk}/imports/"
    refused = api.post(imports, {"upload": str(whole.pk)})
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_lost")


def test_an_upload_that_cannot_be_imported_stays(api, user):
    dataset = factories.make_dataset(user=user)
    url = f"/api/v1/datasets/{dataset.pk}/imports/"
    half = create_upload(user=user, length=100, name="a.zip")
    assert api.post(url, {"upload": str(half.pk)}).json()["code"] == "upload_unfinished"
    broken = finished_upload(user, b"no zip at all")
    assert api.post(url, {"upload": str(broken.pk)}).json()["code"] == "not_a_zip"
    assert Upload.objects.count() == 2
    assert upload_path(broken).is_file()
    assert not Import.objects.exists()


def test_the_sweep_takes_what_nobody_goes_on_with_and_nothing_else(transactional_db):
    user = factories.make_user()
    over = create_upload(user=user, length=4, name="over.zip")
    Upload.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    going_on = create_upload(user=user, length=4, name="going-on.zip")
    residue = durable.local(upload_name("00ff"))
    spooled = settings.FILE_UPLOAD_TEMP_DIR / "tmp1.upload.zip"
    young = durable.local(upload_name("00fe"))
    for path in (residue, spooled, young):
        path.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in (residue, spooled, upload_path(going_on)):
        os.utime(path, (two_days_ago, two_days_ago))
    sweep_uploads()
    assert list(Upload.objects.all()) == [going_on]
    assert upload_path(going_on).is_file()
    assert young.is_file()
    assert not any(path.exists() for path in (upload_path(over), residue, spooled))
    young.unlink()


def test_files_of_an_upload_whose_process_was_killed_are_discarded(transactional_db):
    """A journal tells which contents may stand in the store without a row."""
    kept = factories.make_images(factories.make_dataset(), "cat", 1)[0]
    content = b"no row has this"
    orphan = hashlib.sha256(content).hexdigest()
    durable.write(blob_name(orphan), [content])
    folder = settings.SCRATCH_DIR / "requests" / "00fd"
    folder.mkdir(parents=True)
    (folder / "contents.json").write_text(f'["{orphan}", "{kept.sha256}"]')
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(folder, (two_days_ago, two_days_ago))
    sweep_uploads()
    assert not durable.local(blob_name(orphan)).exists()
    assert durable.local(blob_name(kept.sha256)).is_file()
    assert not folder.exists()
    assert Image.objects.count() == 1
