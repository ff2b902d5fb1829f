from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from common.errors import Conflict, Invalid
from datasets.models import ClassLabel
from datasets.services.classes import create_class, rename_class
from tests import factories


def together(*calls: Callable[[], ClassLabel]) -> list[str]:
    """Make the calls at the same moment, each on a connection of its own."""
    start = Barrier(len(calls))

    def run(call: Callable[[], ClassLabel]) -> str:
        try:
            start.wait(10)
            return call().name
        except Conflict:
            return "conflict"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return sorted(threads.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_of_parallel_calls_for_one_name_one_wins_and_the_others_are_told():
    user = factories.make_user()
    dataset = factories.make_dataset(user=user)

    def create() -> ClassLabel:
        return create_class(user=user, dataset=dataset, name="cat")

    assert together(*[create] * 4) == ["cat", "conflict", "conflict", "conflict"]
    ids = [create_class(user=user, dataset=dataset, name=name).pk for name in "abc"]

    def rename(label_id) -> Callable[[], ClassLabel]:
        label = ClassLabel.objects.get(pk=label_id)
        return lambda: rename_class(user=user, label=label, name="dog")

    assert together(*map(rename, ids)) == ["conflict", "conflict", "dog"]


@pytest.mark.django_db
def test_a_class_too_many_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr("datasets.services.classes.MAX_CLASSES", 1)
    user = factories.make_user()
    dataset = factories.make_dataset(user=user)
    create_class(user=user, dataset=dataset, name="cat")
    with pytest.raises(Invalid, match="may have 1 classes; this one has 1"):
        create_class(user=user, dataset=dataset, name="dog")
