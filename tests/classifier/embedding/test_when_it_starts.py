"""When images are embedded without being asked: large ones at once, small ones when looked at."""

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from datasets.models import Image
from datasets.selectors.small_images import SMALL_SIDE
from datasets.services.listeners import images_added
from datasets.services.vectors.embedding import embed_for_viewer, start_embedding
from jobs.models import BY_ITSELF, Job, Status
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(settings, user):
    """A dataset that has got images of some pixels, on an installation as most are."""
    settings.EMBED_UNASKED = True
    dataset = factories.make_dataset(user.personal_organization, user)
    factories.make_images(dataset, "cat", 3)
    images_added.announce(user=user, dataset=dataset)
    return dataset


def jobs():
    return Job.objects.filter(kind="embed_images").order_by("created_at")


@pytest.mark.parametrize("page", ["map", "look-alikes"])
def test_small_images_wait_until_a_person_looks(small, page_client, page):
    assert not jobs().exists()
    image = Image.objects.filter(dataset=small).first()
    address = {
        "map": reverse("datasets:map", args=[small.pk]),
        "look-alikes": reverse("datasets:neighbours", args=[image.pk]),
    }[page]
    for _ in range(2):
        assert page_client.get(address).status_code == 200
    assert [job.priority for job in jobs()] == [0]


def test_large_ones_are_embedded_in_the_background_until_a_person_looks(small, user, page_client):
    Image.objects.filter(pk=Image.objects.first().pk).update(height=SMALL_SIDE + 1)
    images_added.announce(user=user, dataset=small)
    assert [job.priority for job in jobs()] == [BY_ITSELF]
    page_client.get(f"/datasets/{small.pk}/map/")
    assert [job.priority for job in jobs()] == [0]


@pytest.mark.parametrize("end", [Status.SUCCEEDED, Status.FAILED])
def test_looking_again_starts_nothing_that_has_been_tried(small, user, end):
    embed_for_viewer(small)
    Job.objects.update(status=Status.QUEUED)
    Job.objects.update(status=Status.RUNNING, fence=1)
    Job.objects.update(status=end, ended_at=Now())
    embed_for_viewer(small)
    assert jobs().count() == 1
    factories.make_images(small, "dog", 1)
    Image.objects.filter(class_label__name="dog").update(created_at=Now())
    embed_for_viewer(small)
    assert jobs().count() == (2 if end == Status.SUCCEEDED else 1)


def test_an_installation_may_leave_it_to_people(small, user, settings):
    settings.EMBED_UNASKED = False
    Image.objects.filter(pk=Image.objects.first().pk).update(height=SMALL_SIDE + 1)
    images_added.announce(user=user, dataset=small)
    embed_for_viewer(small)
    assert not jobs().exists()
    start_embedding(user=user, dataset=small)
    assert jobs().count() == 1


def test_nothing_starts_in_the_trash(small):
    type(small).objects.update(deleted_at=Now())
    embed_for_viewer(small)
    assert not jobs().exists()
