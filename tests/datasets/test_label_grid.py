"""What the grid shows first, and what its answers do."""

import pytest

from classifier.instant.services.ask import fit_on_vectors
from classifier.instant.work import fit
from datasets.models import Image
from tests import factories
from tests.classifier.instant.made import add_images, run_fit

pytestmark = pytest.mark.django_db(transaction=True)
STARTS = {"cat": 0, "dog": 160, "owl": 240}


@pytest.fixture(autouse=True)
def _no_lingering(monkeypatch):
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    for kind, start in STARTS.items():
        add_images(dataset, kind, 160 if kind == "cat" else 80, labelled=False, start=start)
    fit_on_vectors(user=None, dataset=dataset)
    run_fit(dataset)
    return dataset


def kind_of(image: dict) -> str:
    number = int(image["name"].removeprefix("image-").removesuffix(".png"))
    return max(kind for kind, start in STARTS.items() if start <= number)


def test_groups_that_look_alike_are_named_then_the_surest_are_confirmed(dataset, api):
    url = f"/api/v1/datasets/{dataset.pk}/label-grid/"
    named = set()
    while (screen := api.get(url).json())["kind"] == "look_alikes":
        images = [image for group in screen["groups"] for image in group["images"]]
        (name,) = {kind_of(image) for image in images}
        named.add(name)
        body = {"class_name": name, "images": [image["id"] for image in images]}
        assert api.post(url, {"groups": [body]}, format="json").json()["updated"] == len(images)
        run_fit(dataset)
    assert len(named) >= 2
    assert screen["kind"] in ("one_class", "mixed")
    sizes = [len(group["images"]) for group in screen["groups"]]
    assert (sum(sizes), sizes) == (60, sorted(sizes, reverse=True))
    group = screen["groups"][0]
    chances = [image["suggested_probability"] for image in group["images"]]
    assert chances == sorted(chances, reverse=True)
    assert {image["suggested_class"] for image in group["images"]} == {group["class_name"]}
    skipped = api.get(url, {"skip": 1}).json()["groups"]
    shown = {image["id"] for each in screen["groups"] for image in each["images"]}
    assert not shown & {image["id"] for each in skipped for image in each["images"]}
    few = api.get(url, {"limit": 7}).json()["groups"]
    assert sum(len(each["images"]) for each in few) == 7


def test_what_was_marked_stays_without_a_class_and_undo_takes_all_back(dataset, api):
    url = f"/api/v1/datasets/{dataset.pk}/label-grid/"
    images = api.get(url, {"limit": 5}).json()["groups"][0]["images"]
    ids = [image["id"] for image in images]
    body = {"groups": [{"class_name": "cat", "images": ids[1:], "rejected": ids[:1]}]}
    answer = api.post(url, body, format="json").json()
    assert (answer["updated"], len(answer["edits"])) == (4, 1)
    assert Image.objects.filter(pk__in=ids, class_label__name="cat").count() == 4
    undone = api.post(f"/api/v1/bulk-edits/{answer['edits'][0]}/undo/").json()
    assert undone == {"undone": 4, "left": 0}
    assert not Image.objects.filter(pk__in=ids, class_label__isnull=False).exists()


def test_an_answer_about_images_that_another_has_labelled_changes_nothing(dataset, api):
    from accounts.roles import Role
    from datasets.services.labelling.annotate import annotate

    url = f"/api/v1/datasets/{dataset.pk}/label-grid/"
    screen = api.get(url, {"limit": 3}).json()
    ids = [image["id"] for image in screen["groups"][0]["images"]]
    ann = factories.make_member(dataset.organization, Role.EDITOR)
    first = Image.objects.get(pk=ids[0])
    annotate(user=ann, dataset=dataset, class_names={first.pk: "dog"})
    body = {
        "groups": [
            {"class_name": "owl", "images": ids[2:]},
            {"class_name": "cat", "images": ids[:2]},
        ],
        "seen_at": screen["seen_at"],
    }
    answer = api.post(url, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_meanwhile")
    assert Image.objects.filter(pk__in=ids, class_label__isnull=False).count() == 1


def test_without_vectors_the_newest_are_shown_and_what_is_missing_is_said(user, api):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "", 70)
    url = f"/api/v1/datasets/{dataset.pk}/label-grid/"
    screen = api.get(url).json()
    assert (screen["kind"], screen["remaining"]) == ("unsorted", 70)
    assert [group["class_name"] for group in screen["groups"]] == [None]
    assert len(screen["groups"][0]["images"]) == 60
    assert screen["instant_model"]["status"] == "no_vectors"
    assert len(api.get(url, {"skip": 1}).json()["groups"][0]["images"]) == 10
    assert api.get(url, {"skip": 2}).json()["groups"] == []
    refused = api.post(url, {"groups": [{"class_name": "", "images": []}]}, format="json")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/groups/0/class_name"
