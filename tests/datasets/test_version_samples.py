"""The page of a version's images."""

import pytest
from django.urls import reverse

from datasets.models import Image
from datasets.services.labelling.annotate import annotate
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.conftest import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    dataset = factories.make_dataset(user=user)
    for name, start in (("cat", 0), ("dog", 100)):
        factories.add_files(dataset, [(f"{n}.png", png(n), name) for n in range(start, start + 80)])
    return freeze(user=user, dataset=dataset, train=0.8, validation=0.1, test=0.1)


def shown(response) -> list[tuple[str, str]]:
    return [(tile.class_name, tile.split) for tile in response.context["tiles"]]


def test_every_sample_is_shown_once_with_its_class_and_split_of_then(user, page_client, version):
    annotate(
        user=user,
        dataset=version.dataset,
        class_names=dict.fromkeys(Image.objects.values_list("pk", flat=True), "bird"),
    )
    address = reverse("datasets:version_samples", args=[version.pk])
    first = page_client.get(address)
    assert len(shown(first)) == 120
    second = page_client.get(first.context["next_url"], headers={"HX-Request": "true"})
    assert len(shown(second)) == 40
    assert second.context["next_url"] == ""
    everything = shown(first) + shown(second)
    assert {pair: everything.count(pair) for pair in everything} == {
        (name, split): count
        for split, counts in version.sample_counts.items()
        for name, count in counts.items()
    }


def test_filters_stack_and_what_they_do_not_know_shows_nothing_false(page_client, version):
    address = reverse("datasets:version_samples", args=[version.pk])
    assert shown(page_client.get(f"{address}?split=test&class_name=dog")) == [("dog", "test")] * 8
    assert shown(page_client.get(f"{address}?class_name=bird")) == []
    assert len(shown(page_client.get(f"{address}?split=%00&after=x"))) == 120
