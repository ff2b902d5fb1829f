"""Whose licence images have: the import's, else the dataset's, else it is not stated."""

import pytest

from accounts.models import AuditEntry
from datasets.licences import CHOICES, OTHER, Licence
from datasets.models import Dataset, Import
from datasets.selectors.licences import LicenceCount, licences_in, licences_of, unstated
from datasets.services.intake.state_licence import state_licence
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.conftest import png, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    """Ten cats and ten dogs; the cats came with an import."""
    dataset = factories.make_dataset(user=user)
    cats = factories.make_images(dataset, "cat", 10)
    factories.make_images(dataset, "dog", 10)
    source = factories.make_asking_import(dataset)
    dataset.images.filter(pk__in=[image.pk for image in cats]).update(source=source)
    return dataset


def url(dataset, path=""):
    return f"/api/v1/datasets/{dataset.pk}/{path}"


def test_a_dataset_states_its_licence_and_an_import_its_own(api, dataset, user):
    assert api.get(url(dataset)).json()["licence"] == ""
    assert licences_in(dataset) == [LicenceCount(Licence(), 20)]
    answer = api.patch(url(dataset), {"licence": "CC-BY-4.0"})
    assert (answer.status_code, answer.json()["licence"]) == (200, "CC-BY-4.0")
    source = Import.objects.get(dataset=dataset)
    changed = {"licence": OTHER, "licence_text": "Our own  photographs"}
    answer = api.patch(f"/api/v1/imports/{source.pk}/", changed)
    assert answer.json()["licence_text"] == "Our own photographs"
    version = freeze(user=user, dataset=dataset)
    own = Licence(OTHER, "Our own photographs")
    assert licences_of([version]) == [
        LicenceCount(Licence("CC-BY-4.0"), 10, 8, 1, 1),
        LicenceCount(own, 10, 8, 1, 1),
    ]
    # What is stated later holds for versions of before: the facts are those of today.
    state_licence(user=user, source=source, licence="")
    assert licences_of([version]) == [LicenceCount(Licence("CC-BY-4.0"), 20, 16, 2, 2)]
    assert AuditEntry.objects.filter(action="import.licence").count() == 2
    api.patch(url(dataset), {"licence": ""})
    assert unstated(licences_of([version])) == 20


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"licence": "CC-BY-5.0"}, "/licence", "CC-BY-5.0"),
        ({"licence": OTHER}, "/licence_text", "needs licence_text"),
        ({"licence": "MIT", "licence_text": "x"}, "/licence_text", "other"),
        ({"licence_text": "x"}, "/licence_text", "other"),
        ({"licence": OTHER, "licence_text": "a\u202eb"}, "/licence_text", "U+202E"),
        ({"licence": OTHER, "licence_text": "x" * 501}, "/licence_text", "500"),
    ],
)
def test_a_licence_that_there_is_not_is_refused_by_name(api, dataset, body, pointer, said):
    source = Import.objects.get(dataset=dataset)
    for address in (url(dataset), f"/api/v1/imports/{source.pk}/"):
        answer = api.patch(address, body)
        assert answer.status_code == 400
        fault = answer.json()["errors"][0]
        assert fault["pointer"] == pointer
        assert said in fault["detail"]
    assert Dataset.objects.get(pk=dataset.pk).stated_licence == Licence()


def test_a_new_dataset_and_a_new_import_may_state_one(api):
    made = api.post("/api/v1/datasets/", {"name": "Birds", "licence": "CC0-1.0"}).json()
    assert made["licence"] == "CC0-1.0"
    from django.core.files.uploadedfile import SimpleUploadedFile

    body = {
        "archive": SimpleUploadedFile("a.zip", zipped({"cat/1.png": png()})),
        "licence": "CC-BY-NC-4.0",
    }
    address = f"/api/v1/datasets/{made['id']}/imports/"
    answer = api.post(address, body, format="multipart")
    assert answer.status_code == 202
    assert answer.json()["licence"] == "CC-BY-NC-4.0"
    assert Import.objects.get(pk=answer.json()["id"]).stated_licence.non_commercial
    body = {"archive": SimpleUploadedFile("a.zip", zipped({"cat/1.png": png()})), "licence": OTHER}
    assert api.post(address, body, format="multipart").status_code == 400


def test_the_pages_say_where_imports_differ(page_client, dataset):
    settings = f"/datasets/{dataset.pk}/settings/"
    assert b"The imports differ" not in page_client.get(settings).content
    source = Import.objects.get(dataset=dataset)
    form = {"licence": OTHER, "licence_text": "<b>ours</b>"}
    page_client.post(f"/datasets/imports/{source.pk}/licence/", form)
    for address in (settings, f"/datasets/imports/{source.pk}/"):
        assert "own or other: &lt;b&gt;ours&lt;/b&gt;" in page_client.get(address).content.decode()
    assert b"The imports differ" in page_client.get(settings).content
    # Words that are hidden beside another choice are not read.
    form = {"name": dataset.name, "licence": "MIT", "licence_text": "left over"}
    assert page_client.post(settings, form).status_code == 302
    assert Dataset.objects.get(pk=dataset.pk).stated_licence == Licence("MIT")
    refused = page_client.post(settings, {"name": "x", "licence": OTHER, "licence_text": " "})
    assert refused.status_code == 422
    assert b"needs licence_text" in refused.content


def test_the_identifiers_fit_the_column():
    assert max(len(name) for name, _ in CHOICES) <= 32
