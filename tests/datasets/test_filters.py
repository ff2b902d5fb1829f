"""Filters of images, in the gallery and in the API: what they keep, together, at what cost."""

import re

import pytest

from accounts.roles import Role
from datasets.models import Image
from datasets.selectors.filter_menu import metadata_columns
from datasets.selectors.gallery import Filters
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.bulk_edit import bulk_edit
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
    "class_name=-": [],
    "annotated=false": ["image-0", "image-1"],
    "annotated=true&split=test": ["dog-0"],
    "excluded=1": ["cat-1"],
    "trash=1": ["dog-1"],
    "labelled_by=ann": ["cat-0"],
    "labelled_by=-": [],
    "came_with_class=true": ["cat-1", "cat-2", "dog-0"],
    "came_with_class=false": ["cat-0", "image-0", "image-1"],
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
        rows = api.get(f"{url}?{asked}").data["results"]
        assert sorted(row["name"][:-4] for row in rows) == names, query
    row = api.get(f"{url}?labelled_by=ann").data["results"][0]
    assert row["labelled_by"] == "ann"
    assert row["labelled_at"]
    columns = "&".join(f"metadata.c{n}=x" for n in range(6))
    for bad in ("trash=perhaps", "metadata=site", "metadata", "metadata.=s0", "site=s0", columns):
        assert api.get(f"{url}?{bad}").status_code == 400, bad


def test_a_class_is_found_by_its_whole_name_in_any_case(api, dataset):
    url = f"/api/v1/datasets/{dataset.pk}/classes/"
    for asked, names in {"CAT": ["cat"], "cat": ["cat"], "ca": [], "bird": []}.items():
        rows = api.get(url, {"name": asked}).json()["results"]
        assert [row["name"] for row in rows] == names, asked
    assert api.get(url, {"q": "cat"}).status_code == 400


def test_the_menu_offers_what_there_is(page_client, dataset, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
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
    with django_assert_max_num_queries(14):
        page_client.get(f"/datasets/{dataset.pk}/?{query}")


def test_of_many_that_match_the_page_counts_up_to_a_bound(page_client, dataset, monkeypatch):
    monkeypatch.setattr("datasets.selectors.gallery.PAGE_SIZE", 2)
    monkeypatch.setattr("datasets.views.gallery.MOST_COUNTED", 3)
    html = page_client.get(f"/datasets/{dataset.pk}/?q=png").content.decode()
    assert '<span class="quiet tabular" id="match-count">More than 3 images</span>' in html
    assert "Select all, more than 3, that match" in html
    assert 'data-total="3" data-total-is-more' in html


def test_columns_are_those_of_the_newest_images(page_client, dataset, monkeypatch):
    for module in ("selectors.filter_menu", "views.gallery"):
        monkeypatch.setattr(f"datasets.{module}.NEWEST", 1)
    html = page_client.get(f"/datasets/{dataset.pk}/filters/").content.decode()
    assert "Columns of metadata and their numbers are those of the 1 newest images." in html
    [newest] = metadata_columns(dataset)[0].values
    assert newest[1] == 1
    # The newest have none: those before them are not looked for, and the page says so still.
    factories.make_images(dataset, "cat", 1, start=900)
    assert metadata_columns(dataset) == []
    html = page_client.get(f"/datasets/{dataset.pk}/filters/").content.decode()
    assert "are those of the 1 newest images." in html


def test_the_image_before_and_after_keep_the_filters(page_client, dataset):
    image = Image.objects.get(name="image-1.png")
    html = page_client.get(f"/datasets/images/{image.pk}/?annotated=false").content.decode()
    older = Image.objects.get(name="image-0.png")
    assert f"/datasets/images/{older.pk}/?annotated=false" in html
    assert html.count('aria-disabled="true"') == 1


@pytest.mark.parametrize("name", ["annotated", "excluded", "trash"])
def test_neither_true_nor_false_is_refused(api, dataset, name):
    url = f"/api/v1/datasets/{dataset.pk}/images/"
    answer = api.get(url, {name: "perhaps"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{name}"
    for value in ("true", "True", "1", "false", "False", "0"):
        assert api.get(url, {name: value}).status_code == 200


@pytest.mark.parametrize("query", ["class_name=", "trash=", "q=%20", "metadata.site="])
def test_a_filter_without_a_value_is_refused(api, dataset, query):
    answer = api.get(f"/api/v1/datasets/{dataset.pk}/images/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "empty_parameter")


def test_no_name_that_people_choose_has_a_meaning_of_its_own(api, page_client, user):
    """A class and a person called "-": once the words for no class and for no person."""
    dataset = factories.make_dataset(user=user)
    named = factories.make_images(dataset, "-", 1)[0]
    factories.make_images(dataset, "", 1, start=1)
    came = factories.make_images(dataset, "cat", 1)[0]
    user.username = "-"
    user.save()
    annotate(user=user, dataset=dataset, class_names={named.pk: "dog"})
    annotate(user=user, dataset=dataset, class_names={named.pk: "-"})
    url = f"/api/v1/datasets/{dataset.pk}/images/"

    def found(query: str) -> set[str]:
        rows = {row["id"] for row in api.get(f"{url}?{query}").data["results"]}
        page = page_client.get(f"/datasets/{dataset.pk}/?{query}").content.decode()
        assert rows == set(re.findall(r'data-id="([\w-]+)"', page))
        return rows

    assert found("class_name=-") == found("labelled_by=-") == {str(named.pk)}
    assert found("came_with_class=true") == {str(came.pk)}
    body = {"action": "trash", "filter": {"class_name": "-"}}
    assert api.post(f"{url}bulk/", body).data["changed"] == 1
    assert set(Image.objects.alive().values_list("class_label__name", flat=True)) == {"cat", None}


def test_one_filter_takes_the_place_of_what_it_denies():
    assert (
        Filters(class_name="cat", split="test").query(annotated="false")
        == "?split=test&annotated=false"
    )
    assert Filters(annotated=False).query(class_name="cat") == "?class_name=cat"
    assert Filters(labelled_by="ann").query(came_with_class="true") == "?came_with_class=true"
    assert Filters(class_name="cat").query(annotated="") == "?class_name=cat"


def test_columns_may_be_called_like_what_templates_call(page_client, user):
    dataset = factories.make_dataset(user=user)
    image = factories.make_images(dataset, "cat", 1)[0]
    image.metadata = {"items": "five", "values": "six"}
    image.save()
    html = page_client.get(f"/datasets/images/{image.pk}/").content.decode()
    assert "<dt>items</dt><dd>five</dd>" in html
