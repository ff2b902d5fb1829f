"""Who is given a link into the bucket."""

import pytest

from accounts.roles import Role
from classifier.models import ModelVersion
from tests import factories

SERVED = {"model.onnx": {"sha256": "0" * 64, "bytes": 5}}


@pytest.fixture
def version(db, user, s3_store, settings, s3_url) -> ModelVersion:
    """A version whose files would be handed out by links; nothing of it lies in the bucket."""
    settings.DURABLE_LINKS_URL = s3_url
    return factories.make_model_version(factories.make_run(user), files=SERVED)


def url_of(version: ModelVersion, name: str) -> str:
    return f"/api/v1/model-versions/{version.pk}/files/{name}/"


@pytest.mark.parametrize("name", ["..", "none.onnx"])
def test_a_name_that_no_version_has_leads_nowhere(api, version, name):
    assert api.get(url_of(version, name)).status_code == 404


def test_who_may_not_have_the_file_is_refused_and_who_may_hears_that_it_is_lost(api, version, user):
    assert api.get(url_of(version, "model.onnx")).json()["code"] == "file_lost"
    api.force_authenticate(factories.make_member(user.personal_organization, Role.VIEWER))
    assert api.get(url_of(version, "model.onnx")).status_code == 403
