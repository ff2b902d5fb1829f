"""The gallery and the API by how sure a suggestion is."""

import uuid
from itertools import chain

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasets.models import Image, InstantModel
from datasets.selectors.gallery import Filters, gallery_page, neighbours
from datasets.services.labelling.classes import ensure_classes
from tests import factories

pytestmark = pytest.mark.django_db


def store(dataset, label, images, probability) -> None:
    """Suggest one class for these images, with these probabilities."""
    pairs = sorted(zip([each.pk for each in images], probability, strict=True))
    n = len(pairs)
    row = {
        "class_ids": [label.pk],
        "image_ids": b"".join(image_id.bytes for image_id, _ in pairs),
        "class_index": np.zeros(n, "<u2").tobytes(),
        "probability": np.array([value for _, value in pairs], "<f2").tobytes(),
        "fitted_at": timezone.now(),
        **{name: np.ones(n, "<f2").tobytes() for name in ("margin", "closeness")},
        "group": np.zeros(n, "<u2").tobytes(),
    }
    InstantModel.objects.update_or_create(dataset=dataset, defaults=row)


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    label = ensure_classes(dataset=dataset, names=["cat"])["cat"]
    factories.make_images(dataset, "cat", 3)
    free = factories.make_images(dataset, "", 9, start=3)
    # Equal certainties fall on both sides of a page; the last two images have no suggestion.
    store(dataset, label, free[:7], [0.5, 0.5, 0.5, 0.25, 0.75, 1, 1])
    return dataset


def walked(api, address: str, link: str) -> list[list[str]]:
    pages = []
    while address:
        page = api.get(address).json()
        pages.append([each["name"] for each in page["results"]])
        last, address = page, page[link]
    return [pages, last]


@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_of_any_size_hold_every_image_once_in_order_both_ways(dataset, api, sign):
    start = f"/api/v1/datasets/{dataset.pk}/images/?ordering={sign}suggested_probability"
    (whole,), _ = walked(api, f"{start}&page_size=500", "next")
    assert len(set(whole)) == 12
    found = {each["name"]: each for each in api.get(start).json()["results"]}
    sure = [found[name]["suggested_probability"] for name in whole]
    assert sure[:7] == sorted(sure[:7], reverse=bool(sign))
    assert sure[7:] == [None] * 5
    made = [found[name]["created_at"] for name in whole[7:]]
    assert made == sorted(made, reverse=True)
    for size in (1, 2, 3, 5, 7, 11):
        pages, last = walked(api, f"{start}&page_size={size}", "next")
        assert list(chain(*pages)) == whole
        if last["previous"]:
            back, _ = walked(api, last["previous"], "previous")
            assert list(chain(*back[::-1])) + pages[-1] == whole
    wrong = api.get(f"{start}&cursor=cD0x")
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown_cursor")
    assert api.get(start.replace("suggested_prob", "prob")).status_code == 400


def test_what_is_labelled_since_the_fit_and_filters_leave_the_order_as_it_is(dataset, api):
    start = f"/api/v1/datasets/{dataset.pk}/images/?ordering=-suggested_probability"
    surest = Image.objects.get(dataset=dataset, name=api.get(start).json()["results"][0]["name"])
    surest.class_label = dataset.classes.get()
    surest.save()
    names = [each["name"] for each in api.get(start).json()["results"]]
    assert len(set(names)) == 12
    assert names.index(surest.name) >= 6
    answer = api.get(f"{start}&annotated=false&q=image-1").json()["results"]
    assert {each["name"] for each in answer} == {"image-10.png", "image-11.png"}


def test_the_gallery_and_the_images_beside_one_go_the_same_way(dataset):
    filters = Filters.from_query({"ordering": "suggested_probability"})
    images = gallery_page(dataset, filters).images
    assert images[0].name == "image-6.png"
    ids = [None, *(each.pk for each in images), None]
    for number, image in enumerate(images, start=1):
        assert neighbours(image, filters) == (ids[number - 1], ids[number + 1])


def test_a_page_of_many_asks_few_questions(dataset):
    template = Image.objects.filter(dataset=dataset, class_label=None).first()
    many = []
    for number in range(3_000):
        image = Image(**{f.attname: getattr(template, f.attname) for f in Image._meta.fields})
        image.pk, image.name, image.sha256 = uuid.uuid4(), f"m{number}.png", f"{number:064x}"
        many.append(image)
    Image.objects.bulk_create(many)
    random = np.random.default_rng(0)
    store(dataset, dataset.classes.get(), many, random.random(len(many)))
    for query in ({}, {"q": "m29"}, {"q": "no such"}, {"class_name": "cat"}):
        filters = Filters.from_query({"ordering": "suggested_probability", **query})
        with CaptureQueriesContext(connection) as asked:
            gallery_page(dataset, filters)
        assert len(asked) <= 8, query
