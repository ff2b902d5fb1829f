"""Cards of datasets: pictures of several classes, and few queries."""

import pytest
from django.test.utils import CaptureQueriesContext

from datasets.models import Image
from datasets.selectors.cards import cards_of
from tests import factories

pytestmark = pytest.mark.django_db


def covers_by_class(dataset) -> list[str]:
    [card] = cards_of([dataset])
    names = dict(Image.objects.values_list("pk", "class_label__name"))
    return [names[each] for each in card.covers]


def test_the_pictures_come_from_every_class_in_turn():
    dataset = factories.make_dataset()
    # The newest are all of one class, as after an import.
    for name, count in (("ant", 1), ("bee", 2), ("cat", 9)):
        factories.make_images(dataset, name, count)
    assert covers_by_class(dataset) == ["ant", "bee", "cat", "bee", "cat", "cat", "cat", "cat"]


def test_trash_and_empty_classes_have_no_picture_and_unlabelled_images_stand_in():
    dataset = factories.make_dataset()
    [gone] = factories.make_images(dataset, "ant")
    Image.objects.filter(pk=gone.pk).update(deleted_at=gone.created_at)
    assert covers_by_class(dataset) == []
    factories.make_images(dataset, count=3)
    assert covers_by_class(dataset) == [None] * 3


def test_the_queries_do_not_grow_with_the_datasets(connection_queries):
    datasets = []
    for _ in range(4):
        datasets.append(factories.make_dataset())
        factories.make_images(datasets[-1], "ant", 2)
    factories.make_images(datasets[0], "bee", 2)
    empty = factories.make_dataset()
    assert connection_queries(lambda: cards_of(datasets[:1])) == 3
    assert connection_queries(lambda: cards_of([*datasets, empty])) == 3


@pytest.fixture
def connection_queries():
    from django.db import connection

    def count(work) -> int:
        with CaptureQueriesContext(connection) as queries:
            work()
        return len(queries)

    return count
