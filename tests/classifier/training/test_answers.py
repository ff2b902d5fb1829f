"""What a run's epochs answered on validation: by class and on a few images; in JSON and pages."""

import re

import numpy as np
import pytest

from classifier.engine.validation import ValidationAnswers
from classifier.models import EpochAnswers, EpochMetrics, TrainingRun
from classifier.pages.selectors.answer_strips import shown_epochs
from classifier.training.services.watched_images import keep_watched
from datasets.models import Split
from datasets.selectors.versions import samples_of
from jobs.models import Job
from tests import factories
from tests.classifier.trained import end_job

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def tell(run: TrainingRun, epoch: int, correct: list[int], **changes) -> None:
    """Store an epoch (0: none) whose answers are right on this many images of each class."""
    if epoch:
        row = {"loss": 1 / epoch, "accuracy": 0.5, "val_loss": 1 / epoch, "val_accuracy": 0.5}
        EpochMetrics.objects.create(
            run=run, epoch=epoch, learning_rate=0.01, seconds=1, images_per_second=64,
            **{**row, **changes},
        )  # fmt: skip
    count = len(run.watched["images"])
    answers = ValidationAnswers(
        np.array(correct), np.full(count, (epoch + 1) % 2), np.full(count, 0.75)
    )
    EpochAnswers.objects.create(run=run, epoch=epoch, **answers.pack())


def watching(run: TrainingRun, split: Split = Split.VALIDATION) -> TrainingRun:
    """Return the run, which validates on this split."""
    keep_watched(run, samples_of(run.dataset_version, split), seed=0)
    return run


@pytest.fixture
def run(user):
    """A run on cats and dogs, whose watched images are known."""
    return watching(factories.make_run(user, factories.make_version(user=user, per_class=40)))


def test_before_the_first_epoch_it_says_what_will_come(api, page_client, run):
    url = f"/api/v1/training-runs/{run.pk}/"
    shown = api.get(f"{url}classes/").json()
    assert (shown["epoch"], shown["classes"]) == (None, [])
    assert shown["not_measured"] == "They come with the end of the first epoch."
    shown = api.get(f"{url}sample-predictions/").json()
    assert (shown["epochs"], shown["images"]) == ([], [])
    assert text_of(page_client.get(f"/training/{run.pk}/")).count(shown["not_measured"]) == 2
    assert api.get(f"{url}classes/?epoch=3").status_code == 404
    assert api.get(f"{url}classes/?epochs=3").status_code == 400


def test_accuracy_by_class_is_that_of_the_best_epoch_worst_first(api, page_client, run):
    images = run.dataset_version.sample_counts["validation"]
    tell(run, 1, [images["cat"], 0])
    tell(run, 2, [1, images["dog"]])
    tell(run, 3, [0, 0], val_loss=9.0)
    url = f"/api/v1/training-runs/{run.pk}/classes/"
    assert api.get(url).json() == {
        "epoch": 2,
        "not_measured": None,
        "classes": [
            {"class_name": "cat", "images": images["cat"], "correct": 1,
             "accuracy": 1 / images["cat"]},
            {"class_name": "dog", "images": images["dog"], "correct": images["dog"],
             "accuracy": 1.0},
        ],
    }  # fmt: skip
    assert api.get(f"{url}?epoch=1").json()["classes"][1]["accuracy"] == 0
    part = page_client.get(f"/training/{run.pk}/classes/")
    assert "After epoch 2, the best so far; the line goes from epoch 1 to 3." in text_of(part)
    assert re.findall(r'class="class-name" title="(\w+)"', part.content.decode()) == ["cat", "dog"]
    assert "1 of" in text_of(page_client.get(f"/training/{run.pk}/"))


def test_sample_predictions_show_the_same_images_after_each_epoch(api, page_client, run):
    for epoch in (1, 2):
        tell(run, epoch, [1, 1])
    shown = api.get(f"/api/v1/training-runs/{run.pk}/sample-predictions/").json()
    assert shown["epochs"] == [1, 2]
    known = {str(row.image_id) for row in run.dataset_version.samples.filter(split=1)}
    assert {each["image"] for each in shown["images"]} <= known
    classes = [each["class_name"] for each in shown["images"]]
    assert (classes.count("cat"), len(classes)) == (len(classes) // 2, len(run.watched["images"]))
    for each in shown["images"]:
        assert each["predicted"] == ["cat", "dog"]
        assert each["probability"] == [0.75, 0.75]
    page = page_client.get(f"/training/{run.pk}/")
    for each in shown["images"]:
        assert each["thumbnail_url"] in page.content.decode()
    assert "Epoch 2: dog, 75 %" in page.content.decode()
    part = page_client.get(f"/training/{run.pk}/watched/")
    assert "labelled cat" in text_of(part)
    assert "<section" not in part.content.decode()
    assert "the best so far" in text_of(part)


def test_a_fold_validates_on_images_of_its_own(api, user, run):
    fold = watching(factories.make_run(user, run.dataset_version), Split.TRAIN)
    tell(fold, 1, [3, 0])
    url = f"/api/v1/training-runs/{fold.pk}/"
    classes = api.get(f"{url}classes/").json()["classes"]
    counts = run.dataset_version.sample_counts["train"]
    assert {each["class_name"]: each["images"] for each in classes} == counts
    shown = api.get(f"{url}sample-predictions/").json()["images"]
    learned = {str(row.image_id) for row in run.dataset_version.samples.filter(split=Split.TRAIN)}
    assert len(shown) == 12
    assert {each["image"] for each in shown} <= learned


def test_what_was_not_measured_is_said(api, page_client, user, run):
    tell(run, 1, [1, 1])
    EpochAnswers.objects.all().delete()
    TrainingRun.objects.filter(pk=run.pk).update(metrics={"epochs": 1, "best_epoch": 1})
    Job.objects.filter(pk=run.job_id).update(processor_seconds=None)
    end_job(run.job)
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert page.count("Not measured: the run is from before Loupe kept these answers.") == 2
    assert "Memory Not measured: the run is from before Loupe kept it." in page
    assert "? Processor-hours" in page
    assert "not measured" in page
    assert api.get(f"/api/v1/training-runs/{run.pk}/").json()["processor_seconds"] is None
    failed = factories.make_run(user, run.dataset_version)
    end_job(failed.job)
    shown = api.get(f"/api/v1/training-runs/{failed.pk}/sample-predictions/").json()
    assert shown["not_measured"] == "Not measured: the run ended before its first epoch did."


def test_a_method_without_epochs_has_one_answer(api, page_client, user, run):
    classic = factories.make_run(user, run.dataset_version, preset="random_forest")
    url = f"/api/v1/training-runs/{classic.pk}/"
    waiting = api.get(f"{url}classes/").json()["not_measured"]
    assert waiting == "They come when the method is fitted: it has no epochs."
    tell(watching(classic), 0, [1, 0])
    assert api.get(f"{url}classes/").json()["epoch"] == 0
    assert api.get(f"{url}sample-predictions/").json()["epochs"] == [0]
    page = text_of(page_client.get(f"/training/{classic.pk}/"))
    assert "The method is fitted in one go, so there is one answer to each image." in page
    assert "epoch 0" not in page


def test_many_classes_are_paged_and_found(page_client, user):
    names = [f"kind {number:02d}" for number in range(45)]
    version = factories.make_version(user=user, classes=names, per_class=8)
    assert set(version.sample_counts["validation"].values()) == {1}
    run = watching(factories.make_run(user, version))
    tell(run, 1, [number % 2 for number in range(45)])
    url = f"/training/{run.pk}/classes/"

    def shown(query: str) -> list[str]:
        page = page_client.get(f"{url}?{query}").content.decode()
        return re.findall(r'class="class-name" title="([^"]+)"', page)

    pages = [shown(query) for query in ("", "page=2", "page=3")]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert pages[0] == names[:40:2]
    assert pages[1][:4] == ["kind 40", "kind 42", "kind 44", "kind 01"]
    assert pages[2][-1] == "kind 43"
    assert shown("q=KIND+1") == [*names[10:20:2], *names[11:20:2]]
    assert "No class has “wolf” in its name." in text_of(page_client.get(f"{url}?q=wolf"))
    assert 'id="class-search"' in page_client.get(f"/training/{run.pk}/").content.decode()


def test_what_a_run_used_is_shown_with_it_and_with_its_version(api, page_client, run):
    Job.objects.filter(pk=run.job_id).update(processor_seconds=5400.0, gpu_seconds=1800.0)
    version = factories.make_model_version(run)
    end_job(run.job)
    for url in (f"training-runs/{run.pk}/", f"model-versions/{version.pk}/"):
        body = api.get(f"/api/v1/{url}").json()
        assert (body["processor_seconds"], body["gpu_seconds"]) == (5400, 1800)
    for url in (f"/training/{run.pk}/", f"/model-versions/{version.pk}/"):
        page = text_of(page_client.get(url))
        assert "1.5 processor-hours" in page
        assert "0.5 GPU-hours" in page


@pytest.mark.parametrize(("count", "told"), [(1, 1), (32, 7), (33, 20), (1000, 501), (1000, 1000)])
def test_a_strip_has_the_first_the_last_and_the_told_epoch(count, told):
    shown = shown_epochs(list(range(1, count + 1)), told)
    assert {1, told, count} <= set(shown)
    assert len(shown) <= 32
    assert shown == sorted(set(shown))
