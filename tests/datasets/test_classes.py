import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Count

from common.errors import Conflict, Invalid, NotFound
from datasets.models import Annotation, ClassLabel, Image
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.classes import create_class, rename_class
from datasets.services.labelling.remove_class import delete_class, merge_class
from datasets.services.versions.freeze import freeze
from tests import factories


def together(*calls: Callable[[], ClassLabel]) -> list[str]:
    """Make the calls at the same moment, each on a connection of its own."""
    start = Barrier(len(calls))

    def run(call: Callable[[], ClassLabel]) -> str:
        try:
            start.wait(10)
            return call().name
        except Conflict:
            return "conflict"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return sorted(threads.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_of_parallel_calls_for_one_name_one_wins_and_the_others_are_told():
    user = factories.make_user()
    dataset = factories.make_dataset(user=user)

    def create() -> ClassLabel:
        return create_class(user=user, dataset=dataset, name="cat")

    assert together(*[create] * 4) == ["cat", "conflict", "conflict", "conflict"]
    ids = [create_class(user=user, dataset=dataset, name=name).pk for name in "abc"]

    def rename(label_id) -> Callable[[], ClassLabel]:
        label = ClassLabel.objects.get(pk=label_id)
        return lambda: rename_class(user=user, label=label, name="dog")

    assert together(*map(rename, ids)) == ["conflict", "conflict", "dog"]


@pytest.mark.django_db
def test_a_class_that_somebody_has_removed_meanwhile_is_not_found(user):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "cat", 2)
    factories.make_images(dataset, "dog", 2)
    cat, dog = ClassLabel.objects.filter(dataset=dataset)
    late_cat, late_dog = ClassLabel.objects.filter(dataset=dataset)
    merge_class(user=user, label=cat, into=dog)
    with pytest.raises(NotFound, match="cat has been merged or deleted"):
        merge_class(user=user, label=late_dog, into=late_cat)
    with pytest.raises(NotFound):
        rename_class(user=user, label=late_cat, name="lion")
    with pytest.raises(NotFound):
        delete_class(user=user, label=late_cat)
    assert Image.objects.filter(class_label=dog).count() == 4


@pytest.mark.django_db
def test_a_class_too_many_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr("datasets.services.labelling.classes.MAX_CLASSES", 1)
    user = factories.make_user()
    dataset = factories.make_dataset(user=user)
    create_class(user=user, dataset=dataset, name="cat")
    with pytest.raises(Invalid, match="may have 1 classes; this one has 1"):
        create_class(user=user, dataset=dataset, name="dog")


@pytest.mark.django_db
def test_deleting_a_class_is_previewed_keeps_versions_and_is_undone(api, page_client, user):
    dataset = factories.make_dataset(user=user)
    cats = factories.make_images(dataset, "cat", 5)
    factories.make_images(dataset, "dog", 5)
    version = freeze(user=user, dataset=dataset)
    cat = dataset.classes.get(name="cat")
    page_client.post(f"/datasets/images/{cats[0].pk}/trash/", {"action": "trash"})
    url = f"/api/v1/classes/{cat.pk}/"
    preview = api.get(url).data
    assert preview == {
        "id": str(cat.pk), "name": "cat", "image_count": 4, "trashed_count": 1, "versions": [1],
        "description": "", "link": "",
    }  # fmt: skip
    html = page_client.get(f"/datasets/classes/{cat.pk}/").content.decode()
    assert "4 images will no longer be labelled" in html
    assert "Version 1 and what was trained on it keeps the class" in " ".join(html.split())
    answer = api.delete(url)
    assert (answer.status_code, answer.data["unlabelled"]) == (200, 5)
    assert Image.objects.filter(dataset=dataset, class_label=None).count() == 5
    assert Annotation.objects.filter(previous_class_name="cat", class_name="").count() == 5
    version.refresh_from_db()
    assert version.class_names == ["cat", "dog"]
    undone = api.post(f"/api/v1/bulk-edits/{answer.data['edit']}/undo/")
    assert undone.data == {"undone": 5, "left": 0}
    back = ClassLabel.objects.get(dataset=dataset, name="cat")
    assert (back.pk, back.position, back.images.count()) == (cat.pk, cat.position, 5)


@pytest.mark.django_db
def test_a_merge_is_undone_from_its_message_for_all_that_nobody_changed(page_client, user):
    dataset = factories.make_dataset(user=user)
    kittens = factories.make_images(dataset, "kitten", 3)
    factories.make_images(dataset, "cat", 2)
    kitten, cat = (dataset.classes.get(name=name) for name in ("kitten", "cat"))
    page_client.post(f"/datasets/classes/{kitten.pk}/merge/", {"into": cat.pk})
    html = page_client.get(f"/datasets/{dataset.pk}/classes/").content.decode()
    assert "3 images moved from kitten to cat." in html
    undo = re.search(r'action="(/datasets/edits/[^"]+)"', html)[1]
    annotate(user=user, dataset=dataset, class_names={kittens[0].pk: "dog"})
    referrer = f"http://testserver/datasets/{dataset.pk}/classes/"
    answer = page_client.post(undo, headers={"Referer": referrer})
    assert answer.headers["Location"] == f"/datasets/{dataset.pk}/classes/"
    html = page_client.get(answer.headers["Location"]).content.decode()
    assert "Undone, except 1 of 3 images, changed by someone since." in html
    names = ClassLabel.objects.filter(dataset=dataset).annotate(n=Count("images"))
    assert sorted(names.values_list("name", "n")) == [("cat", 2), ("dog", 1), ("kitten", 2)]
    elsewhere = page_client.post(undo, headers={"Referer": "https://evil.example/x"})
    assert elsewhere.status_code == 409


@pytest.mark.django_db
def test_a_renaming_is_undone_from_its_message_unless_somebody_renamed_since(page_client, user):
    dataset = factories.make_dataset(user=user)
    label = create_class(user=user, dataset=dataset, name="cat & dog")
    classes = f"/datasets/{dataset.pk}/classes/"

    def undo_of(name: str) -> str:
        page_client.post(f"/datasets/classes/{label.pk}/rename/", {"name": name})
        html = page_client.get(classes).content.decode()
        assert f"is called {name} now." in html
        return unescape(re.search(r'action="([^"]+/rename/[^"]+)"', html)[1])

    undo = undo_of("pet")
    assert page_client.post(undo).headers["Location"] == classes
    assert "Undone: it is called cat &amp; dog again." in page_client.get(classes).content.decode()
    assert dataset.classes.get().name == "cat & dog"
    undo = undo_of("pet")
    rename_class(user=user, label=dataset.classes.get(), name="animal")
    page_client.post(undo)
    assert "Not undone: it is called animal by now." in page_client.get(classes).content.decode()
    assert dataset.classes.get().name == "animal"
