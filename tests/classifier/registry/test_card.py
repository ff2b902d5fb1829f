"""The card of a model version: every kind of version reads right, in every format alike."""

import html
import re

import pytest
from django.utils import timezone
from markdown_it import MarkdownIt
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from accounts.roles import Role
from accounts.services.sharing import accept_share, end_share, offer_share
from classifier.models import (
    CardText,
    EvaluationReport,
    ModelCopy,
    ModelVersion,
    RegisteredModel,
)
from classifier.registry.selectors.card.annex import NOTICE
from classifier.registry.selectors.card.asked import ASKED
from classifier.registry.selectors.card.data import LICENCES
from classifier.registry.services.ensure_built_in import MODEL_ID
from classifier.registry.services.manage_model import delete_model
from datasets.models import Dataset, Image
from datasets.services.trash import trash_dataset
from jobs.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
IMG = "<img src=x onerror=alert(1)>"
NAMES = ("`cat` | x", IMG)


@pytest.fixture
def version(user):
    """A version of hostile class names, with a report: 54 of 60 right."""
    dataset_version = factories.make_version(user=user, classes=NAMES)
    run = factories.make_run(user, dataset_version)
    Job.objects.filter(pk=run.job_id).update(processor_seconds=5400.0)
    version = factories.make_model_version(run)
    factories.make_report(version, right=54)
    return version


def url(version, document="card", format=""):
    query = f"?format={format}" if format else ""
    return f"/api/v1/model-versions/{version.pk}/{document}/{query}"


def section(body, key):
    return next(each for each in body["sections"] if each["key"] == key)


def words(body) -> str:
    """All that a document says in its paragraphs and lists."""
    parts = [part for each in body["sections"] for part in each["parts"]]
    return " ".join([part["text"] for part in parts] + [x for part in parts for x in part["items"]])


def facts(body) -> dict:
    parts = [part for each in body["sections"] for part in each["parts"]]
    return {fact["name"]: fact for part in parts for fact in part["facts"]}


def table(body, key, title):
    found = [part for part in section(body, key)["parts"] if part["kind"] == "table"]
    return next(part for part in found if part["title"] == title)


def said(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def rendered(markdown: str) -> str:
    return MarkdownIt("gfm-like", {"linkify": False}).enable("table").render(markdown)


def test_the_three_formats_say_the_same_figures(api, version):
    body = api.get(url(version)).json()
    rows = table(body, "metrics", "Figures")["rows"]
    report = EvaluationReport.objects.get()
    accuracy = next(row for row in rows if row[0]["text"] == "Accuracy")
    assert accuracy[1] == {"text": "90.0 %", "value": pytest.approx(report.figures.accuracy)}
    assert accuracy[2]["text"] == "79.9 to 95.3 %"
    assert facts(body)["Processor-hours"]["value"] == 1.5
    assert facts(body)["SHA-256 of the file"]["text"] == version.served_file["sha256"]
    assert facts(body)["Code version"]["text"] == "test"
    figures = [cell["text"] for each in body["sections"] for part in each["parts"]
               for row in part["rows"] for cell in row if cell["value"] is not None]  # fmt: skip
    figures += [fact["text"] for fact in facts(body).values()]
    figures += [f"{body['gaps_left']} gaps left"]
    assert len(figures) > 50
    markdown = api.get(url(version, format="markdown")).content.decode()
    page = api.get(url(version, format="html")).content.decode()
    for text in (said(rendered(markdown)), said(page)):
        assert [each for each in figures if " ".join(each.split()) not in text] == []
        # Hostile names read as they were typed, as often as in the JSON.
        assert text.count(IMG) == said(page).count(IMG)
        assert text.count("`cat` | x") == said(page).count("`cat` | x") >= 3
    assert "<img" not in markdown + page + rendered(markdown)
    classes = table(body, "metrics", "By class")
    assert {row[0]["text"] for row in classes["rows"]} == set(NAMES)
    assert rendered(markdown).count("<tr>") == page.count("<tr>")


def test_a_changed_fact_shows(api, user, version):
    dataset = version.dataset_version.dataset
    assert api.get(url(version)).json()["gaps"][-1]["url"] == f"/datasets/{dataset.pk}/settings/"
    Dataset.objects.filter(pk=dataset.pk).update(licence="CC-BY-NC-4.0")
    body = api.get(url(version)).json()
    assert [gap["field"] for gap in body["gaps"]] == [
        "contact", "intended_use", "out_of_scope_use", "limits", "ethical_considerations",
    ]  # fmt: skip
    assert "no commercial use (CC-BY-NC-4.0)" in words(body)
    row = table(body, "data", LICENCES)["rows"][0]
    assert [cell["text"] for cell in row] == ["CC-BY-NC-4.0", "16", "2", "2", "20"]
    report = factories.make_report(version, right=60)
    assert str(report.pk) in words(api.get(url(version)).json())


def test_a_text_belongs_to_a_version_and_is_proposed_to_the_next(api, page_client, user, version):
    text = "Counting cats.\n\n- not dogs | `x`"
    answer = api.patch(url(version), {"intended_use": text})
    assert answer.status_code == 200
    row = CardText.objects.get()
    assert (row.written_by, row.text, row.model_version) == (user, text, version)
    entry = AuditEntry.objects.get(action="model_card.edit")
    assert entry.detail == {"fields": ["intended_use"]}
    left = answer.json()["gaps_left"]
    later = factories.make_model_version(factories.make_run(user, version.dataset_version),
                                         model=version.model)  # fmt: skip
    body = api.get(url(later)).json()
    carried = next(gap for gap in body["gaps"] if gap["field"] == "intended_use")
    assert (carried["text"], carried["carried_over_from"]) == (text, "version 1")
    assert body["gaps_left"] == left + 1
    page = page_client.get(f"/model-versions/{later.pk}/card/").content.decode()
    assert "Carried over from version 1" in page
    assert f"{left + 1} gaps left" in said(page)
    # Confirmed on the page, and changed there, it is the later version's own.
    form = {"field": "intended_use", "text": text}
    assert page_client.post(f"/model-versions/{later.pk}/card/", form).status_code == 302
    assert api.get(url(later)).json()["gaps_left"] == left
    api.patch(url(later), {"intended_use": "Counting dogs."})
    assert "Counting cats" in said(page_client.get(f"/model-versions/{version.pk}/card/")
                                   .content.decode())  # fmt: skip
    # The draft of Annex IV has the same text.
    draft = api.get(url(later, "annex-iv")).json()
    assert "intended_use" not in [gap["field"] for gap in draft["gaps"]]
    refused = page_client.post(f"/model-versions/{later.pk}/card/", {"field": "x", "text": "y"})
    assert refused.status_code == 422
    too_long = api.patch(url(later), {"limits": "x" * 5001})
    assert too_long.json()["errors"][0]["pointer"] == "/limits"
    unknown = api.patch(url(later), {"limit": "x"})
    assert "limits" in unknown.json()["errors"][0]["detail"]


def test_viewers_read_and_editors_write(version, user):
    viewer = APIClient()
    viewer.force_authenticate(factories.make_member(user.personal_organization, Role.VIEWER))
    assert viewer.get(url(version)).status_code == 200
    assert viewer.patch(url(version), {"limits": "x"}).status_code == 403
    assert viewer.patch(url(version, "annex-iv"), {"limits": "x"}).status_code == 403
    stranger = APIClient()
    stranger.force_authenticate(factories.make_user())
    assert stranger.get(url(version)).status_code == 404


def test_the_draft_of_annex_iv_has_nine_points_and_says_what_it_is(api, version):
    body = api.get(url(version, "annex-iv")).json()
    assert [each["title"].partition(".")[0] for each in body["sections"]] == list("123456789")
    assert body["notice"] == NOTICE
    for format in ("markdown", "html"):
        text = api.get(url(version, "annex-iv", format)).content.decode()
        assert "It is no legal advice." in text
        assert "<img" not in text
    left = body["gaps_left"]
    answer = api.patch(url(version, "annex-iv"), {"annex_5_risk_management": "Reviewed yearly."})
    assert answer.json()["gaps_left"] == left - 1
    # Gaps are filled at their own point.
    assert "Reviewed yearly." in [
        part["statement"]["text"] for part in section(answer.json(), "point-5")["parts"]
    ]


def test_a_version_without_a_report_says_that_nothing_is_known(api, user):
    version = factories.make_model_version(factories.make_run(user))
    body = api.get(url(version)).json()
    assert "no evaluation report" in words(body)
    assert "Calibration was not measured." in words(body)
    assert "nothing is promised" in words(body)
    assert facts(body)["Processor-hours"]["value"] == 0.0


def test_the_built_in_model_speaks_for_itself(api, user):
    version = RegisteredModel.objects.get(pk=MODEL_ID).versions.order_by("-number").first()
    body = api.get(url(version)).json()
    assert body["gaps_left"] == 0
    assert "ImageNet" in words(body)
    assert table(body, "details", "Pretrained weights")["rows"][0][1]["text"] == "Apache-2.0"
    assert api.patch(url(version), {"limits": "x"}).status_code == 403
    assert api.get(url(version, "annex-iv", "markdown")).status_code == 200


def test_the_card_of_an_ensemble_names_all_that_it_learned_from(api, user, version):
    other = factories.make_model_version(factories.make_run(user, preset="logistic_regression"))
    for member, seconds in ((version, 3600.0), (other, 1800.0)):
        job = Job.objects.filter(pk=member.training_run.job_id)
        job.update(processor_seconds=seconds)
    learned = [str(each.dataset_version_id) for each in (version, other)]
    members = [{"model_version": str(each.pk), "name": str(each), "preset": each.preset,
                "weight": 0.5} for each in (version, other)]  # fmt: skip
    ensemble = ModelVersion.objects.create(
        model=RegisteredModel.objects.create(organization=user.personal_organization, name="Both"),
        number=1, dataset_version=version.dataset_version, class_names=version.class_names,
        preset="ensemble", config={}, libraries={}, code_version="test", files={},
        ensemble={"method": "average", "experiment": str(version.pk), "members": members,
                  "learned_from": learned},
    )  # fmt: skip
    body = api.get(url(ensemble)).json()
    rows = table(body, "data", "Dataset versions that it learned from")["rows"]
    names = {str(each.dataset_version) for each in (version, other)}
    assert {row[0]["text"] for row in rows} == names
    assert facts(body)["Processor-hours, with its members"]["value"] == 1.5
    assert "an ensemble of 2 models (average)" in body["about"]
    assert "That is not all" not in words(body)
    # A classic method on vectors stands on the network that made these.
    weights = table(body, "details", "Pretrained weights")["rows"]
    assert [row[1]["text"] for row in weights] == ["Apache-2.0"]


def test_the_card_of_an_ensemble_with_a_stranger_names_what_is_known(api, user, version):
    ensemble = ModelVersion.objects.create(
        model=RegisteredModel.objects.create(organization=user.personal_organization, name="Both"),
        number=1, dataset_version=version.dataset_version, class_names=version.class_names,
        preset="ensemble", config={}, libraries={}, code_version="test", files={},
        ensemble={"method": "average", "experiment": str(version.pk), "members": [],
                  "learned_from": None, "known_sources": [str(version.dataset_version_id)]},
    )  # fmt: skip
    body = api.get(url(ensemble)).json()
    rows = table(body, "data", "Dataset versions that it learned from")["rows"]
    assert [row[0]["text"] for row in rows] == [str(version.dataset_version)]
    assert "That is not all: a member was not trained on a version here" in words(body)


def test_the_card_of_an_instant_model_outlives_its_dataset(api, user):
    dataset = factories.make_dataset(user=user, name="Birds", licence="CC0-1.0")
    factories.make_images(dataset, "cat", 3)
    made = {
        "dataset": str(dataset.pk), "dataset_name": "Birds", "method": "prototypes", "labelled": 9,
        "learned_from": 8, "held_out": 1, "accuracy": 0.875, "interval": [0.5, 0.98],
        "embedding": "EfficientNetLite0-224-stretch-float32-57934424",
    }  # fmt: skip
    version = ModelVersion.objects.create(
        model=RegisteredModel.objects.create(organization=user.personal_organization, name="Now"),
        number=1, class_names=["cat", "dog"], preset="instant_model", config={}, libraries={},
        code_version="test", files={}, instant_model=made,
    )  # fmt: skip
    body = api.get(url(version)).json()
    assert facts(body)["Learned from"]["value"] == 8
    assert facts(body)["Right, cross-validated in five parts"]["text"] == "87.5 %"
    assert table(body, "details", "Pretrained weights")["rows"][0][1]["text"] == "Apache-2.0"
    assert table(body, "data", LICENCES)["rows"][0][0]["text"] == "CC0-1.0"
    Image.objects.filter(dataset=dataset).delete()
    dataset.classes.all().delete()
    dataset.delete()
    body = api.get(url(version)).json()
    assert "The dataset Birds was deleted" in words(body)


def test_what_was_brought_along_and_what_was_copied_say_so(api, user):
    model = RegisteredModel.objects.create(organization=user.personal_organization, name="Theirs")
    values = {"model": model, "class_names": ["cat", "dog"], "preset": "", "config": {},
              "files": {}, "libraries": {}, "code_version": ""}  # fmt: skip
    brought = ModelVersion.objects.create(number=1, imported={}, **values)
    body = api.get(url(brought)).json()
    assert "trained outside of Loupe" in body["about"]
    assert "What it learned from is not known to Loupe." in words(body)
    copied = ModelVersion.objects.create(number=2, **values)
    ModelCopy.objects.create(
        organization=user.personal_organization, version=copied, name="Theirs", source_number=7,
        source_organization="Ward <B>", source_name="Cells", source_version=brought.pk,
        job=Job.objects.create(kind="copy_model", queue="io", title="Copy",
                               organization=user.personal_organization),
    )  # fmt: skip
    body = api.get(url(copied)).json()
    assert "a copy of Cells version 7 of Ward <B>" in body["about"]
    assert "which knows what it learned from" in words(body)


def test_facts_of_another_organizations_data_are_told_while_it_shares_them(api, user):
    owner = factories.make_user()
    theirs = factories.make_version(user=owner)
    dataset = theirs.dataset
    Dataset.objects.filter(pk=dataset.pk).update(licence="CC-BY-NC-4.0")
    version = ModelVersion.objects.create(
        model=RegisteredModel.objects.create(organization=user.personal_organization, name="Mine"),
        number=1, dataset_version=theirs, class_names=theirs.class_names, preset="cnn_tiny",
        config={}, libraries={}, code_version="", files={},
    )  # fmt: skip
    share = accept_share(user=user, share=offer_share(
        user=owner, subject=dataset.subject, receiver=user.personal_organization.slug,
        may_copy=False,
    ))  # fmt: skip
    body = api.get(url(version)).json()
    assert table(body, "data", LICENCES)["rows"][0][0]["text"] == "CC-BY-NC-4.0"
    Dataset.objects.filter(pk=dataset.pk).update(licence="")
    body = api.get(url(version)).json()
    # What only its owners can state is no gap of this organization's.
    assert [gap for gap in body["gaps"] if gap["field"] is None] == []
    assert f"that is for {owner.personal_organization.name} to do" in words(body)
    end_share(user=owner, share=share)
    trash_dataset(user=owner, dataset=dataset)
    body = api.get(url(version)).json()
    assert "does not share it any more" in words(body)
    assert "trash" not in words(body)
    assert facts(body)[f"Digest of {theirs}"]["text"] == theirs.digest


def test_the_report_on_its_own_test_images_is_found_among_many_newer(api, user, version):
    own = EvaluationReport.objects.get()
    other = factories.make_version(user=user, classes=NAMES)
    for _ in range(52):
        factories.make_report(version, right=30, dataset_version=other, digest="")
    body = api.get(url(version)).json()
    assert str(own.pk) in words(body)
    assert len(table(body, "metrics", "Other reports")["rows"]) == 50
    assert "And 2 older reports." in words(body)
    EvaluationReport.objects.filter(pk=own.pk).delete()
    factories.make_report(version, right=54, seen=None)
    assert "Whether it learned from these images is not known." in words(
        api.get(url(version)).json()
    )


def test_a_deleted_dataset_is_named_with_what_is_kept(api, user, version):
    dataset = version.dataset_version.dataset
    trash_dataset(user=user, dataset=dataset)
    body = api.get(url(version)).json()
    assert "in the trash since" in words(body)
    assert [gap["url"] for gap in body["gaps"] if gap["field"] is None] == [""]
    Dataset.objects.filter(pk=dataset.pk).update(purged_at=timezone.now())
    assert "this version is kept" in words(api.get(url(version)).json())
    assert table(api.get(url(version)).json(), "data", LICENCES)["rows"][0][4]["text"] == "20"


def test_texts_go_with_their_model(api, user, version):
    api.patch(url(version), {"limits": "Night."})
    EvaluationReport.objects.all().delete()
    RegisteredModel.objects.filter(pk=version.model_id).update(archived_at=timezone.now())
    Job.objects.filter(pk=version.training_run.job_id).update(status="cancelled")
    delete_model(user=user, model=RegisteredModel.objects.get(pk=version.model_id))
    assert not CardText.objects.exists()


def test_only_a_person_fills_what_is_asked():
    assert len({each.field for each in ASKED}) == len(ASKED)
