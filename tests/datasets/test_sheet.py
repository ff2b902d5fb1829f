"""The sheet of a dataset version: facts of today, and what people wrote of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from datasets.models import Annotation, Dataset, DatasetCopy, SheetText
from datasets.selectors.sheet.asked import ASKED
from datasets.selectors.sheet.sheet import sheet_of
from datasets.services.labelling.annotate import annotate
from datasets.services.trash import trash_dataset
from datasets.services.versions.freeze import freeze
from jobs.models import Job
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


def test_a_copy_says_where_its_images_and_classes_came_from(api, user):
    dataset = factories.make_dataset(user=user)
    images = factories.make_images(dataset, "katze", 10) + factories.make_images(dataset, "dog", 10)
    copy = DatasetCopy.objects.create(
        organization=user.personal_organization, dataset=dataset, name="Copied", created_by=user,
        source_organization="Ward B", source_name="Animals", source_dataset=dataset.pk,
        source_number=3, class_mapping={"cat": "katze", "fox": ""},
        job=Job.objects.create(kind="copy_dataset", queue="io", title="Copy",
                               organization=user.personal_organization),
    )  # fmt: skip
    Annotation.objects.bulk_create(
        Annotation(image=image, class_name="katze", previous_class_name="cat",
                   source=f"copied from {copy.source}")
        for image in images
    )  # fmt: skip
    dataset.images.update(sent=False)  # as the copying writes them
    annotate(user=user, dataset=dataset, class_names={images[-1].pk: "katze"})
    body = api.get(url(freeze(user=user, dataset=dataset))).json()
    assert fact(body, "Came with the copy of the dataset") == 19
    assert fact(body, "Came with their class") == 0
    assert fact(body, "Given a class by hand") == 1
    assert fact(body, "Corrections") == 1
    assert fact(body, "People who did") == 1
    parts = next(each for each in body["sections"] if each["key"] == "collection")["parts"]
    assert "a copy of Animals version 3 of Ward B" in parts[0]["text"]
    changed, came = (part["rows"] for part in parts if part["kind"] == "table")
    assert [[cell["text"] for cell in row] for row in changed] == [
        ["cat", "katze"], ["fox", "left out"],
    ]  # fmt: skip
    assert came[0][0]["text"] == "copied from Animals version 3 of Ward B"


def test_what_another_person_wrote_is_not_written_over(api, page_client, version):
    first = api.patch(url(version), {"uses": "Counting.", "seen": {"uses": ""}})
    assert first.status_code == 200
    late = api.patch(url(version), {"uses": "Mine.", "seen": {"uses": ""}})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    assert "Counting." in late.json()["detail"]
    moment = SheetText.objects.get().written_at
    page = f"/datasets/versions/{version.pk}/sheet/"
    form = {"field": "uses", "text": "Mine.", "seen": ""}
    refused = page_client.post(page, form)
    assert refused.status_code == 422
    assert "written another text since" in refused.content.decode()
    assert SheetText.objects.get().text == "Counting."
    seen = {"uses": moment.isoformat().replace("+00:00", "Z")}
    assert api.patch(url(version), {"uses": "Mine.", "seen": seen}).status_code == 200
    assert page_client.post(page, {"field": "nothing", "text": "x"}).status_code == 422
    garbled = api.patch(url(version), {"uses": "x", "seen": {"uses": "yesterday"}})
    assert garbled.json()["errors"][0]["pointer"] == "/seen/uses"


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
