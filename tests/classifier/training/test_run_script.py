"""training-runs/{id}/script/: a run as a program, or the sentence why it has none."""

import pytest
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import ModelVersion
from classifier.training.services.start_training import start_training
from classifier.work import __all__ as handlers
from jobs.models import Status
from storage import durable
from storage.names import model_file_name
from tests import factories
from tests.datasets.conftest import run_job

assert handlers
assert run_job
pytestmark = pytest.mark.django_db
FILE = "training_script.py"


def test_a_run_gives_its_script_or_says_why_it_has_none(user, api, page_client, run_job):
    version = factories.make_version(user=user)
    run = start_training(
        user=user,
        dataset_version=version,
        preset="efficientnet_lite0",
        config={"epochs": 2, "image_size": 64, "learning_rate": 0.00123456789},
    )
    url = f"/api/v1/training-runs/{run.pk}/script/"
    early = api.get(url)
    assert (early.status_code, early.json()["code"]) == (409, "no_script")
    assert early.json()["detail"].startswith("A run that made a model version has a script")

    run_job(run.job)
    run.job.refresh_from_db()
    assert run.job.status == Status.SUCCEEDED, run.job.error
    answer = api.get(url)
    assert answer["Content-Disposition"] == f'attachment; filename="{FILE}"'
    text = answer.content.decode()
    compile(text, FILE, "exec")
    assert "epochs=2, rate=0.00123456789" in text
    for name in version.class_names:
        assert f'"{name}"' in text
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert f'href="{url}"' in page
    assert f"/dataset-versions/{version.pk}/archive/" in page

    made = ModelVersion.objects.get(training_run=run)
    assert taken() == [(user.username, FILE)]
    # Who may see the run may have it, by either address; the model's own files need more.
    viewer = factories.make_member(run.organization, Role.VIEWER)
    client = APIClient()
    client.force_authenticate(viewer)
    files = f"/api/v1/model-versions/{made.pk}/files/"
    assert client.get(url).content.decode() == text
    assert b"".join(client.get(f"{files}{FILE}/").streaming_content).decode() == text
    assert client.get(f"{files}model.onnx/").status_code == 403
    three = [(user.username, FILE), *[(viewer.username, FILE)] * 2]
    assert taken() == sorted(three)

    path = durable.local(model_file_name(made.pk, FILE))
    path.write_text("other")
    for address in (url, f"{files}{FILE}/"):
        assert client.get(address).json()["code"] == "bad_model_file"
    path.unlink()
    for address in (url, f"{files}{FILE}/"):
        assert client.get(address).json()["code"] == "file_lost"
    assert taken() == sorted(three), "what was not handed out was not taken"


def taken() -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(action="model_version.download")
    return sorted((entry.actor.username, entry.detail["file"]) for entry in entries)


def test_runs_from_before_and_such_as_no_script_repeats_say_so(user, api, page_client):
    for config, sentence in (
        ({}, "This run is from before Loupe wrote scripts. Clone it: the new run has one."),
        (
            {"synthetic": 0.5},
            "A plain Keras script cannot make the examples between vectors that this run learned "
            "from (synthetic 0.5): only Loupe can repeat it.",
        ),
    ):
        run = factories.make_run(user, preset="efficientnet_lite0", config=config)
        factories.make_model_version(run)
        answer = api.get(f"/api/v1/training-runs/{run.pk}/script/")
        assert (answer.status_code, answer.json()["detail"]) == (409, sentence)
        assert sentence in page_client.get(f"/training/{run.pk}/").content.decode()
