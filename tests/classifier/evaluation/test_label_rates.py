"""Bias in the data, on the version's page and in the API."""

from datasets.models import Image
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.datasets.conftest import png


def test_a_version_says_which_classes_its_subgroups_have(api, page_client, user):
    dataset = factories.make_dataset(user=user)
    images = [
        *factories.make_images(dataset, "cat", 80),
        *factories.make_images(dataset, "dog", 80),
    ]
    for number, image in enumerate(images):
        image.metadata = {"camera": "old" if number % 10 < (8 if number < 80 else 2) else "new"}
    Image.objects.bulk_update(images, ["metadata"])
    version = freeze(user=user, dataset=dataset)
    url = f"/dataset-versions/{version.pk}/label-rates/"
    column, *facts = api.get(f"/api/v1{url}").json()["columns"]
    assert (column["column"], column["is_fact"]) == ("camera", False)
    assert all(each["is_fact"] for each in facts)
    assert "image: format" not in {each["column"] for each in facts}, "all are alike"
    rows = {row["value"]: row for row in column["subgroups"]}
    assert (rows["old"]["images"], rows["new"]["images"]) == (80, 80)
    assert rows["old"]["classes"] == [
        {"class_name": "cat", "count": 64, "share": 0.8, "elsewhere": 0.2, "standing": "more"},
        {"class_name": "dog", "count": 16, "share": 0.2, "elsewhere": 0.8, "standing": "less"},
    ]
    part = " ".join(page_client.get(url).content.decode().split())
    assert "2 of 2 subgroups differ" in part
    assert '<span class="visually-hidden">more than elsewhere:</span> 80.0 %' in part
    page = page_client.get(f"/datasets/versions/{version.pk}/").content.decode()
    assert f'hx-get="{url}"' in page


def test_many_classes_are_told_in_words_and_images_that_are_alike_say_so(page_client, user):
    dataset = factories.make_dataset(user=user)
    images = [
        image for number in range(11) for image in factories.make_images(dataset, f"c{number}", 6)
    ]
    for number, image in enumerate(images):
        image.metadata = {"camera": "old" if number < 33 else "new"}
    Image.objects.bulk_update(images, ["metadata"])
    version = freeze(user=user, dataset=dataset)
    part = page_client.get(f"/dataset-versions/{version.pk}/label-rates/").content.decode()
    assert "more “c0”" in part
    assert "and 5 classes more" in part
    plain = factories.make_dataset(user=user)
    contents = [(f"{n}.png", png(n), "cat" if n % 2 else "dog") for n in range(8)]
    factories.add_files(plain, contents)
    Image.objects.filter(dataset=plain).update(width=12, height=10)
    version = freeze(user=user, dataset=plain)
    part = page_client.get(f"/dataset-versions/{version.pk}/label-rates/").content.decode()
    assert "Nothing divides these images" in part
