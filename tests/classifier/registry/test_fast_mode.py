"""Fast mode: made and checked on request, refused with figures, switched by those who may."""

from dataclasses import replace
from hashlib import sha256

import pytest

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.models import FastMode
from classifier.registry.selectors.fast_mode import obstacle_to_fast_mode
from classifier.registry.services.fast_mode import start_fast_mode
from classifier.registry.services.manage_model import delete_model, edit_model
from classifier.work import __all__ as handlers
from common.errors import Conflict
from jobs.models import Status
from tests import factories
from tests.classifier.fast_files import CHECK, make_fast_mode
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db


def url_of(version) -> str:
    return f"/api/v1/model-versions/{version.pk}/fast-mode/"


def test_a_worker_makes_the_file_and_checks_it(user, api, colours, run_job):
    assert api.get(url_of(colours)).status_code == 404
    asked = api.post(url_of(colours))
    assert asked.status_code == 202, asked.content
    assert (asked.json()["measured"], asked.json()["offered"]) == (None, False)
    assert api.post(url_of(colours)).json()["job"]["id"] == asked.json()["job"]["id"]
    refused = api.patch(url_of(colours), {"enabled": True}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_made_yet")

    row = FastMode.objects.get()
    job = run_job(row.job)
    assert job.status == Status.SUCCEEDED, job.error
    body = api.get(url_of(colours)).json()
    measured = body["measured"]
    tested = sum(colours.dataset_version.sample_counts["test"].values())
    assert (measured["images"], measured["flipped"]) == (tested, 0)
    assert 0 < measured["largest_difference"] < 0.5
    assert measured["fast_bytes"] < measured["float32_bytes"] == colours.served_file["bytes"]
    assert measured["fast_ms"] > 0 < measured["float32_ms"]
    # On so small a network int8 may be no faster: then it is refused by that name.
    assert body["offered"] is (body["refusal"] == "")
    assert body["offered"] or body["refusal"].startswith("int8 isn't faster here")
    row = FastMode.objects.get()
    assert row.path.is_file() is row.offered
    assert api.get(f"/api/v1/model-versions/{colours.pk}/").json()["fast_mode"] == body


def test_it_is_switched_and_written_down(user, api, page_client, make_model_version):
    version = make_model_version(user)
    make_fast_mode(version)
    assert version.fast_sha256 == ""
    assert api.post(url_of(version)).status_code == 200
    on = api.patch(url_of(version), {"enabled": True}, format="json")
    assert (on.status_code, on.json()["enabled"]) == (200, True)
    row = FastMode.objects.get()
    version.refresh_from_db()
    assert version.fast_sha256 == row.file["sha256"]
    entry = AuditEntry.objects.get(action="model_version.fast_mode")
    assert (entry.actor, entry.detail["enabled"]) == (user, True)
    # The file can be taken away like the others.
    said = api.get(f"/api/v1/model-versions/{version.pk}/").json()
    assert said["files"]["model.int8.onnx"] == row.file
    assert said["fast_mode"]["download_url"].endswith("/files/model.int8.onnx/")
    taken = api.get(said["fast_mode"]["download_url"])
    assert sha256(b"".join(taken.streaming_content)).hexdigest() == row.file["sha256"]
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert said["fast_mode"]["download_url"].removeprefix("/api/v1") in page
    assert "0.50 %, probably 0.2 to 1.5 %" in page
    assert "Switch off" in page
    page_client.post(f"/model-versions/{version.pk}/fast-mode/", {"enabled": "false"})
    assert not FastMode.objects.get().enabled
    assert AuditEntry.objects.filter(action="model_version.fast_mode").count() == 2
    assert api.patch(url_of(version), {"enabled": "perhaps"}, format="json").status_code == 400


def test_what_flips_more_is_refused_with_its_figures(user, api, page_client, make_model_version):
    version = make_model_version(user)
    row = make_fast_mode(version, replace(CHECK, flipped=9))
    assert (row.offered, row.path.exists()) == (False, False)
    refused = api.patch(url_of(version), {"enabled": True}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "fast_mode_refused")
    assert "9 of 600 test images (1.50 %)" in refused.json()["detail"]
    file = f"/api/v1/model-versions/{version.pk}/files/model.int8.onnx/"
    assert api.get(file).json()["code"] == "fast_mode_refused"
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "Not offered" in page
    assert "Switch on" not in page
    again = api.post(url_of(version))
    assert (again.status_code, again.json()["measured"]) == (202, None)


def test_without_test_images_there_is_none(user, make_run):
    learned = factories.make_version(user=user)
    version = factories.make_model_version(make_run(user, version=learned))
    assert obstacle_to_fast_mode(version) is None
    version.dataset_version.sample_counts["test"] = {}
    with pytest.raises(Conflict, match=r"the test split of .* has none") as refused:
        start_fast_mode(user=user, version=version)
    assert refused.value.code == "no_test_images"


def test_a_report_shows_its_figures(user, api, make_model_version):
    version = make_model_version(user)
    report = f"/api/v1/evaluations/{factories.make_report(version, 55).pk}/"
    assert api.get(report).json()["fast_mode"] is None
    row = make_fast_mode(version)
    said = api.get(report).json()["fast_mode"]
    assert (said["precision"], said["offered"], said["enabled"]) == ("int8", True, False)
    assert said["dataset_version"] == str(version.dataset_version_id)
    assert said["measured"] == api.get(url_of(version)).json()["measured"]
    assert (said["measured"]["images"], said["measured"]["flipped"]) == (600, 3)
    table = api.get(f"{report}download/?as=csv").content.decode()
    assert '"(fast mode, other answers)",3,of,600' in table
    assert row.offered


def test_a_classic_method_has_none(user, api, page_client, make_run):
    run = make_run(user)
    run.preset = "random_forest"
    version = factories.make_model_version(run)
    refused = api.post(url_of(version))
    assert (refused.status_code, refused.json()["code"]) == (409, "does_not_apply")
    assert "Random forest is a classic method" in refused.json()["detail"]
    assert api.get(f"/api/v1/model-versions/{version.pk}/files/model.int8.onnx/").status_code == 404
    page = page_client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "is a classic method" in page
    assert "Make and check" not in page


def test_it_goes_with_its_model(user, make_model_version):
    version = make_model_version(user)
    row = make_fast_mode(version)
    edit_model(user=user, model=version.model, archived=True)
    delete_model(user=user, model=version.model)
    assert not FastMode.objects.filter(pk=row.pk).exists()


def test_a_viewer_may_look_and_not_switch(user, client, make_model_version):
    version = make_model_version(user)
    make_fast_mode(version)
    viewer = factories.make_member(user.personal_organization, Role.VIEWER)
    factories.sign_in(client, viewer)
    page = client.get(f"/model-versions/{version.pk}/").content.decode()
    assert "times as fast" in page
    assert "Switch on" not in page
