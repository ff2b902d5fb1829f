"""A later version keeps in test whatever an earlier one tested on."""

import pytest

from datasets.errors import CannotFreeze
from datasets.models import DatasetVersion, Image, Split
from datasets.selectors.versions import sample_rows
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.pictures import files

pytestmark = pytest.mark.django_db
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture
def person():
    return factories.make_user()


@pytest.fixture
def dataset(person):
    dataset = factories.make_dataset(user=person)
    factories.add_files(dataset, files("cat", 0, 20, 5) + files("dog", 100, 20, 5))
    return dataset


def in_test(version: DatasetVersion) -> set[str]:
    samples = sample_rows(version).filter(split=Split.TEST)
    return set(samples.values_list("sha256", flat=True))


@pytest.mark.parametrize("strategy", ["stratified", "grouped"])
def test_earlier_test_images_stay_in_test_and_new_ones_fill_the_share(dataset, person, strategy):
    first = freeze(user=person, dataset=dataset, strategy=strategy, seed=1, **SHARES)
    factories.add_files(dataset, files("cat", 200, 20, 5) + files("dog", 300, 20, 5))
    second = freeze(user=person, dataset=dataset, strategy=strategy, seed=2, **SHARES)
    assert second.keep_test
    assert in_test(first) < in_test(second)
    assert second.sample_counts == {
        "train": {"cat": 48, "dog": 48},
        "validation": {"cat": 16, "dog": 16},
        "test": {"cat": 16, "dog": 16},
    }
    again = freeze(
        user=person, dataset=dataset, strategy=strategy, seed=2, keep_test=False, **SHARES
    )
    assert not again.keep_test
    assert not in_test(first) <= in_test(again)


@pytest.mark.parametrize("strategy", ["stratified", "grouped"])
def test_more_kept_than_the_share_leaves_the_rest_in_proportion(dataset, person, strategy):
    first = freeze(
        user=person,
        dataset=dataset,
        strategy=strategy,
        train=0.4,
        validation=0.1,
        test=0.5,
    )
    second = freeze(user=person, dataset=dataset, strategy=strategy, **SHARES)
    assert in_test(second) == in_test(first)
    assert second.sample_counts["test"] == first.sample_counts["test"]
    # Train and validation share what is left three to one.
    assert second.sample_counts["train"] == {"cat": 15, "dog": 15}
    assert second.sample_counts["validation"] == {"cat": 5, "dog": 5}


def test_a_content_that_comes_again_as_another_image_stays_in_test(dataset, person):
    first = freeze(user=person, dataset=dataset, seed=1)
    Image.objects.filter(dataset=dataset).update(deleted_at=dataset.created_at)
    factories.add_files(dataset, files("cat", 0, 20, 5) + files("dog", 100, 20, 5))
    assert in_test(freeze(user=person, dataset=dataset, seed=9)) == in_test(first)


def test_the_digest_does_not_tell_how_the_split_came_about(dataset, person):
    first = freeze(user=person, dataset=dataset, seed=1)
    again = freeze(user=person, dataset=dataset, seed=1, keep_test=False)
    kept = freeze(user=person, dataset=dataset, seed=1)
    assert first.digest == again.digest == kept.digest


@pytest.mark.parametrize("strategy", ["stratified", "grouped"])
def test_a_class_that_was_all_tested_on_is_named(person, strategy):
    dataset = factories.make_dataset(user=person)
    factories.add_files(dataset, files("cat", 0, 12, 0) + files("owl", 50, 4, 0))
    shares = {"train": 0.2, "validation": 0.2, "test": 0.6}
    first = freeze(user=person, dataset=dataset, strategy=strategy, **shares)
    owls = Image.objects.filter(dataset=dataset, class_label__name="owl")
    owls.exclude(sha256__in=in_test(first)).update(excluded_at=dataset.created_at)
    factories.add_files(dataset, files("owl", 80, 1, 0))
    with pytest.raises(CannotFreeze) as caught:
        freeze(user=person, dataset=dataset, strategy=strategy, **shares)
    assert "“owl”" in caught.value.detail
    assert caught.value.code == "class_too_small"
