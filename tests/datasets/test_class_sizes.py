"""What a class lacks to be divided is said truly, of every class at once, with where to mend it."""

import uuid
from dataclasses import replace

import pytest

from datasets.errors import CannotFreeze
from datasets.services.versions.freeze import freeze
from datasets.splitting.grouped import grouped
from datasets.splitting.splits import (
    Fractions,
    Labelled,
    by_folders,
    stratified,
)
from tests import factories
from tests.datasets.conftest import png

SHARES = Fractions(0.8, 0.1, 0.1)


def images(class_name: str, count: int, folder: str = "", start: int = 0) -> list[Labelled]:
    return [
        Labelled(uuid.uuid4(), f"{class_name}{n:060}", class_name, folder)
        for n in range(start, start + count)
    ]


def under(class_name: str, others: list[Labelled]) -> list[Labelled]:
    """The same contents under another class."""
    return [replace(image, id=uuid.uuid4(), class_name=class_name) for image in others]


def refusal(divide, *arguments) -> CannotFreeze:
    with pytest.raises(CannotFreeze) as caught:
        divide(*arguments)
    assert caught.value.code == "class_too_small"
    return caught.value


def grouped_by_content(found: list[Labelled]) -> list[Labelled]:
    groups = {image.sha256: uuid.uuid4() for image in found}
    return [replace(image, group=groups[image.sha256]) for image in found]


def test_pictures_that_also_stand_under_another_class_are_counted_and_said_so():
    found = images("a", 3)
    found += under("b", found) + images("c", 5)
    refused = refusal(stratified, found, SHARES, 0)
    assert refused.detail == (
        "Each class needs at least 3 different images, one for each of train, validation and test; "
        "“a” has 3, but all of them stand under “b” too and "
        "“b” has 3, but all of them stand under “a” too."
    )
    assert "Quality tab" in refused.hint
    assert "“Under more than one class”" in refused.hint
    refused = refusal(grouped, grouped_by_content(found), SHARES, 0)
    assert "“b” has 3 different pictures among 3 images, but all of them stand" in refused.detail
    refused = refusal(by_folders, found + images("c", 3, "test", 50), 0)
    assert refused.detail.startswith("Each class needs images that stand under no other class; “a”")


def test_some_shared_pictures_do_not_stop_a_class_with_enough_of_its_own():
    found = images("a", 9) + images("b", 3)
    found += under("b", found[:1])
    splits = stratified(found, SHARES, 0)
    assert {splits[image.id].label for image in found if image.class_name == "b"} == {
        "train", "validation", "test",
    }  # fmt: skip
    short = images("a", 9) + images("b", 2)
    short += under("b", short[:1])
    assert (
        "“b” has 3, but 1 of them stands under “a” too."
        in refusal(stratified, short, SHARES, 0).detail
    )


@pytest.mark.parametrize("strategy", [stratified, grouped])
def test_all_classes_that_are_too_small_are_named_up_to_ten(strategy):
    found = images("cat", 5)
    for number in range(24):
        found += images(f"rare{number:02}", 1 + number % 2)
    detail = refusal(strategy, grouped_by_content(found), SHARES, 0).detail
    assert [f"“rare{number:02}”" in detail for number in range(24)] == [True] * 10 + [False] * 14
    assert detail.endswith(" and 14 more classes.")


def test_all_classes_that_earlier_versions_tested_on_are_named():
    found = images("a", 4) + images("b", 4) + images("c", 4)
    kept = {image.sha256 for image in [*found[:3], *found[4:7]]}
    detail = refusal(stratified, found, SHARES, 0, kept).detail
    assert detail.endswith("left are 1 of the 4 of “a” and 1 of the 4 of “b”.")
    assert refusal(grouped, grouped_by_content(found), SHARES, 0, kept).detail == detail


def test_the_folder_that_lacks_something_is_named_and_hinted_at():
    found = [
        image
        for name in "abcd"
        for folder, start in (("train", 0), ("validation", 10), ("test", 20))
        if (name, folder) not in {("c", "validation"), ("d", "validation"), ("b", "train")}
        for image in images(name, 3, folder, start)
    ]
    refused = refusal(by_folders, found, 0)
    assert refused.detail == (
        "Each class needs images to train on and to validate with; "
        "train has nothing of “b” and validation has nothing of “c” and “d”."
    )
    assert "to the train folder" in refused.hint
    assert "to the validation folder" in refused.hint


def test_where_validation_is_taken_from_train_the_hint_speaks_of_train():
    found = images("a", 5, "train") + images("b", 1, "train")
    found += images("a", 2, "test", 10) + images("b", 2, "test", 10)
    refused = refusal(by_folders, found, 0)
    assert "validation has nothing of “b”" in refused.detail
    assert "to the train folder" in refused.hint
    assert "validation folder" not in refused.hint


@pytest.mark.django_db
def test_the_dataset_and_the_refusal_count_alike(api, user):
    dataset = factories.make_dataset(user=user)
    pictures = [(f"{n}.png", png(n)) for n in range(3)]
    for name in "ab":
        factories.add_files(dataset, [(file, content, name) for file, content in pictures])
    url = f"/api/v1/datasets/{dataset.pk}/"
    counts = {row["name"]: row["image_count"] for row in api.get(url).json()["classes"]}
    assert counts == {"a": 3, "b": 3}
    answer = api.post(f"{url}versions/", {"split": {"strategy": "stratified"}}, format="json")
    assert answer.status_code == 422
    assert "“b” has 3, but all of them stand under “a” too" in answer.json()["detail"]
    with pytest.raises(CannotFreeze, match="“a” has 3, but all"):
        freeze(user=user, dataset=dataset)
