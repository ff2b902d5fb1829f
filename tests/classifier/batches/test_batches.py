"""Batch predictions: which images, each answered once, and what becomes of the answers."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEntry
from classifier.batches import kinds
from classifier.batches.selectors.batches import visible_batch
from classifier.batches.services.add_answers import add_portion, start_addition
from classifier.batches.services.end_batch import sweep_batches
from classifier.batches.services.forget_in_batches import (
    forget_content_in_batches,
    forget_images_in_batches,
)
from classifier.batches.services.start_batch import start_on_archive, start_on_dataset
from classifier.batches.services.store_results import Answered, store_chunk
from classifier.engine.measure.decision import Wish
from classifier.engine.runtime.predictor import Predictor
from classifier.engine.runtime.views import pixels_in
from classifier.engine.target import ClassProbability, ImageAnswer
from classifier.models import BatchPrediction
from classifier.registry.selectors.dependents import dependents_of_version
from classifier.registry.selectors.models import version_to_serve
from classifier.registry.services.decision import set_decision
from classifier.work import predict_batch
from datasets.decoding.pixels.store import open_pixels
from datasets.models import Annotation, Forgetting
from datasets.models.annotation import MODEL
from datasets.services.intake.adopt_files import discard_files
from jobs.models import Job, Status
from jobs.services.cancel import cancel
from jobs.services.chunks import take_chunk
from storage import durable
from storage.names import blob_name, upload_name
from tests import factories
from tests.classifier.conftest import BLUE, GREEN, RED, square
from tests.classifier.decided import make_decision
from tests.datasets.conftest import run_job, zipped

assert predict_batch
assert run_job
URL = "/api/v1/batch-predictions/"


@pytest.fixture
def version(user, make_model_version):
    return make_model_version(user)


@pytest.fixture
def colours(user):
    """Six unlabelled squares, and a red one that has its class."""
    dataset = factories.make_dataset(user=user, name="New ones")
    squares = [square((219 - n, 30, 30)) for n in range(3)] + [
        square((30, 30, 219 - n)) for n in range(3)
    ]
    factories.add_files(dataset, [(f"{n}.png", file, "") for n, file in enumerate(squares)])
    factories.add_files(dataset, [("known.png", square((200, 10, 10)), "red")])
    return dataset


@pytest.fixture
def archive():
    return zipped(
        {
            "=cmd|red.png": RED,
            "a/broken.png": b"\x89PNG no picture",
            "b/blue.png": BLUE,
            "b/blue again.png": BLUE,
            "notes.txt": b"no image",
            "__MACOSX/a": b"junk",
        }
    )


def entries_of(api, batch_id, **query):
    return api.get(f"{URL}{batch_id}/results/", query).json()["results"]


def queued_job() -> Job:
    return Job.objects.get(kind=kinds.BATCH.name, status=Status.QUEUED)


def test_the_unlabelled_images_of_a_dataset(api, run_job, version, colours):
    answer = api.post(
        URL,
        {
            "model": str(version.model_id),
            "dataset": str(colours.pk),
            "filter": {"annotated": False},
        },
        format="json",
    )
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert (body["image_count"], body["source"], body["source_name"]) == (6, "dataset", "New ones")
    assert body["selection"] == {"filter": {"annotated": "false"}}
    job = run_job(queued_job())
    assert job.status == Status.SUCCEEDED
    assert job.result["answered"] == 6
    shown = api.get(f"{URL}{body['id']}/").json()
    assert shown["classes"] == [
        {"class_name": "blue", "images": 3},
        {"class_name": "red", "images": 3},
    ]
    assert (shown["unreadable"], shown["decisions"], shown["has_decision"]) == (0, None, False)
    assert shown["images_per_second"] > 0
    entries = entries_of(api, body["id"])
    assert [entry["index"] for entry in entries] == list(range(6))
    assert [entry["classes"][0]["class_name"] for entry in entries] == ["red"] * 3 + ["blue"] * 3
    assert entries[0]["image"] == str(colours.images.get(name="0.png").pk)
    assert not BatchPrediction.objects.get().chunks.exists()


def test_answers_are_those_of_a_plain_prediction(api, user, run_job, version, colours):
    """The same file, the same rule: only the way differs."""
    make_decision(user, version, Wish(thresholds={"red": 0.5, "blue": 1.0}))
    version.refresh_from_db()
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    run_job(queued_job())
    rows = list(batch.results.order_by("index"))
    with open_pixels(lambda text: None) as pixels:
        predictor = Predictor.load(version.served_path)
        images = pixels_in(pixels, [row.sha256 for row in rows], predictor.views)
    expected = predictor.predict(images)
    assert [row.probability for row in rows] == pytest.approx(expected.max(axis=1).tolist())
    assert {row.decision for row in rows} <= {"accept", "review", "unknown"}
    assert all(row.decision for row in rows)


def _served(user, version):
    return version_to_serve(user, version.model_id)


def test_an_archive_with_faults_in_every_format(api, run_job, version, archive):
    body = api.post(
        URL,
        {"model": str(version.model_id), "archive": _file(archive), "top_k": 2},
        format="multipart",
    ).json()
    assert (body["source"], body["image_count"], body["skipped_count"]) == ("archive", 5, 1)
    batch = BatchPrediction.objects.get()
    assert durable.exists(upload_name(batch.upload))
    job = run_job(queued_job())
    assert job.status == Status.SUCCEEDED
    assert (job.result["images"], job.result["errors"]) == (5, 2)
    by_name = {entry["name"]: entry for entry in entries_of(api, body["id"])}
    assert by_name["=cmd|red.png"]["classes"][0]["class_name"] == "red"
    assert len(by_name["=cmd|red.png"]["classes"]) == 2
    assert by_name["a/broken.png"]["status"] == 422
    assert by_name["notes.txt"]["code"] == "not_an_image"
    assert not durable.exists(upload_name(batch.upload)), "the archive goes, its images stay"

    url = f"{URL}{body['id']}/"
    lines = b"".join(_streamed(api.get(f"{url}results/", {"format": "jsonl"})))
    assert [json.loads(line)["index"] for line in lines.splitlines()] == [0, 1, 2, 3, 4]
    table = b"".join(_streamed(api.get(f"{url}results/", {"format": "csv"}))).decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["name"].removeprefix("'") for row in rows] == list(by_name)
    assert "'=cmd|red.png" in table, "no spreadsheet runs it"
    import pyarrow.parquet as pq

    content = b"".join(_streamed(api.get(f"{url}results/", {"format": "parquet"})))
    parquet = pq.read_table(io.BytesIO(content)).to_pylist()
    assert [row["name"] for row in parquet] == list(by_name)
    assert parquet[0]["classes"][0]["class_name"] == "red"
    assert [row["code"] for row in parquet].count(None) == 3
    only = api.get(f"{url}results/", {"format": "csv", "outcome": "error"})
    assert b"".join(_streamed(only)).count(b"\r\n") == 3
    assert api.get(f"{url}results/", {"format": "xlsx"}).status_code == 400
    assert api.get(f"{url}results/", {"sort": "name"}).status_code == 400

    picture = api.get(f"{url}images/0/")
    assert picture["Content-Type"] == "image/png"
    assert "sandbox" in picture["Content-Security-Policy"]
    assert api.get(f"{url}images/0/thumbnail/").status_code == 200
    assert api.get(f"{url}images/1/").status_code == 404
    assert AuditEntry.objects.filter(action="batch_prediction.download").count() == 4


def _file(content: bytes, name: str = "holiday.zip"):
    stream = io.BytesIO(content)
    stream.name = name
    return stream


def _streamed(response):
    """Read what the view yields in threads."""
    import asyncio

    async def read() -> list[bytes]:
        return [block async for block in response.streaming_content]

    return asyncio.run(read())


def test_each_image_once_whatever_dies(user, run_job, version, colours, monkeypatch):
    """A job that is stopped in mid-chunk, one that wakes up late, and the job that takes over."""
    monkeypatch.setattr("classifier.batches.services.start_batch.CHUNK_IMAGES", 2)
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    assert batch.chunks.count() == 7, "however few images there are, threads find something to do"
    late = queued_job()
    Job.objects.filter(pk=late.pk).update(status=Status.RUNNING, fence=1, attempts=1)
    late.refresh_from_db()
    number = take_chunk(source=batch, job=late)
    done = take_chunk(source=batch, job=late)
    assert (number, done) == (0, 1)
    answer = ImageAnswer((ClassProbability("red", 0.9),))
    of_chunk = [Answered(index=1, name="1.png", answer=answer)]
    stored = {"batch": batch, "job": late, "staging": None, "results": of_chunk}
    assert store_chunk(number=1, **stored)
    assert not store_chunk(number=1, **stored), "a chunk ends once"
    # Its lease is over: another attempt takes what it held.
    Job.objects.filter(pk=late.pk).update(status=Status.RETRY_WAIT)
    Job.objects.filter(pk=late.pk).update(status=Status.QUEUED)
    job = run_job(queued_job())
    assert job.status == Status.SUCCEEDED
    of_other = [Answered(index=0, name="0.png", answer=answer)]
    assert not store_chunk(batch=batch, job=late, number=0, results=of_other, staging=None)
    assert sorted(batch.results.values_list("index", flat=True)) == list(range(7))


def test_cancel_while_it_waits_then_resume(api, run_job, user, version, colours):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    url = f"{URL}{batch.pk}/"
    assert api.post(f"{url}cancel/").json()["status"] == "cancelled"
    assert api.post(f"{url}resume/").status_code == 202
    assert run_job(queued_job()).status == Status.SUCCEEDED
    assert visible_batch(user, batch.pk).results.count() == 7
    assert api.post(f"{url}resume/").status_code == 409


def test_deleting_takes_the_images_that_nothing_else_needs(
    api, user, run_job, version, archive, colours
):
    factories.add_files(colours, [("same.png", BLUE, "blue")])
    batch = start_on_archive(
        user=user, version=_served(user, version), archive=[archive], archive_name="a.zip"
    )
    assert api.delete(f"{URL}{batch.pk}/").status_code == 409, "it is under way"
    run_job(queued_job())
    batch.refresh_from_db()
    red, blue = (batch.results.get(name=name).sha256 for name in ("=cmd|red.png", "b/blue.png"))
    assert batch.kept_bytes == sum(
        result.file["bytes"] for result in batch.results.filter(sha256__in=[red, blue])[:2]
    )
    discard_files([red, blue])
    assert durable.exists(blob_name(red)), "the batch needs it"
    assert api.delete(f"{URL}{batch.pk}/").status_code == 204
    assert api.get(URL).json()["results"] == []
    assert BatchPrediction.objects.get().kept_bytes == 0
    assert not durable.exists(blob_name(red))
    assert durable.exists(blob_name(blue)), "a dataset has it"
    assert api.get(f"{URL}{batch.pk}/").status_code == 404


def test_days_are_over_and_a_deletion_that_was_cut_short(user, run_job, version, colours):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    BatchPrediction.objects.update(expires_at=timezone.now() - timedelta(days=1))
    sweep_batches()
    assert BatchPrediction.objects.exists(), "it is under way"
    run_job(queued_job())
    sweep_batches()
    batch.refresh_from_db()
    assert batch.deleted_at, "its days were over"
    assert not batch.results.exists()
    assert batch.image_count == 7, "it counts among the images of the day"
    BatchPrediction.objects.update(created_at=timezone.now() - timedelta(days=2))
    sweep_batches()
    assert not BatchPrediction.objects.exists()
    assert not Job.objects.filter(kind=kinds.BATCH.name).exists()
    assert batch.dataset.images.count() == 7


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "one_source"),
        ({"dataset": "D", "dataset_version": "V"}, 400, "one_source"),
        ({"dataset": "D", "split": "test"}, 400, "not_understood"),
        ({"dataset": "D", "filter": {"trash": True}}, 400, "unknown_field"),
        ({"dataset": "D", "filter": {"class_name": "nothing"}}, 409, "no_images"),
        ({"dataset": "D", "images": ["00000000-0000-0000-0000-000000000000"]}, 400, ""),
        ({"dataset": "D", "version": 7}, 409, "no_version"),
        ({"dataset": "D", "alias": "none"}, 409, "no_version"),
        ({"dataset": "D", "top_k": 0}, 400, ""),
        ({"dataset": "11111111-1111-4111-8111-111111111111"}, 400, "does_not_exist"),
    ],
)
def test_refusals_come_before_a_job(api, version, colours, body, status, code):
    ids = {"D": str(colours.pk), "V": str(version.dataset_version_id)}
    asked = {key: ids.get(value, value) if isinstance(value, str) else value
             for key, value in body.items()}  # fmt: skip
    answer = api.post(URL, {"model": str(version.model_id), **asked}, format="json")
    assert answer.status_code == status, answer.content
    assert code in answer.content.decode()
    assert not Job.objects.filter(kind=kinds.BATCH.name).exists()


def test_a_version_without_a_file_and_limits(api, user, version, colours, settings):
    facts = {"model.keras": {"sha256": "0" * 64, "bytes": 1}}
    bare = factories.make_model_version(factories.make_run(user), files=facts)
    answer = api.post(URL, {"model": str(bare.model_id), "dataset": str(colours.pk)}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_file")
    body = {"model": str(version.model_id), "dataset": str(colours.pk)}
    settings.BATCH_IMAGES_A_DAY = 8
    assert api.post(URL, body, format="json").status_code == 202
    refused = api.post(URL, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    settings.BATCH_IMAGES_A_DAY = 800
    settings.BATCH_MAX_IMAGES = 5
    assert api.post(URL, body, format="json").json()["code"] == "too_many_images"
    settings.BATCH_MAX_IMAGES = 100
    assert [api.post(URL, body, format="json").status_code for _ in range(3)] == [202, 202, 409]


def test_a_version_and_a_split_of_it(api, run_job, version):
    body = {"model": str(version.model_id), "dataset_version": str(version.dataset_version_id)}
    answer = api.post(URL, {**body, "split": "test"}, format="json").json()
    counts = version.dataset_version.sample_counts
    assert answer["image_count"] == sum(counts["test"].values())
    assert run_job(queued_job()).status == Status.SUCCEEDED


def test_accepted_answers_become_labels(api, user, run_job, version, colours):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    url = f"{URL}{batch.pk}/additions/"
    body = {"dataset": str(colours.pk)}
    assert api.post(url, body, format="json").json()["code"] == "not_ended"
    run_job(queued_job())
    without = api.post(url, body, format="json")
    assert without.status_code == 400
    assert "no decision" in without.json()["detail"]
    answer = api.post(url, {**body, "least_probability": 0.3}, format="json")
    assert answer.status_code == 202
    assert answer.json()["counts"] is None
    job = run_job(Job.objects.get(kind=kinds.ADD_BATCH.name))
    assert job.status == Status.SUCCEEDED, job.error
    [entry] = api.get(url).json()["results"]
    assert entry["counts"] == {
        "labelled": 6, "added": 0, "labelled_before": 1, "copies": 0, "gone": 0,
    }  # fmt: skip
    image = colours.images.get(name="0.png")
    assert image.class_label.name == "red"
    assert image.labelled_by is None
    note = Annotation.objects.get(image=image)
    assert note.model_name.startswith(str(version))
    assert (note.created_by, note.is_copied) == (user, False)


@pytest.mark.parametrize("portion", [1, 1_000])
def test_images_of_an_archive_come_into_a_dataset(
    api, user, run_job, version, archive, portion, monkeypatch
):
    monkeypatch.setattr("classifier.batches.services.add_answers._PORTION", portion)
    target = factories.make_dataset(user=user, name="Target")
    factories.add_files(target, [("there.png", RED, ""), ("green.png", GREEN, "green")])
    batch = start_on_archive(
        user=user, version=_served(user, version), archive=[archive], archive_name="a.zip"
    )
    run_job(queued_job())
    answer = api.post(
        f"{URL}{batch.pk}/additions/",
        {"dataset": str(target.pk), "least_probability": 0.3},
        format="json",
    )
    assert answer.status_code == 202
    job = run_job(Job.objects.get(kind=kinds.ADD_BATCH.name))
    assert job.status == Status.SUCCEEDED, job.error
    assert job.result["labelled"] == 1, "the same content was there without a class"
    assert (job.result["added"], job.result["copies"]) == (1, 1)
    assert job.result["labelled_before"] == 0
    blue = target.images.get(name="b/blue.png")
    assert blue.class_label.name == "blue"
    assert api.delete(f"{URL}{batch.pk}/").status_code == 204
    assert durable.exists(blob_name(blue.sha256))


def test_an_addition_goes_on_where_it_was_interrupted(user, run_job, version, colours, monkeypatch):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    run_job(queued_job())
    monkeypatch.setattr("classifier.batches.services.add_answers._PORTION", 3)
    addition = start_addition(user=user, batch=batch, dataset=colours, least_probability=0.3)
    with transaction.atomic():
        assert add_portion(addition=addition)
    assert sum(addition.counts.values()) == 3
    given = Annotation.objects.filter(image__dataset=colours, source__startswith=MODEL)
    assert given.count() == addition.counts["labelled"]
    entry = AuditEntry.objects.get(action="image.label_by_model")
    assert (entry.actor, entry.object_id) == (user, str(colours.pk)), "before the job has ended"
    job = run_job(addition.job)
    assert job.status == Status.SUCCEEDED, job.error
    addition.refresh_from_db()
    assert addition.counts == {
        "labelled": 6, "added": 0, "labelled_before": 1, "copies": 0, "gone": 0,
    }  # fmt: skip
    assert job.result["labelled"] == 6
    assert given.count() == 6, "none twice"
    entries = AuditEntry.objects.filter(action="image.label_by_model")
    assert sum(entry.detail["labelled"] for entry in entries) == 6, "nor in the log"


def test_an_addition_that_is_cancelled_before_it_began_labels_nothing(
    user, run_job, version, colours, django_capture_on_commit_callbacks
):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    run_job(queued_job())
    addition = start_addition(user=user, batch=batch, dataset=colours, least_probability=0.3)
    with django_capture_on_commit_callbacks(execute=True):
        cancel(user=user, job=addition.job)
    assert not AuditEntry.objects.filter(action="image.label_by_model").exists()


def test_forgetting_takes_results_and_files_along(user, run_job, version, archive, colours):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    run_job(queued_job())
    of_archive = start_on_archive(
        user=user, version=_served(user, version), archive=[archive], archive_name="a.zip"
    )
    run_job(queued_job())
    image = colours.images.get(name="0.png")
    forgetting = Forgetting(
        organization=user.personal_organization, sha256=image.sha256, image_ids=[image.pk],
        dataset_ids=[colours.pk], created_at=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        assert forget_images_in_batches(forgetting) == 1
    batch.refresh_from_db()
    assert batch.forgotten_count == 1
    forgetting.sha256 = of_archive.results.get(name="=cmd|red.png").sha256
    assert forget_content_in_batches(forgetting) == 1
    assert forget_content_in_batches(forgetting) == 0
    assert discard_files([forgetting.sha256]) == 1
    assert not durable.exists(blob_name(forgetting.sha256))


def test_another_organization_sees_nothing(run_job, user, version, colours):
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    run_job(queued_job())
    other = APIClient()
    other.force_authenticate(factories.make_user())
    for address in ("", "results/", "additions/", "images/0/"):
        assert other.get(f"{URL}{batch.pk}/{address}").status_code == 404
    assert other.get(URL).json()["results"] == []


def test_images_that_go_while_a_batch_waits(user, run_job, version, colours):
    """One is deleted for ever, one is forgotten: the others have their answers all the same."""
    batch = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    purged, forgotten = (colours.images.get(name=name) for name in ("0.png", "1.png"))
    organization = user.personal_organization
    forgetting = Forgetting.objects.create(
        organization=organization, sha256=forgotten.sha256, image_ids=[forgotten.pk],
        dataset_ids=[colours.pk], reason="asked to", created_by=user,
        job=Job.objects.create(
            kind="forget_image", queue="train", organization=organization, title="Forget"
        ),
    )  # fmt: skip
    with transaction.atomic():
        forget_images_in_batches(forgetting)
    assert "1.png" not in str(list(batch.chunks.values_list("items", flat=True)))
    purged.delete()
    job = run_job(queued_job())
    assert job.status == Status.SUCCEEDED, job.error
    batch.refresh_from_db()
    assert batch.forgotten_count == 1
    rows = {row.index: row for row in batch.results.all()}
    assert sorted(rows) == [0, 2, 3, 4, 5, 6]
    assert (rows[0].code, rows[0].name, rows[0].image_id) == ("image_gone", "", None)
    assert all(row.answer for index, row in rows.items() if index)


def test_a_new_wish_stops_no_batch_and_no_other_vectors_are_taken(user, run_job, version, colours):
    decision = make_decision(user, version, Wish(thresholds={"red": 0.5}))
    first = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    set_decision(user=user, version=version, wish=Wish(thresholds={"red": 0.99}))
    assert run_job(queued_job()).status == Status.SUCCEEDED
    assert first.results.exclude(decision="").count() == 7
    second = start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    decision.refresh_from_db()
    decision.references = {**decision.references, "sha256": "0" * 64}
    decision.save(update_fields=["references"])
    job = run_job(queued_job())
    assert job.error["code"] == "bad_data"
    assert "training vectors" in job.error["detail"]
    assert not second.results.exists()


def test_a_version_stays_while_a_batch_asks_it(user, run_job, version, colours):
    start_on_dataset(user=user, version=_served(user, version), dataset=colours)
    assert "7 images of New ones" in " ".join(dependents_of_version(version).bars)
    run_job(queued_job())
    dependents = dependents_of_version(version)
    assert "7 images of New ones" not in " ".join(dependents.bars)
    assert "1 batch prediction with all results" in dependents.goes
