"""Two people at one export, and a download while it is made again."""

import threading
from hashlib import sha256

import pytest
from django.db import connection, transaction

from accounts.models import AuditEntry
from classifier.engine.measure.export_parity import FLOAT, ExportParity
from classifier.models import ModelExport
from classifier.registry.services.delete_export import delete_export
from common.errors import DomainError
from jobs.models import Job, Status
from jobs.services.retry import retry
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.classifier.trained import fail_job


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["delete", "run_again"])
def test_a_deletion_and_run_again_at_once(make_model_version, first):
    """The later one waits and is refused: no job is left whose export is gone."""
    user = factories.make_user()
    version = make_model_version(user)
    job = Job.objects.create(
        kind="export", queue="io", organization=user.personal_organization, title="Export"
    )
    export = ModelExport.objects.create(model_version=version, format="tflite_int8", job=job)
    fail_job(job)
    acts = {
        "delete": lambda: delete_export(user=user, export=export),
        "run_again": lambda: retry(user=user, job=job),
    }
    refused: list[str] = []

    def act_too() -> None:
        [other] = acts.keys() - {first}
        try:
            acts[other]()
        except DomainError as error:
            refused.append(error.code)
        finally:
            connection.close()

    with transaction.atomic():
        acts[first]()
        thread = threading.Thread(target=act_too)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "it waits for the first one's end"
    thread.join()
    assert refused == ["not_found" if first == "delete" else "under_way"]
    left = Job.objects.filter(kind="export", model_export=None, status=Status.QUEUED)
    assert not left.exists()
    assert ModelExport.objects.filter(pk=export.pk).exists() == (first == "run_again")


@pytest.mark.django_db
def test_a_download_while_the_new_file_takes_its_place(user, api, make_model_version):
    """Its bytes are there before its row says so: no alarm, and the next try has it."""
    version = make_model_version(user)
    job = Job.objects.create(
        kind="export", queue="io", organization=user.personal_organization, title="Export"
    )
    old = {"name": "model.tflite", "sha256": sha256(b"old").hexdigest(), "bytes": 3}
    parity = ExportParity(
        images=3, split="test", accuracy=1.0, accuracy_change=0.0, flipped=0,
        largest_difference=0.0, latency_ms=1.0, calibrated_on=0, compressed_bytes=3, sparsity=0.0,
        tolerance=FLOAT,
    )  # fmt: skip
    export = ModelExport.objects.create(
        model_version=version, format="tflite", job=job, file=old, parity=parity.to_json()
    )
    for status, fence in ((Status.QUEUED, 0), (Status.RUNNING, 1)):
        Job.objects.filter(pk=job.pk).update(status=status, fence=fence)
    durable.write(model_file_name(version.pk, "model.tflite"), [b"new"])
    url = f"/api/v1/model-versions/{version.pk}/files/model.tflite/"
    refused = api.get(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "under_way")
    Job.objects.filter(pk=job.pk).update(status=Status.SUCCEEDED)
    alarms = AuditEntry.objects.filter(action__contains="refused")
    assert not alarms.exists()
    # With no one at work on it, it is what it seems to be.
    refused = api.get(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "bad_model_file")
    assert alarms.exists()
    export.file = {**old, "sha256": sha256(b"new").hexdigest()}
    export.save(update_fields=["file"])
    assert b"".join(api.get(url).streaming_content) == b"new"
