"""Filters of images, in the gallery and in the API: what they keep, together, at what cost."""

import re

import pytest

from accounts.roles import Role
from datasets.models import Image
from datasets.services.annotate import annotate
from datasets.services.bulk_edit import bulk_edit
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user, name="Pets")
    factories.make_images(dataset, "cat", 3, "train")
    factories.make_images(dataset, "dog", 2, "test")
    factories.make_images(dataset, "", 2)
    for image in Image.objects.filter(dataset=dataset):
        number = image.name.split("-")[1][0]
        image.metadata = {
            "site": f"s{number}",
            "per.iod: x": "day & night" if number < "1" else "b",
        }
        image.save()
    ann = factories.make_member(dataset.organization, Role.EDITOR)
    ann.username = "ann"
    ann.save()
    ids = Image.objects.in_bulk(field_name="id")
    named = {image.name: image.pk for image in ids.values()}
    annotate(user=ann, dataset=dataset, class_names={named["cat-0.png"]: "dog"})
    bulk_edit(user=user, dataset=dataset, action="exclude", selection=[named["cat-1.png"]])
    bulk_edit(user=user, dataset=dataset, action="trash", selection=[named["dog-1.png"]])
    return dataset


GALLERY = {
    "class_name=dog": ["cat-0", "dog-0"],
    "class_name=-": ["image-0", "image-1"],
    "excluded=1": ["cat-1"],
    "trash=1": ["dog-1"],
    "labelled_by=ann": ["cat-0"],
    "labelled_by=-": ["cat-1", "cat-2", "dog-0"],
    "labelled_by=nobody-of-that-name": [],
    "metadata.site=s0": ["cat-0", "dog-0", "image-0"],
    "metadata.per.iod: x=day %26 night": ["cat-0", "dog-0", "image-0"],
    "metadata.site=s0&split=train&q=CAT&labelled_by=ann&class_name=dog": ["cat-0"],
    "metadata.site=s0&metadata.per.iod: x=b": [],
}


@pytest.mark.parametrize("query", GALLERY)
def test_the_gallery_shows_what_matches_all_filters(page_client, dataset, query):
    html = page_client.get(f"/datasets/{dataset.pk}/?{query}").content.decode()
    names = re.findall(r'data-tile-class.*?</li>|alt="([\w-]+)\.png', html)
    assert sorted(name for name in names if name) == GALLERY[query]
    assert html.count('aria-label="Take the filter') == query.count("&") + 1


def test_the_api_lists_the_same(api, dataset):
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    for query, names in GALLERY.items():
        asked = query.replace("excluded=1", "excluded=true").replace("trash=1", "trash=true")
        asked = asked.replace("class_name=-", "annotated=false")
        rows = api.get(f"{url}?{asked}").data["results"]
        assert sorted(row["name"][:-4] for row in rows) == names, query
    row = api.get(f"{url}?labelled_by=ann").data["results"][0]
    assert row["labelled_by"] == "ann"
    assert row["labelled_at"]
    columns = "&".join(f"metadata.c{n}=x" for n in range(6))
    for bad in ("trash=perhaps", "metadata=site", "metadata", "site=s0", columns):
        assert api.get(f"{url}?{bad}").status_code == 400, bad


def test_the_menu_offers_what_there_is(page_client, dataset, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        html = page_client.get(f"/datasets/{dataset.pk}/filters/?split=train").content.decode()
    for link in (
        "?split=train&amp;labelled_by=ann",
        "?split=train&amp;metadata.site=s0",
        "?split=train&amp;metadata.per.iod%3A+x=day+%26+night",
        "?split=train&amp;trash=1",
    ):
        assert link in html, link
    assert f'href="/datasets/{dataset.pk}/"' in html, "an active filter's link takes it away"


@pytest.mark.parametrize("query", ["", *GALLERY])
def test_every_filter_asks_a_bounded_number_of_questions(
    page_client, dataset, query, django_assert_max_num_queries, monkeypatch
):
    monkeypatch.setattr("datasets.selectors.gallery.PAGE_SIZE", 2)
    with django_assert_max_num_queries(13):
        page_client.get(f"/datasets/{dataset.pk}/?{query}")


def test_the_image_before_and_after_keep_the_filters(page_client, dataset):
    image = Image.objects.get(name="image-1.png")
    html = page_client.get(f"/datasets/images/{image.pk}/?class_name=-").content.decode()
    older = Image.objects.get(name="image-0.png")
    assert f"/datasets/images/{older.pk}/?class_name=-" in html
    assert html.count('aria-disabled="true"') == 1


@pytest.mark.parametrize("name", ["annotated", "excluded", "trash"])
def test_neither_true_nor_false_is_refused(api, dataset, name):
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    answer = api.get(url, {name: "perhaps"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"
    for value in ("true", "True", "1", "false", "False", "0", ""):
        assert api.get(url, {name: value}).status_code == 200
