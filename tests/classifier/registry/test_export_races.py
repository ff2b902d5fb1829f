"""Two people at one export, and a download while it is made again."""

import threading

import pytest
from django.db import connection, transaction

from classifier.models import ModelExport
from classifier.registry.services.delete_export import delete_export
from common.errors import DomainError
from jobs.models import Job, Status
from jobs.services.retry import retry
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
