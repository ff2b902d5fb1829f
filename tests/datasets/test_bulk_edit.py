"""Many images changed at once: by ids, by filter, undone, and two people at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from common.errors import Conflict
from datasets.models import Annotation, BulkEdit, ClassLabel, Image
from datasets.selectors.gallery import Filters
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.labelling.undo_edit import undo_edit
from tests import factories

API = "/api/v1/"


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user, name="Pets")
    factories.make_images(dataset, "cat", 4, "train")
    factories.make_images(dataset, "dog", 3, "test")
    factories.make_images(dataset, "", 2)
    return dataset


@pytest.fixture
def colleague(dataset):
    return factories.make_member(dataset.organization, Role.EDITOR)


def classes(dataset) -> dict[str, int]:
    names = Image.objects.filter(dataset=dataset).values_list("class_label__name", flat=True)
    return {name or "": list(names).count(name) for name in set(names)}


def ids(dataset, **lookups):
    return list(Image.objects.filter(dataset=dataset, **lookups).values_list("pk", flat=True))


@pytest.mark.django_db
def test_a_filter_means_what_matches_when_the_call_arrives(api, dataset, user):
    url = f"{API}datasets/{dataset.pk}/images/bulk/"
    factories.make_images(dataset, "dog", 1, "test", start=50)
    body = {"action": "relabel", "filter": {"split": "test"}, "class_name": "puppy"}
    answer = api.post(url, body)
    assert answer.status_code == 200, answer.data
    assert (answer.data["matched"], answer.data["changed"]) == (4, 4)
    assert classes(dataset) == {"cat": 4, "puppy": 4, "": 2}
    notes = Annotation.objects.filter(image__dataset=dataset)
    assert set(notes.values_list("previous_class_name", "class_name", "created_by")) == {
        ("dog", "puppy", user.pk)
    }
    assert notes.count() == 4
    assert AuditEntry.objects.get(action="image.bulk_relabel").detail["images"] == 4
    again = api.post(url, body).data
    assert (again["matched"], again["changed"], again["edit"]) == (4, 0, None)


@pytest.mark.django_db
def test_what_is_not_understood_changes_nothing(api, dataset):
    url = f"{API}datasets/{dataset.pk}/images/bulk/"
    foreign = factories.make_images(factories.make_dataset(), "cat", 1)[0]
    image = str(ids(dataset)[0])
    for body, pointer in (
        ({"action": "trash", "filter": {"split": "holdout"}}, "/filter/split"),
        ({"action": "trash", "filter": {"owner": "me"}}, "/filter/owner"),
        ({"action": "trash", "filter": {"class_name": ""}}, "/filter/class_name"),
        ({"action": "trash", "filter": {"excluded": "false"}}, "/filter/excluded"),
        ({"action": "trash", "filter": {"annotated": "maybe"}}, "/filter/annotated"),
        ({"action": "trash", "filter": {"metadata.site": ""}}, "/filter/metadata.site"),
        ({"action": "trash"}, "/images"),
        ({"action": "trash", "images": [image], "filter": {}}, "/images"),
        ({"action": "trash", "images": [image, str(foreign.pk)]}, "/images/1"),
        ({"action": "trash", "images": [image], "class_name": "x"}, "/class_name"),
        ({"action": "trash", "images": [image], "seen_at": "2026-01-01T00:00:00Z"}, "/seen_at"),
        ({"action": "relabel", "images": [image], "class_name": "a\tb"}, "/class_name"),
        # Forgotten or blank is not empty: every image would lose its class.
        ({"action": "relabel", "filter": {}}, "/class_name"),
        ({"action": "relabel", "filter": {}, "class_name": " "}, "/class_name"),
        ({"action": "burn", "images": [image]}, "/action"),
    ):
        answer = api.post(url, body)
        assert answer.status_code == 400, body
        assert answer.data["errors"][0]["pointer"] == pointer, answer.data
    assert Image.objects.alive().filter(dataset=dataset).count() == 9
    assert not BulkEdit.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "column"), [("exclude", "excluded_at"), ("trash", "deleted_at")]
)
def test_leaving_out_and_trashing_are_undone_where_nobody_changed_it_since(
    dataset, user, action, column, django_assert_max_num_queries
):
    back = {"exclude": "include", "trash": "restore"}[action]
    with django_assert_max_num_queries(14):
        bulk = bulk_edit(
            user=user, dataset=dataset, action=action, selection=Filters(split="train")
        )
    assert Image.objects.filter(**{f"{column}__isnull": False}).count() == bulk.changed == 4
    one = ids(dataset, split="train")[:1]
    assert bulk_edit(user=user, dataset=dataset, action=back, selection=one).changed == 1
    assert vars(undo_edit(user=user, edit=bulk.edit)) == {"undone": 3, "left": 1}
    assert not Image.objects.filter(**{f"{column}__isnull": False}).exists()
    with pytest.raises(Conflict):
        undo_edit(user=user, edit=bulk.edit)


@pytest.mark.django_db
def test_undoing_a_restore_keeps_how_long_images_have_been_in_the_trash(dataset, user):
    since = timezone.now() - timedelta(days=20)
    Image.objects.filter(split="test").update(deleted_at=since)
    bulk = bulk_edit(user=user, dataset=dataset, action="restore", selection=Filters(trash=True))
    assert bulk.changed == 3
    undo_edit(user=user, edit=bulk.edit)
    assert set(ids(dataset, deleted_at=since)) == set(ids(dataset, split="test"))


@pytest.mark.django_db
def test_undoing_a_relabelling_gives_back_class_and_person(api, dataset, user, colleague):
    first, second = ids(dataset, class_label__name="cat")[:2]
    annotate(user=colleague, dataset=dataset, class_names={first: "lynx"})
    bulk = bulk_edit(
        user=user, dataset=dataset, action="relabel", selection=Filters(), class_name="animal"
    )
    assert classes(dataset) == {"animal": 9}
    annotate(user=colleague, dataset=dataset, class_names={second: "puma"})
    answer = api.post(f"{API}bulk-edits/{bulk.edit.pk}/undo/")
    assert answer.data == {"undone": 8, "left": 1}
    assert classes(dataset) == {"cat": 2, "lynx": 1, "puma": 1, "dog": 3, "": 2}
    assert Image.objects.get(pk=first).labelled_by == colleague
    assert ids(dataset, labelled_by=user) == []
    last = Annotation.objects.filter(image=first).latest("created_at")
    assert (last.previous_class_name, last.class_name, last.created_by) == ("animal", "lynx", user)


@pytest.mark.django_db
def test_what_somebody_labelled_since_one_looked_is_not_overwritten(api, dataset, colleague):
    looked = timezone.now()
    cats = ids(dataset, class_label__name="cat")
    annotate(user=colleague, dataset=dataset, class_names={cats[0]: "lynx"})
    body = {"action": "relabel", "images": cats, "class_name": "pet", "seen_at": looked}
    url = f"{API}datasets/{dataset.pk}/images/bulk/"
    answer = api.post(url, body)
    assert (answer.status_code, answer.data["code"]) == (409, "changed_meanwhile")
    assert colleague.username in answer.data["detail"]
    assert [error["pointer"] for error in answer.data["errors"]] == [f"/images/{cats[0]}"]
    assert classes(dataset)["cat"] == 3
    insisted = api.post(url, {**body, "seen_at": None}).data
    assert insisted["changed"] == 4
    # What one has undone oneself is no news; what another person has undone is.
    api.post(f"{API}bulk-edits/{insisted['edit']}/undo/")
    again = api.post(url, body).data
    assert again["changed"] == 4
    undo_edit(user=colleague, edit=BulkEdit.objects.get(pk=again["edit"]))
    answer = api.post(url, body)
    assert (answer.status_code, len(answer.data["errors"])) == (409, 4)
    assert answer.data["detail"].startswith(f"{colleague.username} labelled 4 of these")


@pytest.mark.django_db
def test_annotations_with_what_one_saw_conflict_as_a_whole(api, dataset, colleague):
    first, second = ids(dataset, class_label__name="cat")[:2]
    annotate(user=colleague, dataset=dataset, class_names={second: "lynx"})
    url = f"{API}datasets/{dataset.pk}/annotations/"
    notes = [
        {"image": str(image), "class_name": "pet", "expected_class_name": "cat"}
        for image in (first, second)
    ]
    answer = api.post(url, {"annotations": notes})
    assert (answer.status_code, answer.data["code"]) == (409, "changed_meanwhile")
    assert [error["pointer"] for error in answer.data["errors"]] == ["/annotations/1"]
    assert str(second) in answer.data["errors"][0]["detail"]
    assert colleague.username in answer.data["errors"][0]["detail"]
    assert not ClassLabel.objects.filter(name="pet").exists()
    notes[1]["expected_class_name"] = "lynx"
    assert api.post(url, {"annotations": notes}).data == {"updated": 2}


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_label_one_image_at_once_the_second_is_told(dataset, user, colleague):
    image = ids(dataset, class_label=None)[0]
    start = Barrier(2)

    def label(person, name) -> str:
        try:
            start.wait(10)
            annotate(user=person, dataset=dataset, class_names={image: name}, expected={image: ""})
            return name
        except Conflict as conflict:
            return conflict.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(label, (user, colleague), ("cat", "dog")))
    assert said.count("changed_meanwhile") == 1
    winner = next(name for name in said if name != "changed_meanwhile")
    assert Image.objects.get(pk=image).class_label.name == winner
    assert Annotation.objects.filter(image=image).count() == 1
