"""What a reader made of shared images: its pages lead nowhere that is closed to them."""

from types import SimpleNamespace

import pytest

from accounts.roles import Role
from accounts.services.sharing import accept_share, end_share, offer_share
from classifier.evaluation.services.start_evaluation import start_evaluation
from classifier.evaluation.services.start_robustness import start_robustness
from classifier.pages.selectors.home import home_of
from classifier.registry.selectors.dependents import dependents_of_model
from common.errors import Forbidden
from datasets.models import Split
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    """A version that a reader trained on shared images, its report, and the share."""
    owner, reader = factories.make_user(), factories.make_user()
    data = factories.make_version(user=owner)
    offer = offer_share(
        user=owner, subject=data.dataset.subject, receiver=reader.personal_organization.slug
    )
    share = accept_share(user=reader, share=offer)
    version = factories.make_model_version(factories.make_run(reader, data))
    report = factories.make_report(version, right=50)
    return SimpleNamespace(
        owner=owner, reader=reader, data=data, share=share, version=version, report=report
    )


def _opened(client, made):
    """Return the pages that show what the version learned from, then the report's."""
    version = made.version
    paths = [
        f"/training/{version.training_run_id}/",
        f"/training/{version.training_run_id}/lineage/",
        f"/model-versions/{version.pk}/",
        f"/model-versions/{version.pk}/lineage/",
        f"/models/{version.model_id}/",
        f"/evaluations/{made.report.pk}/",
    ]
    answers = [client.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    return [answer.content.decode() for answer in answers]


def test_links_to_shared_images_are_there_while_these_are_shared(made, client):
    factories.sign_in(client, made.reader)
    data = f"/datasets/versions/{made.data.pk}/"
    comparison = f"/evaluations/{made.report.pk}/comparison/"
    *pages, report = _opened(client, made)
    assert all(data in page for page in pages)
    assert comparison in report
    # The page of mistakes shows how the owner labels the images now.
    assert "/mistakes/" not in report
    assert "were not kept then" not in report
    end_share(user=made.owner, share=made.share)
    *pages, report = _opened(client, made)
    assert not any(data in page for page in pages)
    assert all(str(made.data) in page for page in pages)
    assert comparison not in report


def test_a_reader_measures_robustness_until_the_share_ends(made):
    check = start_robustness(user=made.reader, report=made.report, images=5)
    assert check.job.organization == made.reader.personal_organization
    end_share(user=made.owner, share=made.share)
    check.job.refresh_from_db()
    assert check.job.status == "cancelled"
    assert "no longer shares the dataset" in check.job.cancel_reason
    with pytest.raises(Forbidden, match="no longer shares"):
        start_robustness(user=made.reader, report=made.report, images=5)


def test_robustness_of_a_model_ends_with_its_share(made):
    model = factories.make_model_version(factories.make_run(made.owner, made.data))
    offer = offer_share(
        user=made.owner,
        subject=model.model.subject,
        receiver=made.reader.personal_organization.slug,
    )
    share = accept_share(user=made.reader, share=offer)
    own = factories.make_version(user=made.reader)
    report = factories.make_report(
        model, right=50, dataset_version=own, organization=made.reader.personal_organization
    )
    check = start_robustness(user=made.reader, report=report, images=5)
    end_share(user=made.owner, share=share)
    check.job.refresh_from_db()
    assert check.job.status == "cancelled"
    with pytest.raises(Forbidden, match="nothing to measure"):
        start_robustness(user=made.reader, report=report, images=5)


def test_an_owner_is_not_told_what_a_reader_measured(made, client):
    model = factories.make_model_version(factories.make_run(made.owner, made.data))
    theirs = made.reader.personal_organization
    factories.make_report(model, right=50, organization=theirs)
    tested = made.data.samples.filter(split=Split.TEST).first()
    factories.sign_in(client, made.owner)
    address = f"/api/v1/images/{tested.image_id}/models/"
    assert client.get(address).json()["models"] == []
    factories.make_report(model, right=50)
    assert [each["how"] for each in client.get(address).json()["models"]] == ["measured"]


def test_a_version_that_a_reader_trained_on_still_waits_for_its_owner(made):
    assert str(made.data) in [each.title for each in home_of(made.owner).waiting]
    factories.make_run(made.owner, made.data)
    assert str(made.data) not in [each.title for each in home_of(made.owner).waiting]


def test_an_owner_who_deletes_is_not_told_which_work_of_readers_is_under_way(made):
    model = factories.make_model_version(factories.make_run(made.owner, made.data))
    reader = made.reader.personal_organization
    offer = offer_share(user=made.owner, subject=model.model.subject, receiver=reader.slug)
    accept_share(user=made.reader, share=offer)
    for data in (made.data, factories.make_version(user=made.reader)):
        start_evaluation(user=made.reader, model_version=model, dataset_version=data)
    bars = dependents_of_model(model.model).bars
    assert sum("Work of an organization that it is shared with" in bar for bar in bars) == 1
    assert not any("Evaluation of" in bar for bar in bars)
    start_evaluation(user=made.owner, model_version=model, dataset_version=made.data)
    assert any("Evaluation of" in bar for bar in dependents_of_model(model.model).bars)


@pytest.mark.django_db(transaction=True)
def test_a_person_in_two_organizations_opens_the_mapping_of_classes(client):
    """Asked of each of them whether it is shared with it, outside of any transaction."""
    user = factories.make_member(factories.make_user().personal_organization, Role.EDITOR)
    version = factories.make_model_version(factories.make_run(user))
    factories.sign_in(client, user)
    data = version.dataset_version_id
    page = client.get(f"/model-versions/{version.pk}/class-mapping/?dataset_version={data}")
    assert page.status_code == 200
