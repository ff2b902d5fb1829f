"""Names that are typed or written in Unicode's form NFD are stored and found composed (NFC)."""

import base64
import unicodedata
from importlib import import_module

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts.models import APIToken
from datasets.models import Dataset, Image, Upload
from tests import factories
from tests.datasets.conftest import png

pytestmark = pytest.mark.django_db
NFC = "Pommes frites à l’été"
NFD = unicodedata.normalize("NFD", NFC)


def test_names_are_stored_composed_and_found_by_either_form(api, page_client, user):
    assert NFD != NFC
    dataset = Dataset.objects.get(pk=api.post("/api/v1/datasets/", {"name": NFD}).json()["id"])
    assert dataset.name == NFC
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    file = SimpleUploadedFile(f"{NFD}.png", png(1))
    answer = api.post(url, {"images": [file], "class_name": NFD}, format="multipart")
    (row,) = answer.json()["results"]
    assert row["name"] == f"{NFC}.png"
    api.patch(f"/api/v1/images/{row['id']}/", {"metadata": {NFD: NFD}})
    assert Image.objects.get().metadata == {NFC: NFC}
    for form in (NFC, NFD):
        for query in ({"q": form}, {"class_name": form}, {f"metadata.{form}": form}):
            assert len(api.get(url, query).json()["results"]) == 1, query
            page = page_client.get(f"/datasets/{dataset.pk}/", query).content.decode()
            assert row["id"] in page
        assert NFC in page_client.get("/datasets/", {"q": form}).content.decode()
    body = {"action": "exclude", "filter": {"q": NFD, "class_name": NFD}}
    assert api.post(f"{url}bulk/", body).json()["changed"] == 1


def test_other_names_too(api, page_client, user):
    api.post("/api/v1/auth/tokens/", {"name": NFD})
    assert APIToken.objects.get().name == NFC
    page_client.post("/datasets/new/", {"name": NFD, "organization": user.personal_organization.pk})
    assert Dataset.objects.get().name == NFC
    name = base64.b64encode(f"{NFD}.zip".encode()).decode()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "4",
        "Upload-Metadata": f"filename {name}",
    }
    assert api.post("/api/v1/uploads/", headers=headers).json()["name"] == f"{NFC}.zip"
    western = base64.b64encode("café.zip".encode("cp1252")).decode()
    headers["Upload-Metadata"] = f"filename {western}"
    assert api.post("/api/v1/uploads/", headers=headers).json()["name"] == "café.zip"
    assert Upload.objects.count() == 2


def test_stored_names_are_composed(user):
    dataset = factories.make_dataset(user=user, name=NFD)
    image = factories.make_images(dataset, "cat", 1)[0]
    Image.objects.filter(pk=image.pk).update(name=NFD, metadata={NFD: NFD, "a": "b"})
    migration = import_module("datasets.migrations.0013_names_in_nfc")
    with connection.cursor() as cursor:
        for operation in migration.Migration.operations:
            cursor.execute(operation.sql)
    image.refresh_from_db()
    dataset.refresh_from_db()
    assert (dataset.name, image.name, image.metadata) == (NFC, NFC, {NFC: NFC, "a": "b"})
