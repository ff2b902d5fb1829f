"""Two reports on the same images: by the API and on the page, for those who may see both."""

import re

import numpy as np
import pytest

from classifier.models import EvaluationReport
from datasets.models import Image, Split
from datasets.selectors.versions import samples_of
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.answering import answered

CLASSES = ["cat", "dog", "fox"]


@pytest.fixture
def version(user):
    """A version whose 24 test images are of three classes and two cameras."""
    dataset = factories.make_dataset(user=user)
    for name in CLASSES:
        factories.make_images(dataset, name, 8, split="test")
        for split in ("train", "validation"):
            factories.make_images(dataset, name, 2, split=split, start=100 + len(split))
    images = list(Image.objects.filter(dataset=dataset))
    for number, image in enumerate(images):
        image.metadata = {"camera": "old" if number % 2 else "new"}
    Image.objects.bulk_update(images, ["metadata"])
    return freeze(user=user, dataset=dataset, strategy="folder")


@pytest.fixture
def pair(user, version):
    """Version 2 is right on all foxes but two; version 1 on none of them, and on one cat more."""
    truth = np.array([index for _, index in samples_of(version, Split.TEST)])
    one, two = truth.copy(), truth.copy()
    cats, dogs, foxes = (np.flatnonzero(truth == index) for index in range(3))
    one[foxes] = 0
    two[foxes[:2]] = 0
    two[cats[0]] = 1
    one[dogs[0]], two[dogs[0]] = 0, 2
    first = factories.make_model_version(factories.make_run(user, version))
    second = factories.make_model_version(factories.make_run(user, version), model=first.model)
    return answered(version, second, two, seen=3), answered(version, first, one)


def test_the_api_counts_what_each_gets_right(api, pair):
    this, other = pair
    url = f"/api/v1/evaluations/{this.pk}/comparison/"
    body = api.get(url, {"against": str(other.pk)}).json()
    counts = {name: body[name] for name in ("both", "only_this", "only_other", "neither")}
    assert counts == {"both": 14, "only_this": 6, "only_other": 1, "neither": 3}
    assert (body["images"], body["otherwise"]) == (24, 1)
    assert body["mcnemar"] == {
        "statistic": pytest.approx(16 / 7), "p_value": pytest.approx(2 * 8 / 2**7),
        "method": "exact",
    }  # fmt: skip
    assert body["accuracy"]["value"] == pytest.approx(5 / 24)
    low, high = body["accuracy"]["interval"]
    assert low < 5 / 24 < high
    assert body["sentence"].startswith(
        "Version 2 gets 6 images right that version 1 gets wrong, and 1 the other way."
    )
    assert body["remarks"] == [
        "Version 2 learned from 3 of these images, so it may know them by heart."
    ]
    by_class = {row["class_name"]: row for row in body["per_class"]}
    fox = by_class["fox"]
    assert (fox["both"], fox["only_this"], fox["only_other"], fox["neither"]) == (0, 6, 0, 2)
    assert fox["p_value"] == pytest.approx(2 / 2**6)
    assert fox["corrected_p_value"] == pytest.approx(3 * 2 / 2**6), "three classes"
    assert not fox["more_than_chance"], "though it would be, alone"
    [camera] = [row for row in body["slices"] if row["column"] == "camera"]
    assert sum(row["only_this"] for row in camera["values"]) == 6
    swapped = api.get(
        f"/api/v1/evaluations/{other.pk}/comparison/", {"against": str(this.pk)}
    ).json()
    assert (swapped["only_this"], swapped["only_other"]) == (1, 6)


def test_the_images_of_each_group_are_listed(api, pair):
    this, other = pair
    url = f"/api/v1/evaluations/{this.pk}/comparison/images/"

    def asked(**query):
        return api.get(url, {"against": str(other.pk), **query})

    for which, count in {"only_this": 6, "only_other": 1, "both": 14, "neither": 3}.items():
        body = asked(which=which).json()
        assert (body["count"], len(body["results"])) == (count, count)
        assert (body["next"], body["previous"]) == (None, None)
        right = [(row["this"]["correct"], row["other"]["correct"]) for row in body["results"]]
        assert set(right) == {(which in ("both", "only_this"), which in ("both", "only_other"))}
        for row in body["results"]:
            assert row["this"]["correct"] == (row["this"]["class_name"] == row["class_name"])
    [odd] = asked(which="otherwise").json()["results"]
    assert (odd["class_name"], odd["this"]["class_name"], odd["other"]["class_name"]) == (
        "dog", "fox", "cat",
    )  # fmt: skip
    assert odd["this"]["probability"] == pytest.approx(0.8, abs=0.001)
    assert asked(which="only_this", class_name="cat").json()["count"] == 0
    cameras = [
        asked(which="only_this", column="camera", value=value).json()["count"]
        for value in ("old", "new")
    ]
    assert sum(cameras) == 6
    assert asked(which="only_this", page=2).json()["results"] == []
    for query in ({"which": "new"}, {"class_name": "cow"}, {"column": "camera", "value": "x"}):
        assert asked(**query).status_code == 400


def test_pages_of_images_follow_each_other(api, pair):
    this, other = pair
    url = f"/api/v1/evaluations/{this.pk}/comparison/images/?against={other.pk}&which=both"
    url += "&page_size=6"
    seen, pages = [], 0
    while url:
        body = api.get(url).json()
        seen += [row["image"] for row in body["results"]]
        url, pages = body["next"], pages + 1
    assert (pages, len(seen), len(set(seen)), body["count"]) == (3, 14, 14, 14)
    assert "page=" not in api.get(body["previous"]).json()["previous"]


def test_what_cannot_be_compared_is_refused(api, client, user, pair, version):
    this, other = pair
    url = f"/api/v1/evaluations/{this.pk}/comparison/"
    model_version = other.model_version
    others = factories.make_report(model_version, right=4, images=24, digest="others")
    answer = api.get(url, {"against": str(others.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "other_images")
    kept_none = factories.make_report(model_version, right=4, images=24, digest="")
    answer = api.get(url, {"against": str(kept_none.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_answers")
    assert api.get(url).status_code == 400
    foreign = factories.make_report(factories.make_model_version(factories.make_run()), right=4)
    for path in (url, f"{url}images/"):
        assert api.get(path, {"against": str(foreign.pk)}).status_code == 400
    page = f"/evaluations/{this.pk}/comparison/"
    client.force_login(user)
    assert client.get(page, {"against": str(foreign.pk)}).status_code == 404
    assert client.post(page, {"version": str(foreign.model_version_id)}).status_code == 404


def links(page: str) -> list[str]:
    return re.findall(r'href="(\?against=[^"]+)"', page.replace("&amp;", "&"))


def test_the_page_has_counts_pictures_and_an_address_for_each(page_client, pair):
    this, other = pair
    url = f"/evaluations/{this.pk}/comparison/"
    page = page_client.get(url, {"against": str(other.pk)}).content.decode()
    assert "Version 2 gets 6 images right that version 1 gets wrong" in page
    assert page.count("/thumbnail/") == 6, "the first group that has images"
    addresses = links(page)
    for which, count in {"both": 14, "only_other": 1, "neither": 3, "otherwise": 1}.items():
        [address] = {each for each in addresses if f"which={which}#" in each}
        shown = page_client.get(url + address.partition("#")[0]).content.decode()
        assert shown.count("/thumbnail/") == count
    [fox] = {each for each in addresses if "class_name=fox" in each and "only_this" in each}
    shown = page_client.get(url + fox.partition("#")[0]).content.decode()
    assert shown.count("/thumbnail/") == 6
    assert "Class fox" in shown
    [heat] = {each for each in addresses if "heat=other" in each}
    warm = page_client.get(url + heat.partition("#")[0]).content.decode()
    assert warm.count("data-heat-map") == 6
    assert f"model_version={other.model_version_id}&amp;class_name=cat" in warm
    for odd in ("which=new", "heat=both", "group=both", "page=x"):
        assert page_client.get(f"{url}?against={other.pk}&{odd}").status_code == 400
    empty = page_client.get(f"{url}?against={other.pk}&which=only_this&class_name=dog")
    assert "No image is in this group." in empty.content.decode()


def test_another_version_is_chosen_or_measured_first(page_client, user, pair, version):
    this, other = pair
    third = factories.make_model_version(
        factories.make_run(user, version), model=this.model_version.model
    )
    elsewhere = factories.make_version(user=user, classes=("up", "down"))
    factories.make_model_version(factories.make_run(user, elsewhere))
    url = f"/evaluations/{this.pk}/comparison/"
    page = page_client.get(url).content.decode()
    assert f"?against={other.pk}" in page
    assert "Has other classes" in page
    assert re.findall(r'name="version" value="([^"]+)"', page) == [str(third.pk)]
    started = page_client.post(url, {"version": str(third.pk)})
    made = EvaluationReport.objects.get(model_version=third)
    assert started["Location"] == f"{url}?against={made.pk}"
    assert (made.dataset_version, made.split, made.job.kind) == (version, Split.TEST, "evaluate")
    waiting = page_client.get(started["Location"]).content.decode()
    assert "The comparison stands here when the evaluation has ended." in waiting
    again = page_client.get(url).content.decode()
    assert 'name="version"' not in again, "it is under way"
    assert page_client.post(url, {"version": str(third.pk)})["Location"] == started["Location"]
    assert "No model matches" in page_client.get(url, {"q": "zebra"}).content.decode()


def test_no_one_starts_an_evaluation_of_another_tenants_model(page_client, user, pair):
    this, _ = pair
    foreign = factories.make_model_version(factories.make_run())
    page = page_client.get(f"/evaluations/{this.pk}/comparison/").content.decode()
    assert str(foreign.pk) not in page
    answer = page_client.post(f"/evaluations/{this.pk}/comparison/", {"version": str(foreign.pk)})
    assert answer.status_code == 404
