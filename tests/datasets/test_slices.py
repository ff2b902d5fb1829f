"""Which columns of the metadata divide a version into subgroups, and how."""

from importlib import import_module

import pytest
from django.db import connection

from datasets.models import Image, Sample, Split
from datasets.selectors.slices import NO_VALUE, sample_slices, slices_of
from datasets.selectors.versions import samples_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    """Forty cats and forty dogs with metadata of every sort."""
    dataset = factories.make_dataset(user=user)
    images = factories.make_images(dataset, "cat", 40) + factories.make_images(dataset, "dog", 40)
    for number, image in enumerate(images):
        image.metadata = {
            "camera": "old" if number % 4 else "new",
            "site": "north",
            "patient": f"P{number}",
            "age": str(number / 2) if number >= 20 else "",
            "price": f"{number * 1000000}",
            "score": "1" if number < 60 else str(number),
        }
        if number < 3:
            image.metadata["flag"] = "yes"
        if number % 8 == 0:
            del image.metadata["camera"]
    Image.objects.bulk_update(images, ["metadata"])
    return factories.make_version(dataset, user=user)


def test_values_ranges_and_what_is_left_out(version):
    found = {each.column: each for each in slices_of(version)}
    totals = {
        name: {value: sum(counts.values()) for value, counts in each.counts.items()}
        for name, each in found.items()
    }
    assert totals == {
        "camera": {"new": 10, "old": 60, NO_VALUE: 10},
        "site": {},
        "patient": {},
        # Sixty numbers from 10 to 39.5 by halves.
        "age": {"up to 17": 15, "over 17 to 24.5": 15, "over 24.5 to 32": 15, "over 32": 15,
                NO_VALUE: 20},
        "price": {"up to 19000000": 20, "over 19000000 to 39000000": 20,
                  "over 39000000 to 59000000": 20, "over 59000000": 20},
        "score": {},
        "flag": {"yes": 3, NO_VALUE: 77},
    }  # fmt: skip
    assert next(iter(totals["age"])) == "up to 17", "ranges in their order"
    reasons = {name: each.left_out for name, each in found.items()}
    assert reasons["camera"] == reasons["age"] == ""
    assert "same value" in reasons["site"]
    assert reasons["patient"].startswith("It has 80 different values")
    assert reasons["score"].startswith("It has 21 different values"), "three quarters are the same"


def test_every_sample_is_in_the_slice_that_is_counted(version):
    counts = {each.column: each.counts for each in slices_of(version)}
    for split in Split:
        names = sample_slices(version, split)
        assert set(names) == {"camera", "age", "flag", "price"}
        for column, values in names.items():
            for value in counts[column]:
                assert values.count(value) == counts[column][value][split.label]
        contents = [name for name, _ in samples_of(version, split)]
        cameras = dict(Sample.objects.filter(version=version).values_list("sha256", "metadata"))
        assert names["camera"] == [cameras[name].get("camera", NO_VALUE) for name in contents]


def test_they_are_stored_and_those_of_older_versions_worked_out(version):
    stored = slices_of(version)
    assert version.slices is not None
    version.refresh_from_db()
    assert slices_of(version) == stored
    version.slices = None
    assert slices_of(version) == stored


def test_a_value_may_be_called_like_anything(user, page_client):
    dataset = factories.make_dataset(user=user)
    images = [
        *factories.make_images(dataset, "cat", 10), *factories.make_images(dataset, "dog", 10)
    ]  # fmt: skip
    values = ["(no value)", "items", "zebra"]
    for number, image in enumerate(images):
        image.metadata = {"items": values[number % 4]} if number % 4 < 3 else {}
    Image.objects.bulk_update(images, ["metadata"])
    version = factories.make_version(dataset, user=user)
    version.refresh_from_db()
    (found,) = slices_of(version)
    totals = [(name, sum(counts.values())) for name, counts in found.rows]
    assert totals == [("(no value)", 5), ("items", 5), ("zebra", 5), (NO_VALUE, 5)]
    page = page_client.get(f"/datasets/versions/{version.pk}/").content.decode()
    assert '<th scope="row">(no value)</th>' in page
    assert '<th scope="row"><em class="quiet">no value</em></th>' in page


def test_the_slice_without_a_value_is_renamed_in_stored_versions(version):
    migration = import_module("datasets.migrations.0011_slices_without_a_value")
    name = migration.Migration.operations[0]
    expected = slices_of(version)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(name.reverse_sql)
        version.refresh_from_db()
        stored = {row["column"]: row["counts"] for row in version.slices}
        assert stored["flag"].keys() == {"yes", "(no value)"}
        cursor.execute(name.sql)
    version.refresh_from_db()
    assert slices_of(version) == expected


def test_the_api_and_the_page_tell_them(version, api, page_client):
    body = api.get(f"/api/v1/dataset-versions/{version.pk}/").json()
    camera = next(each for each in body["slices"] if each["column"] == "camera")
    assert camera["left_out"] == ""
    assert [each["value"] for each in camera["slices"]] == ["new", "old", NO_VALUE]
    assert sum(camera["slices"][1][split.label] for split in Split) == 60
    page = page_client.get(f"/datasets/versions/{version.pk}/").content.decode()
    assert "Subgroups" in page
    assert "over 17 to 24.5" in page
    assert "Not compared. It has 80 different values; up to 20 are compared." in page


def test_without_metadata_nothing_is_said(user, page_client):
    version = factories.make_version(user=user)
    assert slices_of(version) == []
    assert sample_slices(version, Split.TEST) == {}
    assert "Subgroups" not in page_client.get(f"/datasets/versions/{version.pk}/").content.decode()


@pytest.mark.parametrize(
    "metadata",
    [
        {"\0": "x"},
        {"": "x"},
        {" ": "x"},
        {"k" * 81: "x"},
        {"a": "\0"},
        {f"column {number}": "x" for number in range(51)},
    ],
)
def test_metadata_has_the_bounds_of_a_labels_csv(api, user, metadata):
    image = factories.make_images(factories.make_dataset(user=user), "cat")[0]
    answer = api.patch(f"/api/v1/images/{image.pk}/", {"metadata": metadata})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith("/metadata")


def test_a_pointer_escapes_what_a_name_may_hold(api, user):
    image = factories.make_images(factories.make_dataset(user=user), "cat")[0]
    answer = api.patch(f"/api/v1/images/{image.pk}/", {"metadata": {"a/b~c": "x" * 501}})
    assert answer.json()["errors"][0]["pointer"] == "/metadata/a~1b~0c"
