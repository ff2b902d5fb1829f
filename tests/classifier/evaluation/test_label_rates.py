"""Bias in the data, on the version's page and in the API."""

from datasets.models import Image
from datasets.services.versions.freeze import freeze
from tests import factories


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
    (column,) = api.get(f"/api/v1{url}").json()["columns"]
    assert column["column"] == "camera"
    rows = {row["value"]: row for row in column["subgroups"]}
    assert (rows["old"]["images"], rows["new"]["images"]) == (80, 80)
    assert rows["old"]["classes"] == [
        {"class_name": "cat", "count": 64, "share": 0.8, "standing": "more"},
        {"class_name": "dog", "count": 16, "share": 0.2, "standing": "less"},
    ]
    part = " ".join(page_client.get(url).content.decode().split())
    assert "<strong>camera old</strong> has more of “cat”, less of “dog” than the others." in part
    page = page_client.get(f"/datasets/versions/{version.pk}/").content.decode()
    assert f'hx-get="{url}"' in page
