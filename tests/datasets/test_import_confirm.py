"""Imports are inspected, then confirmed: nothing is written before it is clear what is meant."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture
from rest_framework.test import APIClient

from accounts.roles import Role
from classifier.pages.selectors.waiting import waiting_for
from common.errors import Conflict
from datasets.models import ClassLabel, Dataset, Image, Import
from datasets.selectors.imports import imports_of
from datasets.services.intake.start_import import start_import
from jobs.models import Job, Status
from jobs.selectors.news import news_for
from jobs.services.retry import retry
from jobs.supervision.tidy import tidy
from storage import durable, scratch
from storage.names import upload_name
from tests import factories
from tests.datasets.conftest import jpeg, png, zipped

API = "/api/v1/"
SETS = {
    f"{split}_set/{name}/{n}.png": png(100 * i + 10 * j + n)
    for i, split in enumerate(("training", "test"))
    for j, name in enumerate(("red", "green"))
    for n in range(2)
}


@pytest.fixture
def dataset(transactional_db):
    return factories.make_dataset(user=factories.make_user())


@pytest.fixture
def api(dataset) -> APIClient:
    client = APIClient()
    client.force_authenticate(dataset.created_by)
    return client


@pytest.fixture
def send(api, dataset, run_job):
    """Post an archive, let its job run to its end, and return the import as the API shows it."""

    def run(files: dict[str, bytes], **fields: str) -> dict:
        archive = SimpleUploadedFile("sets.zip", zipped(files))
        address = f"{API}datasets/{dataset.pk}/imports/"
        answer = api.post(address, {"archive": archive, **fields}, format="multipart")
        assert answer.status_code == 202, answer.data
        return finished(api, answer.data["id"], run_job)

    return run


def finished(api: APIClient, import_id: str, run_job) -> dict:
    run_job(Import.objects.get(pk=import_id).job)
    return api.get(f"{API}imports/{import_id}/").data


def confirm(api: APIClient, source: dict, **body):
    return api.post(f"{API}imports/{source['id']}/confirm/", body, format="json")


def rows() -> set[tuple[str, str]]:
    return set(Image.objects.values_list("split", "class_label__name"))


def archive_of(source: dict) -> Path:
    return durable.local(upload_name(Import.objects.get(pk=source["id"]).upload))


def test_two_readings_stop_before_anything_is_written(send, api, dataset):
    source = send(SETS)
    assert source["status"] == "needs_confirmation"
    assert source["layout"] == ""
    job = api.get(f"{API}jobs/{source['job']['id']}/").data
    assert (job["status"], job["error"]["code"]) == ("failed", "needs_confirmation")
    assert "training_set" in job["error"]["detail"]
    assert not job["can_retry"]
    assert not Image.objects.exists()
    assert not ClassLabel.objects.exists()
    assert archive_of(source).is_file()
    split, folders = source["readings"]
    assert (split["layout"], split["title"]) == (
        "split_folders", "Splits train, test with classes green, red",
    )  # fmt: skip
    assert split["splits"] == [{"name": "train", "count": 4}, {"name": "test", "count": 4}]
    assert [(c["name"], c["count"]) for c in split["classes"]] == [("green", 4), ("red", 4)]
    assert (folders["layout"], folders["encoding"]) == ("class_folders", None)
    assert [c["name"] for c in folders["classes"]] == ["test_set", "training_set"]
    for name in {*split["examples"], *folders["examples"]}:
        answer = api.get(f"{API}imports/{source['id']}/example/", {"name": name})
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert Picture.open(BytesIO(answer.content)).size == (12, 10)
    for name in ("../../../uploads", "test_set/red/none.png"):
        address = f"{API}imports/{source['id']}/example/"
        assert api.get(address, {"name": name}).status_code == 404
    told = news_for(dataset.created_by, timezone.now() - timedelta(minutes=5)).ended
    assert [(news["status"], news["error"]) for news in told] == [("needs_answer", "")]
    assert told[0]["url"] == reverse("datasets:import", args=[source["id"]])
    waiting = waiting_for(dataset.created_by)
    assert [(item.title, item.action, item.tone) for item in waiting] == [
        ("sets.zip needs your answer", "Choose", "accent")
    ]


def test_the_answer_goes_on_without_another_upload(send, api, run_job, dataset):
    source = send(SETS)
    old = Job.objects.get(pk=source["job"]["id"])
    answer = confirm(api, source, layout="split_folders")
    assert answer.status_code == 202, answer.data
    assert answer.data["job"]["id"] != str(old.pk)
    assert confirm(api, source, layout="split_folders").status_code == 409
    done = finished(api, source["id"], run_job)
    assert (done["status"], done["layout"]) == ("succeeded", "split_folders")
    assert [reading["layout"] for reading in done["readings"]] == ["split_folders"]
    assert rows() == {(s, c) for s in ("train", "test") for c in ("red", "green")}
    assert done["job"]["result"].keys() >= {"files", "images_added", "rejected"}
    assert not archive_of(source).exists()
    assert not scratch.checkpoint_dir(old.lineage).exists()
    assert waiting_for(dataset.created_by)[0].title == dataset.name


def test_the_other_answer_takes_the_folders_for_classes(send, api, run_job):
    source = send(SETS)
    mapping = {"test_set": "Held out"}
    assert confirm(api, source, layout="class_folders", class_mapping=mapping).status_code == 202
    finished(api, source["id"], run_job)
    assert rows() == {("", "training_set"), ("", "Held out")}


def test_a_layout_in_the_first_call_skips_the_question(send):
    done = send(SETS, layout="split_folders")
    assert (done["status"], done["layout"]) == ("succeeded", "split_folders")
    assert rows() == {(s, c) for s in ("train", "test") for c in ("red", "green")}


def test_a_clear_archive_says_how_it_was_read(send):
    done = send({"cat/1.png": png(1), "dog/1.png": png(2)})
    assert (done["status"], done["layout"], done["encoding"]) == ("succeeded", "class_folders", "")
    assert done["readings"][0]["title"] == "Classes cat, dog"


WRONG_ANSWERS = [
    ({}, "/layout"),
    ({"layout": "labels_csv"}, "/layout"),
    ({"layout": "folders"}, "/layout"),
    ({"layout": "split_folders", "encoding": "cp932"}, "/encoding"),
    ({"layout": "split_folders", "class_mapping": {"blue": "x"}}, "/class_mapping"),
    ({"layout": "split_folders", "class_mapping": {"red": " "}}, "/class_mapping"),
    ({"layout": "split_folders", "class_mapping": {"": "red"}}, "/class_mapping"),
]


def test_an_answer_that_no_reading_has_is_refused(send, api):
    source = send(SETS)
    for body, pointer in WRONG_ANSWERS:
        answer = confirm(api, source, **body)
        assert answer.status_code == 400, body
        assert answer.data["errors"][0]["pointer"].startswith(pointer), answer.data
    assert Import.objects.get(pk=source["id"]).status == "needs_confirmation"


def test_names_in_a_code_page_need_the_code_page(send, api, run_job):
    legacy = zipped({"a123/1.png": png(1), "b123/1.png": png(2)})
    # Names of the same length in Shift JIS, both with the byte of a backslash in them.
    for short, name in (("a123", "表示"), ("b123", "表面")):
        legacy = legacy.replace(short.encode(), name.encode("cp932"))
    source = Import.objects.get(pk=send_bytes(api, run_job, legacy)["id"])
    assert source.status == "needs_confirmation"
    assert source.readings[0]["encoding"] == "cp932"
    assert [c["name"] for c in source.readings[0]["classes"]] == ["表示", "表面"]
    asked = {"id": str(source.pk)}
    refused = confirm(api, asked, layout="class_folders")
    assert refused.status_code == 400
    assert "cp932" in refused.data["detail"]
    assert confirm(api, asked, layout="class_folders", encoding="cp932").status_code == 202
    done = finished(api, source.pk, run_job)
    assert done["encoding"] == "cp932"
    assert rows() == {("", "表示"), ("", "表面")}


def send_bytes(api, run_job, content: bytes) -> dict:
    dataset = Dataset.objects.get()
    source = start_import(
        user=dataset.created_by, dataset=dataset, archive=[content], archive_name="x.zip"
    )
    return finished(api, source.pk, run_job)


def test_the_page_asks_and_takes_the_answer(send, client, dataset):
    xss = "<img src=x onerror=alert(1)>"
    source = send({name.replace("red/", f"{xss}/"): data for name, data in SETS.items()})
    client.force_login(dataset.created_by)
    address = reverse("datasets:import", args=[source["id"]])
    html = client.get(address).content.decode()
    assert "How should Loupe read this archive?" in html
    assert html.count('name="layout"') == 2
    assert html.count(reverse("api:import-example", args=[source["id"]])) == 4
    assert "Needs your answer" in html
    assert "Failed" not in html.split("data-job")[0].split("progress-head")[1]
    assert xss not in html
    listed = client.get(reverse("datasets:imports", args=[dataset.pk])).content.decode()
    assert "Needs your answer" in listed
    answer = client.post(reverse("datasets:import_confirm", args=[source["id"]]))
    assert answer.status_code == 400
    assert "The layout may be split_folders, class_folders" in answer.content.decode()
    client.force_login(factories.make_member(dataset.organization, Role.VIEWER))
    html = client.get(address).content.decode()
    assert "Import like this" not in html
    client.force_login(dataset.created_by)
    answer = client.post(reverse("datasets:import_dismiss", args=[source["id"]]), follow=True)
    assert "was dismissed" in answer.content.decode()
    assert "No imports yet" in answer.content.decode()
    assert "Dismissed" in client.get(address).content.decode()


def test_an_import_that_waits_or_failed_can_be_dismissed(send, api, dataset, settings):
    waits = send(SETS)
    failed = send({"a/1.txt": b"x", "a/2.jpg": jpeg()[:-900]})
    assert failed["status"] == "failed"
    pictures = f"{API}imports/{waits['id']}/example/"
    shown = {"name": waits["readings"][0]["examples"][0]}
    assert api.get(pictures, shown).status_code == 200
    for source in (waits, failed):
        for _ in range(2):
            answer = api.post(f"{API}imports/{source['id']}/dismiss/")
            assert (answer.status_code, answer.data["status"]) == (200, "dismissed")
            assert answer.data["dismissed_at"]
        assert not archive_of(source).exists()
    assert not imports_of(dataset).exists()
    assert api.get(f"{API}datasets/{dataset.pk}/imports/").data["results"] == []
    assert waiting_for(dataset.created_by) == []
    assert confirm(api, waits, layout="split_folders").data["code"] == "not_waiting"
    assert api.get(pictures, shown).status_code == 404
    job = Job.objects.get(pk=waits["job"]["id"])
    with pytest.raises(Conflict):
        retry(user=dataset.created_by, job=job)
    # What else it kept goes at the next sweep, not a week later.
    assert tidy(job_id=job.pk)
    assert not scratch.checkpoint_dir(job.lineage).exists()


def test_an_import_that_succeeded_or_waits_its_turn_cannot_be_dismissed(send, api, dataset):
    done = send({"cat/1.png": png(1)})
    answer = api.post(f"{API}imports/{done['id']}/dismiss/")
    assert (answer.status_code, answer.data["code"]) == (409, "not_failed")
    queued = start_import(
        user=dataset.created_by,
        dataset=dataset,
        archive=[zipped({"cat/1.png": png(1)})],
        archive_name="x.zip",
    )
    assert api.post(f"{API}imports/{queued.pk}/dismiss/").status_code == 409


def test_a_question_that_nobody_answered_is_over_with_its_archive(send, api, settings, dataset):
    source = send(SETS)
    settings.JOB_RETRY_WINDOW_SECONDS = 0
    job = Job.objects.get(pk=source["job"]["id"])
    assert job.ended_at < timezone.now()
    assert tidy(job_id=job.pk)
    assert not archive_of(source).exists()
    answer = confirm(api, source, layout="split_folders")
    assert (answer.status_code, answer.data["code"]) == (409, "archive_gone")
    assert waiting_for(dataset.created_by) == []


def test_the_report_counts_files_that_stand_in_two_classes(send):
    files = {f"{c}/{n}.png": png(n) for c in ("a", "b") for n in range(3)}
    done = send({**files, "b/9.png": png(9)})
    assert done["job"]["result"]["images_added"] == 7
    assert done["conflicts"] == 6
    again = send({"c/0.png": png(0), "c/8.png": png(8)})
    assert again["conflicts"] == 1
    assert Job.objects.filter(status=Status.SUCCEEDED).count() >= 2
