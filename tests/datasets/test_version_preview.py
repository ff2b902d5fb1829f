"""The preview says what freezing then does, whatever the strategy, and writes nothing."""

import pytest
from django.db import connection
from django.utils import timezone

from datasets.models import DatasetVersion, Image, ImageFingerprint, QualityReport
from datasets.services.quality.fingerprints import take_missing
from datasets.services.versions.freeze import freeze
from jobs.models import Job
from tests import factories
from tests.datasets.conftest import png
from tests.datasets.pictures import files

pytestmark = pytest.mark.django_db

BODIES = {
    "stratified": {"strategy": "stratified", "train": 0.6, "validation": 0.2, "test": 0.2},
    "seeded": {"strategy": "stratified", "seed": 7, "keep_test": False},
    "grouped": {"strategy": "grouped", "train": 0.5, "validation": 0.25, "test": 0.25, "seed": 3},
    "folder": {"strategy": "folder"},
}


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    for folder, start in (("train", 0), ("test", 60), ("", 90)):
        factories.add_files(dataset, files("cat", start, 9, 2), folder)
        factories.add_files(dataset, files("dog", 200 + start, 8, 1), folder)
    factories.make_images(dataset, "", 4)
    out, trashed, gone = factories.make_images(dataset, "cat", 3, start=500)
    now = timezone.now()
    Image.objects.filter(pk=out.pk).update(excluded_at=now)
    Image.objects.filter(pk=trashed.pk).update(deleted_at=now)
    Image.objects.filter(pk=gone.pk).update(deleted_at=now - timezone.timedelta(days=60))
    factories.make_images(dataset, "owl", 1)
    Image.objects.filter(dataset=dataset, class_label__name="owl").update(class_label=None)
    return dataset


def preview(api, dataset, split: dict) -> dict:
    answer = api.post(
        f"/api/v1/datasets/{dataset.pk}/versions/preview/", {"split": split}, format="json"
    )
    assert answer.status_code == 200, answer.json()
    return answer.json()


@pytest.mark.parametrize("name", BODIES)
def test_freezing_makes_what_the_preview_said(api, dataset, user, name):
    """For the second version too, which keeps what the first one tested on."""
    for _ in range(2):
        take_missing(dataset, lambda done, total: None)
        said = preview(api, dataset, BODIES[name])
        answer = api.post(
            f"/api/v1/datasets/{dataset.pk}/versions/", {"split": BODIES[name]}, format="json"
        )
        assert answer.status_code == 201
        version = answer.json()
        assert said["problem"] is None
        assert said["sample_counts"] == version["sample_counts"]
        assert said["left_out"] == version["left_out"]
        factories.add_files(dataset, files("cat", 400, 9, 2) + files("dog", 700, 9, 2), "train")


def test_what_is_left_out_is_counted_by_reason_with_the_images(api, dataset):
    left_out = preview(api, dataset, BODIES["stratified"])["left_out"]
    assert [(row["reason"], row["count"]) for row in left_out] == [
        ("unlabelled", 5),
        ("excluded", 1),
        ("trash", 1),
    ]
    for row in left_out:
        assert len(api.get(row["images_url"]).json()["results"]) == row["count"]


def test_what_to_know_before_freezing_is_said(api, dataset, user):
    same = [("a.png", png(1), "cat"), ("b.png", png(1), "dog")]
    factories.add_files(dataset, same, "train")
    factories.add_files(dataset, same[:1], "test")
    factories.add_files(dataset, [(f"{n}.png", png(50 + n), "ant") for n in range(4)], "train")
    said = preview(api, dataset, {"strategy": "folder"})
    warnings = {row["code"]: row for row in said["warnings"]}
    assert warnings["several_classes"]["detail"].startswith("1 picture stands under more than one")
    assert "issue=label_conflict" in warnings["several_classes"]["images_url"]
    assert warnings["several_splits"]["detail"].startswith("1 picture stands in more than one")
    assert warnings["no_test_images"]["detail"] == "Test has nothing of “ant”."
    assert warnings["empty_classes"]["detail"].startswith("“owl” has no image")
    assert warnings["no_split_folder"]["detail"].startswith("29 images that came without")
    assert "no validation folder" in warnings["validation_from_train"]["detail"]


def test_what_cannot_be_frozen_says_why_and_still_what_is_left_out(api, user):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "", 3)
    said = preview(api, dataset, BODIES["stratified"])
    url = f"/api/v1/datasets/{dataset.pk}/versions/"
    refused = api.post(url, {"split": BODIES["stratified"]}, format="json").json()
    assert said["sample_counts"] is None
    assert said["problem"] == {key: refused[key] for key in ("code", "detail", "hint")}
    assert [(row["reason"], row["count"]) for row in said["left_out"]] == [("unlabelled", 3)]
    wrong = {"strategy": "stratified", "train": 0.9}
    assert api.post(f"{url}preview/", {"split": wrong}, format="json").status_code == 400


def test_nothing_is_written_not_even_which_images_are_copies(api, dataset):
    ImageFingerprint.objects.filter(image__dataset=dataset).delete()
    said = preview(api, dataset, BODIES["grouped"])
    assert said["problem"]["code"] == "comparing"
    assert not ImageFingerprint.objects.filter(image__dataset=dataset).exists()
    for model in (DatasetVersion, QualityReport, Job):
        assert not model.objects.exists()


def test_grouped_compares_without_storing(api, dataset, user):
    """Fingerprints come with every import and upload; groups only with the quality check."""
    version = freeze(user=user, dataset=dataset, **BODIES["grouped"])
    prints = ImageFingerprint.objects.filter(image__dataset=dataset)
    prints.update(group=None)
    kept = {**BODIES["grouped"], "keep_test": False}
    assert preview(api, dataset, kept)["sample_counts"] == version.sample_counts
    assert not prints.exclude(group=None).exists()
    with connection.execute_wrapper(refuse_writes):
        preview(api, dataset, kept)


def refuse_writes(execute, sql, params, many, context):
    assert sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "DECLARE")), sql
    return execute(sql, params, many, context)


@pytest.mark.parametrize("name", ["train", "validation", "test", "keep_test"])
@pytest.mark.parametrize("address", ["versions/", "versions/preview/"])
def test_what_the_strategy_folder_would_not_look_at_is_refused(api, dataset, name, address):
    split = {"strategy": "folder", name: True if name == "keep_test" else 0.5}
    answer = api.post(f"/api/v1/datasets/{dataset.pk}/{address}", {"split": split}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/split/{name}"
    assert not DatasetVersion.objects.exists()
