"""A run's page and its pictures: how it stopped, what the network sees."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from classifier.models import TrainingRun
from classifier.training.services.run_samples import store_run_samples
from tests import factories
from tests.classifier.trained import end_job

pytestmark = pytest.mark.django_db
OLD = {"val_loss": 0.3, "val_accuracy": 0.9, "best_epoch": 27, "epochs": 37, "seconds": 9.0}
STOPPED = {
    "reason": "early_stopping",
    "stage": "training",
    "epoch": 37,
    "planned_epochs": 150,
    "patience": 10,
}


def ended_run(user, metrics: dict, preset: str = "cnn_tiny", **config) -> TrainingRun:
    run = factories.make_run(user, preset=preset, config=config)
    TrainingRun.objects.filter(pk=run.pk).update(metrics=metrics)
    for number in range(1, metrics["epochs"] + 1):
        run.epochs.create(
            epoch=number, loss=1, accuracy=0.5, val_loss=abs(number - 27) + 0.3,
            val_accuracy=0.9, learning_rate=0.1, seconds=1,
        )  # fmt: skip
    end_job(run.job)
    return run


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


@pytest.mark.parametrize("metrics", [OLD, {**OLD, "stopped": STOPPED}])
def test_an_early_stop_is_said_for_new_runs_and_for_old_ones(page_client, api, user, metrics):
    run = ended_run(user, metrics, epochs=150, early_stopping_patience=10)
    answer = page_client.get(f"/training/{run.pk}/")
    assert (
        "Stopped early, after epoch 37 of 150, because validation loss had not improved for "
        "10 epochs. Epoch 27 is kept: it has the lowest." in text_of(answer)
    )
    # The curves end where the run did, and know which epoch is kept.
    assert '"best_epoch": 27, "total_epochs": 150, "ended": true' in answer.content.decode()
    assert api.get(f"/api/v1/training-runs/{run.pk}/").json()["metrics"]["stopped"] == STOPPED


def test_a_stage_that_ended_early_is_named_where_others_follow(page_client, user):
    config = {"epochs": 20, "fine_tune_epochs": 10, "all_epochs": 20}
    for stage, words in (
        ("head", "The new last layer was trained for fewer epochs than planned because"),
        ("fine_tune", "The last blocks were trained for fewer epochs than planned because"),
        ("fine_tune_all", "Stopped early, after epoch 37 of 50, because"),
        ("self_training", "The second fit took fewer epochs than planned because"),
    ):
        stopped = {**STOPPED, "stage": stage, "planned_epochs": 50}
        metrics = {**OLD, "stopped": stopped, "synthetic": {"cat": 1200, "dog": 3}}
        run = ended_run(user, metrics, "efficientnet_lite0", **config)
        page = text_of(page_client.get(f"/training/{run.pk}/"))
        assert words in page
        assert "Synthetic examples1,200 of cat, 3 of dog" in page
        assert run.planned_epochs == 50


def test_a_second_fit_that_nothing_joined_was_not_due(page_client, api, user):
    told = {"asked": 5, "temperature": 1.0, "kept": False, "taken": {}}
    falls = {**OLD, "epochs": 27, "accuracy": 0.9, "loss": 0.4, "self_training": told}
    run = ended_run(user, falls)
    for taken, planned, says in (({}, 27, True), ({"cat": 5}, 54, False)):
        told["taken"] = taken
        config = {**run.config, "epochs": 27, "self_training": 0.9}
        metrics = {
            **falls,
            "stopped": {**STOPPED, "reason": "completed", "planned_epochs": planned},
        }
        TrainingRun.objects.filter(pk=run.pk).update(config=config, metrics=metrics)
        assert TrainingRun.objects.get(pk=run.pk).planned_epochs == planned
        page = page_client.get(f"/training/{run.pk}/").content.decode()
        assert f'"total_epochs": {planned}, "ended": true' in page
        verdict = api.get(f"/api/v1/training-runs/{run.pk}/").json()["verdict"]
        assert ("It was still improving at its last epoch" in verdict) == says


def test_a_run_whose_loss_became_no_number_says_so_and_what_is_kept(page_client, user):
    detail = "The training diverged: after epoch 38 its loss is no longer a number."
    stopped = {**STOPPED, "reason": "diverged", "detail": detail}
    run = ended_run(user, {**OLD, "stopped": stopped})
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert f"{detail} Epoch 27 is kept; choose a smaller learning rate." in page


def test_a_run_says_in_which_precision_it_was_trained(page_client, user):
    run = ended_run(user, {**OLD, "precision": "bfloat16"}, precision="auto")
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert "bfloat16 the faster one, as measured on its worker; the saved model is float32" in page
    run = ended_run(user, {**OLD, "precision": "float32"}, precision="float32")
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert "Precisionfloat32" in page
    assert "as measured on its worker" not in page


def test_a_run_that_was_not_stopped_says_which_epoch_is_kept(page_client, user):
    run = ended_run(user, {**OLD, "epochs": 30}, epochs=30, early_stopping_patience=10)
    page = text_of(page_client.get(f"/training/{run.pk}/"))
    assert "All 30 epochs ran. Epoch 27 is kept: it has the lowest validation loss." in page


def test_a_run_that_has_not_ended_says_nothing_of_its_end(page_client, api, user):
    run = factories.make_run(user)
    assert "is kept" not in text_of(page_client.get(f"/training/{run.pk}/"))
    assert api.get(f"/api/v1/training-runs/{run.pk}/").json()["metrics"] == {}
    shown = api.get(f"/api/v1/training-runs/{run.pk}/samples/").json()
    assert shown == {"augmentation": None, "image_size": None, "fit": None, "images": []}


def test_the_pictures_are_shown_and_served(page_client, api, user):
    run = factories.make_run(user)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    pictures = [(pixels, 0), (pixels, 1)]
    store_run_samples(run=run, augmentation="shift", image_size=32, fit="pad", pictures=pictures)
    page = page_client.get(f"/training/{run.pk}/")
    assert "Some training images after augmentation (shift), at 32 × 32 pixels." in text_of(page)
    assert "Grey bars make images square." in text_of(page)
    shown = api.get(f"/api/v1/training-runs/{run.pk}/samples/").json()
    assert [each["class_name"] for each in shown["images"]] == ["cat", "dog"]
    assert all(each["url"] in page.content.decode() for each in shown["images"])
    answer = page_client.get(shown["images"][0]["url"], headers={"Accept": "image/*"})
    assert answer["Content-Type"] == "image/webp"
    # Whole pixels are repeated, so that a small image is no blur.
    assert Image.open(io.BytesIO(answer.content)).size == (192, 192)
    assert api.get(f"/api/v1/training-runs/{run.pk}/samples/2/").status_code == 404


def test_without_augmentation_the_page_says_so(page_client, user):
    run = factories.make_run(user)
    pictures = [(np.zeros((32, 32, 3), np.uint8), 0)]
    store_run_samples(run=run, augmentation="none", image_size=32, fit="stretch", pictures=pictures)
    assert "Augmentation is off" in text_of(page_client.get(f"/training/{run.pk}/"))
