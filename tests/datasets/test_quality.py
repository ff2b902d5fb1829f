"""The quality check through its real job: what it finds, what it remembers, what it admits."""

import hashlib
import io
import os
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from PIL import Image as Picture

from datasets.models import (
    FindingKind,
    Image,
    ImageFingerprint,
    Import,
    QualityItem,
    QualityReport,
    Vector,
)
from datasets.selectors import quality
from datasets.selectors.quality import open_at_least, open_count, quality_of
from datasets.services.intake.start_import import start_import
from datasets.services.intake.upload_images import upload_images
from datasets.services.labelling.annotate import annotate, edit_image
from datasets.services.quality.check_quality import check_again, start_quality_check
from datasets.services.trash import trash_image
from datasets.services.versions.freeze import freeze
from datasets.work.check_quality import check_quality
from jobs.child.context import JobContext
from jobs.child.reporter import Reporter
from jobs.models import Job
from jobs.services.claim import claim
from storage import durable
from storage.names import blob_name
from tests import factories
from tests.datasets.conftest import encoded, zipped
from tests.datasets.pictures import faulty_set, scene

pytestmark = pytest.mark.django_db
SPACE = "MobileNetV2-224-stretch-float32-00000000"


@pytest.fixture
def person():
    return factories.make_user()


@pytest.fixture
def check(run_job):
    """Have a dataset checked here and now."""

    def run(dataset) -> QualityReport:
        report = check_again(user=dataset.created_by, dataset=dataset)
        assert run_job(report.job).status == "succeeded"
        return QualityReport.objects.get(dataset=dataset)

    return run


def names_of(dataset, kind: str) -> list[set[str]]:
    """The names of the images of each item of a kind, the worst first."""
    items = QualityItem.objects.filter(report__dataset=dataset, kind=kind).order_by("rank")
    return [{member.image.name for member in item.members.all()} for item in items]


def short(groups: list[set[str]]) -> list[set[str]]:
    """Names without their folders."""
    return [{name.rpartition("/")[2] for name in group} for group in groups]


@pytest.fixture
def faulty(person, run_job):
    """The set with planted faults, imported by its job."""
    dataset = factories.make_dataset(user=person)
    archive = zipped(faulty_set())
    source = start_import(user=person, dataset=dataset, archive=[archive], archive_name="a.zip")
    assert run_job(source.job).status == "succeeded"
    return dataset


def test_an_import_starts_the_check_and_each_planted_fault_is_found(faulty, api, person, run_job):
    job = Job.objects.get(kind="check_quality")
    assert run_job(job).status == "succeeded"
    found = {kind.value: short(names_of(faulty, kind)) for kind in FindingKind}
    assert {"same.png", "same.bmp"} in found["exact_duplicate"]
    assert {"near.png", "near.jpg"} in found["near_duplicate"]
    assert found["split_leak"] == [{"leak.png", "leak.jpg"}]
    assert found["label_conflict"] == [{"both.png"}]
    # By outlines and colours about half of them would be false.
    assert found["label_error"] == []
    assert found["blank"] == [{"blank.png"}]
    assert {"blurred.png"} in found["blurred"]
    assert found["tiny"] == [{"tiny.png"}]
    assert {"wide.png"} in found["odd_shape"]
    assert found["small_class"] == found["imbalance"] == [set()]

    api.force_authenticate(person)
    report = api.get(f"/api/v1/datasets/{faulty.pk}/quality/").json()
    assert (report["status"], report["stale"], report["embedding"]) == ("succeeded", False, None)
    assert any("Have them computed on the dataset’s map" in each for each in report["unchecked"])
    assert report["open"] == sum(finding["items"] for finding in report["findings"])
    assert (report["smallest_class"], report["imbalance_ratio"]) == ("rare", 15.5)
    severities = [finding["severity"] for finding in report["findings"]]
    assert severities == sorted(severities, key=["high", "medium", "low"].index)
    for finding in report["findings"]:
        images = api.get(finding["images_url"] + "&page_size=500").json()["results"]
        assert len(images) == finding["count"] > 0
    leak = report["findings"][0]
    assert (leak["kind"], leak["items"], leak["count"]) == ("split_leak", 1, 2)
    item = api.get(f"/api/v1/datasets/{faulty.pk}/quality/items/?kind=split_leak").json()
    # The copy that is tested on is the one to keep.
    assert [image["split"] for image in item["results"][0]["images"]] == ["test", "train"]


def test_label_errors_are_looked_for_once_embeddings_exist_and_kept_where_some_lack(
    faulty, person, api, check, run_job
):
    check(faulty)
    factories.make_vectors(faulty)
    report = check(faulty)
    assert names_of(faulty, "label_error")[0] == {"train/cold/wrong.png"}
    assert report.embedding == SPACE
    assert report.agreement
    item = QualityItem.objects.filter(report=report, kind="label_error").earliest("rank")
    api.force_authenticate(person)
    api.patch(f"/api/v1/quality-items/{item.pk}/", {"dismissed": True}, format="json")
    # Until new images have vectors too, what was found by them stays, and what was decided.
    warm = Image.objects.filter(dataset=faulty, name__contains="warm")
    Vector.objects.filter(sha256__in=warm.values("sha256")).delete()
    before = names_of(faulty, "label_error")
    report = check(faulty)
    assert (names_of(faulty, "label_error"), report.embedding) == (before, SPACE)
    item.refresh_from_db()
    assert item.dismissed_by == person


def test_the_migration_takes_label_errors_by_the_descriptor_back_and_no_others(person):
    migration = import_module("datasets.migrations.0015_label_errors_held_back")
    for embedding, kinds in (
        ("loupe-descriptor-1", ["blank"]),
        ("MobileNetV2", ["blank", "label_error"]),
    ):
        dataset = factories.make_dataset(user=person)
        weak = "Label errors that only the content gives away: and so on"
        report = QualityReport.objects.create(
            dataset=dataset, embedding=embedding, agreement=0.4, unchecked=["Copies.", weak]
        )
        for kind in ("label_error", "blank"):
            QualityItem.objects.create(report=report, kind=kind, rank=0)
        migration.take_back(apps, None)
        report.refresh_from_db()
        assert sorted(report.items.values_list("kind", flat=True)) == kinds
        assert (report.unchecked == ["Copies.", weak]) == (embedding == "MobileNetV2")
        assert (report.agreement is None) == (embedding != "MobileNetV2")


def test_what_could_not_be_checked_is_said(faulty, person, check):
    lost = Image.objects.get(dataset=faulty, name__endswith="warm/3.png")
    ImageFingerprint.objects.filter(image=lost).delete()
    durable.local(blob_name(lost.sha256)).unlink()
    sheet = SimpleUploadedFile("unlabelled.png", encoded(scene(950), "PNG"))
    upload_images(user=person, dataset=faulty, files=[sheet])
    factories.make_vectors(faulty)
    left_out = Image.objects.get(dataset=faulty, name__endswith="warm/4.png")
    edit_image(user=person, image=left_out, changes={"excluded": True})
    report = check(faulty)
    said = "\n".join(report.unchecked)
    assert "1 image could not be decoded" in said
    assert "warm/3.png" in said
    assert "1 image left out of versions" in said
    assert "1 image without a class" in said
    assert "fewer than 5 images: rare" in said
    assert "no such weights" not in said
    assert "Leaks between splits" not in said
    assert report.images_checked == len(faulty_set()) - 1


def test_a_dismissal_survives_until_the_facts_change(faulty, person, api, check, run_job):
    check(faulty)
    api.force_authenticate(person)
    item = QualityItem.objects.get(report__dataset=faulty, kind="split_leak")
    url = f"/api/v1/quality-items/{item.pk}/"
    assert api.patch(url, {"dismissed": True}, format="json").json()["dismissed"] is True
    check(faulty)
    item.refresh_from_db()
    assert item.dismissed_by == person
    kinds = [finding.kind for finding in quality_of(faulty).findings]
    assert "split_leak" not in kinds
    assert "near_duplicate" in kinds
    # A third copy makes it another fact.
    again = zipped({"test/warm/third.png": encoded(scene(902).resize((84, 84)), "PNG")})
    source = start_import(user=person, dataset=faulty, archive=[again], archive_name="b.zip")
    # The import goes before the check that the first one has asked for.
    assert run_job(source.job).status == "succeeded"
    check(faulty)
    assert quality_of(faulty).findings[0].kind == "split_leak"
    assert not QualityItem.objects.filter(pk=item.pk).exists()


def test_what_people_have_mended_is_no_finding_any_more(faulty, person, check, monkeypatch):
    factories.make_vectors(faulty)
    check(faulty)

    def open_kinds() -> dict[str, int]:
        return {finding.kind.value: finding.items for finding in quality_of(faulty).findings}

    before = open_kinds()
    images = {image.name.rpartition("/")[2]: image for image in faulty.images.all()}
    edit_image(user=person, image=images["leak.png"], changes={"excluded": True})
    trash_image(user=person, image=images["blank.png"])
    both = faulty.images.filter(name__endswith="both.png")
    annotate(
        user=person,
        dataset=faulty,
        class_names={images["wrong.png"].pk: "warm", **dict.fromkeys((i.pk for i in both), "cold")},
    )
    after = open_kinds()
    assert {"split_leak", "label_conflict", "blank"} <= before.keys() - after.keys()
    assert after["label_error"] == before["label_error"] - 1
    assert after["near_duplicate"] == before["near_duplicate"] - 1
    assert quality_of(faulty).stale
    # The first item, of the blank image, is none any more: the next ones are looked at.
    assert open_at_least(faulty) == (open_count(faulty), False)
    monkeypatch.setattr(quality, "_LOOKED_AT", 1)
    assert open_at_least(faulty) == (1, True)
    monkeypatch.setattr(quality, "_MOST_LOOKED_AT", 1)
    assert open_at_least(faulty) == (0, True)


def test_freezing_suggests_to_keep_copies_together_and_says_why(faulty, person, client, check):
    client.force_login(person)
    url = f"/datasets/{faulty.pk}/versions/"
    assert '<option value="folder" selected>' in client.get(url).content.decode()
    check(faulty)
    html = client.get(url).content.decode()
    assert '<option value="grouped" selected>' in html
    assert "1 picture stands in more than one folder" in html
    report = client.get(f"/datasets/{faulty.pk}/quality/").content.decode()
    assert "Under more than one class" in report
    assert "What was not checked" in report


def test_findings_are_counted_wherever_somebody_may_miss_them(faulty, person, client, api, check):
    """On the tab, in the import's result, on Home and beside the form that freezes."""
    client.force_login(person)
    api.force_authenticate(person)
    source = Import.objects.get(dataset=faulty)
    page, result = f"/datasets/imports/{source.pk}/", f"/api/v1/imports/{source.pk}/"
    assert "What is wrong with the images?" in client.get(page).content.decode()
    assert api.get(result).json()["open_findings"] is None
    check(faulty)
    count = open_count(faulty)
    assert count > 5
    answer = api.get(result).json()
    assert answer["open_findings"] == count
    assert api.get(answer["quality_url"]).json()["open"] == count
    html = client.get(page).content.decode()
    assert f"The quality check found {count} things to decide" in html
    assert "In more than one split" in html
    assert f'Quality <span class="tab-count">{count}</span>' in html
    frozen = client.get(f"/datasets/{faulty.pk}/versions/").content.decode()
    assert (
        f'<strong class="tabular">{count}</strong> findings of the quality check are open' in frozen
    )
    assert f"{count} findings of the quality check to decide" in client.get("/").content.decode()
    freeze(user=person, dataset=faulty, strategy="folder", note="as it is")
    assert "of the quality check to decide" not in client.get("/").content.decode()
    assert "decide, then freeze another one" in client.get(page).content.decode()


def test_checks_never_pile_up(person, run_job):
    """Images sent one by one lead to one check that waits, and to one more beside one that runs."""
    dataset = factories.make_dataset(user=person)

    def send(first: int, last: int) -> None:
        for number in range(first, last):
            sheet = SimpleUploadedFile(f"{number}.png", encoded(scene(number), "PNG"))
            upload_images(user=person, dataset=dataset, files=[sheet], class_name="cat")

    send(0, 4)
    first = Job.objects.get(kind="check_quality")
    assert first.in_background
    assert check_again(user=person, dataset=dataset).job == first
    first.refresh_from_db()
    assert not first.in_background, "a person waits for it now"
    running = claim(queue="io", worker="tests")
    assert running == first
    send(4, 8)
    assert check_again(user=person, dataset=dataset).wanted_again
    assert quality_of(dataset).stale is False
    with Path(os.devnull).open("w") as nowhere:
        reporter = Reporter(running.pk, running.fence, nowhere.fileno())
        check_quality(JobContext(running, reporter))
    # What came while it ran is looked at by another one.
    second = QualityReport.objects.get(dataset=dataset).job
    checks = Job.objects.filter(kind="check_quality")
    assert (second.status, second.in_background, checks.count()) == ("queued", False, 2)
    send(8, 12)
    run_job(second)
    report = QualityReport.objects.get(dataset=dataset)
    assert (report.job, report.wanted_again, checks.count()) == (second, False, 2)
    assert report.images_checked == 12


def test_a_check_waits_for_images_that_somebody_is_adding_just_then(person, run_job):
    """They count on the check that waits, and must not be missed by it when it starts at once."""
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 3)
    waiting = start_quality_check(user=person, dataset=dataset)
    counted_on, checked = Event(), Event()

    def add() -> None:
        with closing(connection), transaction.atomic():
            factories.make_images(dataset, "dog", 2)
            assert start_quality_check(user=person, dataset=dataset) is None
            counted_on.set()
            deadline = time.monotonic() + 30
            while not (somebody_waits() or checked.is_set()) and time.monotonic() < deadline:
                time.sleep(0.02)

    with ThreadPoolExecutor(1) as threads:
        added = threads.submit(add)
        assert counted_on.wait(30)
        assert run_job(waiting).status == "succeeded"
        checked.set()
        added.result()
    assert QualityReport.objects.get(dataset=dataset).images_checked == 5


def somebody_waits() -> bool:
    """Whether a connection waits for a lock of another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_asking_over_the_api_is_work_with_a_key(person, api):
    dataset = factories.make_dataset(user=person)
    api.force_authenticate(person)
    url = f"/api/v1/datasets/{dataset.pk}/quality/"
    empty = api.get(url).json()
    assert (empty["status"], empty["findings"], empty["job"]) == (None, [], None)
    answer = api.post(url, headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}/"
    Job.objects.filter(pk=job["id"]).update(status="cancelled")
    assert api.post(url, headers={"Idempotency-Key": "one"}).json()["job"]["id"] == job["id"]
    assert api.post(url).json()["job"]["id"] != job["id"]
    assert api.get(f"{url}items/").status_code == 400


@pytest.mark.shared_data
def test_every_copy_and_leak_of_the_animals_is_found(shared_data, person, run_job):
    dataset = factories.make_dataset(user=person)
    with (shared_data / "animals.zip").open("rb") as archive:
        source = start_import(
            user=person, dataset=dataset, archive=iter(lambda: archive.read(1 << 20), b""),
            archive_name="animals.zip",
        )  # fmt: skip
    assert run_job(source.job).status == "succeeded"
    assert run_job(Job.objects.get(kind="check_quality")).status == "succeeded"
    duplicates, alike = brute_force(dataset)
    assert duplicates
    found = {kind: names_of(dataset, kind) for kind in ("exact_duplicate", "split_leak")}
    assert sorted(map(sorted, found["exact_duplicate"])) == sorted(map(sorted, duplicates))
    splits = dict(dataset.images.values_list("name", "split"))
    leaks = [
        group for group in duplicates + alike
        if len({splits[name] for name in group}) > 1
    ]  # fmt: skip
    assert leaks
    assert all(any(group <= leak for leak in found["split_leak"]) for group in leaks)


def brute_force(dataset) -> tuple[list[set[str]], list[set[str]]]:
    """The images with the same decoded pixels, and the pairs whose small grey pictures agree."""
    by_pixels: dict[str, set[str]] = defaultdict(set)
    names, small = [], []
    for image in dataset.images.all():
        with Picture.open(io.BytesIO(durable.read(blob_name(image.sha256)))) as opened:
            picture = opened.convert("RGB")
        pixels = hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).hexdigest()
        by_pixels[pixels].add(image.name)
        grey = np.asarray(picture.convert("L").resize((48, 48)), np.float32).ravel()
        names.append(image.name)
        small.append((grey - grey.mean()) / (np.linalg.norm(grey - grey.mean()) + 1e-6))
    alike = np.argwhere(np.triu(np.array(small) @ np.array(small).T, 1) > 0.99)
    groups = [group for group in by_pixels.values() if len(group) > 1]
    return groups, [{names[first], names[second]} for first, second in alike]
