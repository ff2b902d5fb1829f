"""Pages of batch predictions: from the form to the answers."""

import pytest
from django.urls import reverse

from classifier.batches.services.start_batch import start_on_archive
from classifier.models import BatchPrediction
from classifier.registry.selectors.models import version_to_serve
from tests import factories
from tests.classifier.conftest import BLUE, RED
from tests.datasets.conftest import zipped


@pytest.fixture
def version(user, make_model_version):
    return make_model_version(user)


def start(page_client, model_version, **fields):
    fields = {"model": model_version.model_id, "source": "dataset", **fields}
    return page_client.post(reverse("classifier:batch_list"), fields)


def test_from_a_gallery_to_a_batch(page_client, user, version):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, [("red.png", RED, ""), ("blue.png", BLUE, "blue")])
    new = reverse("classifier:batch_new")
    asked = {"dataset": dataset.pk, "annotated": "false", "q": "e", "issue": "blank"}
    page = page_client.get(new, asked)
    shown = page.content.decode()
    assert "Only images that have “e” in their name and have the finding “Blank images”." in shown
    assert page.context["form"]["unlabelled"].value() is True
    assert page_client.get(new, {"colour": "red"}).status_code == 400
    refused = start(
        page_client, version, dataset=dataset.pk, filter="class_name=blue", unlabelled="on"
    )
    assert "all have a class" in refused.content.decode()
    answer = start(page_client, version, dataset=dataset.pk, filter="q=e", unlabelled="on")
    batch = BatchPrediction.objects.get()
    assert answer.url == reverse("classifier:batch", args=[batch.pk])
    assert batch.image_count == 1
    assert batch.source_name in page_client.get(answer.url).content.decode()
    assert batch.source_name in page_client.get(reverse("classifier:batch_list")).content.decode()


def test_selected_images_alone(page_client, user, version):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, [("red.png", RED, ""), ("blue.png", BLUE, "")])
    chosen = str(dataset.images.get(name="red.png").pk)
    new = reverse("classifier:batch_new")
    shown = page_client.post(new, {"dataset": dataset.pk, "images": chosen}).content.decode()
    assert "Only the 1 image that you have selected" in shown
    start(page_client, version, dataset=dataset.pk, images=chosen)
    assert BatchPrediction.objects.get().image_count == 1
    refused = start(page_client, version, dataset=dataset.pk, images="mine")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source": "archive"}, "images come from elsewhere"),
        ({"source": "dataset", "filter": "class_name=none"}, "there is nothing to ask about"),
        ({"source": "dataset", "version": "9"}, "has no version 9"),
    ],
)
def test_faults_are_said_on_the_form(page_client, user, version, fields, words):
    dataset = factories.make_dataset(user=user)
    factories.add_files(dataset, [("red.png", RED, "")])
    answer = start(page_client, version, dataset=dataset.pk, **fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_page_of_a_zip(page_client, user, version):
    batch = start_on_archive(
        user=user,
        version=version_to_serve(user, version.model_id),
        archive=[zipped({"red.png": RED, "notes.txt": b"no"})],
        archive_name="holiday.zip",
    )
    url = reverse("classifier:batch", args=[batch.pk])
    shown = page_client.get(url).content.decode()
    assert "not_an_image" in shown
    assert "Delete for ever" not in shown, "it is under way"
    assert page_client.get(url, {"decision": "maybe"}).status_code == 400
    assert page_client.get(url, {"below": "half"}).status_code == 400
    gone = page_client.post(reverse("classifier:batch_delete", args=[batch.pk]), follow=True)
    assert "is under way" in gone.content.decode()


def test_a_list_without_batches(page_client):
    assert (
        "No batch predictions yet"
        in page_client.get(reverse("classifier:batch_list")).content.decode()
    )
