"""The sheet of a dataset version: facts of today, and what people wrote of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from datasets.models import Dataset, SheetText
from datasets.selectors.sheet.asked import ASKED
from datasets.selectors.sheet.sheet import sheet_of
from datasets.services.labelling.annotate import annotate
from datasets.services.trash import trash_dataset
from datasets.services.versions.freeze import freeze
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    """Ten images each of two classes; two of them were corrected by hand."""
    dataset = factories.make_dataset(user=user, name="Birds | and <b>more</b>")
    cats = factories.make_images(dataset, "cat", 12)
    factories.make_images(dataset, "<img src=x onerror=alert(1)>", 10)
    wrong = {image.pk: "<img src=x onerror=alert(1)>" for image in cats[:2]}
    annotate(user=user, dataset=dataset, class_names=wrong)
    return dataset


@pytest.fixture
def version(user, dataset):
    return freeze(user=user, dataset=dataset)


def url(version):
    return f"/api/v1/dataset-versions/{version.pk}/sheet/"


def fact(body, label):
    facts = [fact for section in body["sections"] for part in section["parts"]
             for fact in part["facts"]]  # fmt: skip
    return next(fact["value"] for fact in facts if fact["name"] == label)


def test_the_sheet_says_what_is_in_the_version_and_who_labelled_it(api, user, dataset, version):
    body = api.get(url(version)).json()
    assert body["kind"] == "dataset_sheet"
    assert body["ids"]["dataset_version"] == str(version.pk)
    assert [section["key"] for section in body["sections"]] == [
        "motivation", "composition", "collection", "labelling", "licences", "splits", "quality",
        "balance", "known-gaps", "uses", "maintenance",
    ]  # fmt: skip
    assert fact(body, "Images") == 22
    assert fact(body, "Given a class by hand") == 2
    assert fact(body, "Corrections") == 2
    assert fact(body, "Came with their class") == 20
    assert fact(body, "People who did") == 1
    # Later labels are no part of what was frozen.
    again = {dataset.images.first().pk: "cat"}
    annotate(user=user, dataset=dataset, class_names=again)
    assert fact(api.get(url(version)).json(), "Corrections") == 2
    # A licence stated later shows, and fills its gap.
    assert body["gaps_left"] == len(ASKED) + 1
    Dataset.objects.filter(pk=dataset.pk).update(licence="CC-BY-NC-4.0")
    body = api.get(url(version)).json()
    assert body["gaps_left"] == len(ASKED)
    licences = next(each for each in body["sections"] if each["key"] == "licences")
    assert licences["parts"][0]["rows"][0][0]["text"] == "CC-BY-NC-4.0"
    assert any("no commercial use" in part["text"] for part in licences["parts"])


def test_the_files_escape_names_and_agree(api, version):
    markdown = api.get(url(version) + "?format=markdown")
    html = api.get(url(version) + "?format=html")
    assert markdown["Content-Type"] == "text/markdown; charset=utf-8"
    assert html["Content-Type"] == "text/html; charset=utf-8"
    for answer, name in ((markdown, "md"), (html, "html")):
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["Content-Disposition"].endswith(f'.{name}"')
        text = answer.content.decode()
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert "| 22 |" in text or ">22<" in text
    assert "Birds \\| and" in markdown.content.decode()
    refused = api.get(url(version) + "?format=pdf")
    assert refused.status_code == 400
    assert "json, markdown, html" in refused.json()["detail"]


def test_a_text_is_kept_and_proposed_to_the_next_version(api, page_client, user, dataset, version):
    answer = api.patch(url(version), {"motivation": "To count birds.\nIn gardens."})
    assert answer.status_code == 200
    written = SheetText.objects.get()
    assert (written.written_by, written.version) == (user, version)
    entry = AuditEntry.objects.get(action="dataset_sheet.edit")
    assert entry.detail == {"fields": ["motivation"]}
    # The same again changes nothing.
    api.patch(url(version), {"motivation": "To count birds.\nIn gardens."})
    assert AuditEntry.objects.filter(action="dataset_sheet.edit").count() == 1
    second = freeze(user=user, dataset=dataset)
    page = f"/datasets/versions/{second.pk}/sheet/"
    assert b"Carried over from version 1" in page_client.get(page).content
    gap = api.get(url(second)).json()["gaps"][0]
    assert (gap["field"], gap["carried_over_from"]) == ("motivation", "version 1")
    gaps = api.get(url(second)).json()["gaps_left"]
    page_client.post(page, {"field": "motivation", "text": "To count birds.\r\nIn gardens."})
    assert api.get(url(second)).json()["gaps_left"] == gaps - 1
    # Taken away, the earlier version's is proposed again.
    api.patch(url(second), {"motivation": ""})
    assert api.get(url(second)).json()["gaps_left"] == gaps
    assert api.get(url(version)).json()["gaps_left"] == gaps - 1
    refused = api.patch(url(second), {"motivaton": "x"})
    assert refused.status_code == 400
    assert "motivation" in refused.json()["errors"][0]["detail"]
    too_long = page_client.post(page, {"field": "motivation", "text": "x" * 5001})
    assert too_long.status_code == 422
    assert b"5,000" in too_long.content


def test_viewers_read_and_editors_write(api, user, version):
    viewer = APIClient()
    viewer.force_authenticate(factories.make_member(user.personal_organization, Role.VIEWER))
    assert viewer.get(url(version)).status_code == 200
    assert viewer.patch(url(version), {"uses": "x"}).status_code == 403


def test_the_sheet_of_a_dataset_in_the_trash_says_so(api, user, dataset, version):
    trash_dataset(user=user, dataset=dataset)
    assert "in the trash since" in api.get(url(version)).json()["about"]
    assert api.patch(url(version), {"uses": "x"}).status_code == 409


def test_it_takes_as_many_queries_for_a_large_version(user, version):
    with CaptureQueriesContext(connection) as taken:
        sheet_of(version)
    assert len(taken) < 30
