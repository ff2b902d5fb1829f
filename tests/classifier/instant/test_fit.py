"""Fits by themselves: what starts them, what they learn from, what they suggest."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from classifier.instant.services.ask import fit_on_vectors, fit_what_is_due
from classifier.instant.work import fit
from datasets.models import Image, InstantModel
from datasets.services.edit_dataset import edit_dataset
from datasets.services.labelling.annotate import annotate
from datasets.services.labelling.confirm_groups import Confirmed, confirm_groups
from datasets.services.labelling.undo_edit import undo_edit
from datasets.services.versions.freeze import freeze
from jobs.models import Job
from tests import factories
from tests.classifier.instant.made import add_images, row, run_fit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_lingering(monkeypatch):
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user)
    add_images(dataset, "cat", 30, labelled=False)
    add_images(dataset, "dog", 30, labelled=False, start=30)
    fit_on_vectors(user=None, dataset=dataset)
    run_fit(dataset)
    return dataset


def name_of(number: int) -> str:
    return "cat" if number < 30 else "dog"


def label(dataset, numbers) -> None:
    images = {f"image-{number}.png": number for number in numbers}
    wanted = {
        image.pk: name_of(images[image.name])
        for image in Image.objects.filter(dataset=dataset, name__in=images)
    }
    annotate(user=dataset.created_by, dataset=dataset, class_names=wanted)


def test_labels_start_one_fit_whose_suggestions_stand_at_the_images(dataset, api):
    url = f"/api/v1/datasets/{dataset.pk}/"
    state = api.get(f"{url}instant-model/").json()
    assert (state["status"], state["updated_at"]) == ("needs_labels", None)
    assert state["detail"].startswith("Label 6 more images")
    label(dataset, [0, 1, 2, 3])
    label(dataset, [30, 31, 32, 33])
    assert Job.objects.filter(kind="fit_instant").exclude(status="succeeded").count() == 1
    job = run_fit(dataset)
    assert (job.status, job.result["fits"]) == ("succeeded", 1)
    state = api.get(f"{url}instant-model/").json()
    assert (state["status"], state["method"]) == ("ready", "prototypes")
    assert (state["labelled"], state["learned_from"], state["accuracy"]) == (8, 8, 1.0)
    assert state["interval"][0] < 0.8
    shown = api.get(f"{url}images/", {"page_size": 100}).json()["results"]
    for each in shown:
        number = int(each["name"].removeprefix("image-").removesuffix(".png"))
        if each["class_name"] is None:
            assert each["suggested_class"] == name_of(number)
            assert 0.5 < each["suggested_probability"] <= 1
        else:
            assert (each["suggested_class"], each["suggested_probability"]) == (None, None)
    dogs = api.get(f"{url}images/", {"suggested_class": "dog", "page_size": 100}).json()["results"]
    assert len(dogs) == 26
    label(dataset, range(20))
    run_fit(dataset)
    assert row(dataset).method == "logistic_regression"
    assert len(row(dataset).image_ids) == 16 * (60 - 24)


def test_what_a_version_tests_on_teaches_nothing(dataset, user):
    label(dataset, range(60))
    run_fit(dataset)
    assert (row(dataset).learned_from, row(dataset).held_out) == (60, 0)
    version = freeze(user=user, dataset=dataset)
    assert row(dataset).wanted == row(dataset).seen + 1
    run_fit(dataset)
    tested = sum(version.sample_counts["test"].values())
    assert (row(dataset).held_out, row(dataset).learned_from) == (tested, 60 - tested)


def test_an_archives_test_folder_and_what_is_left_out_teach_nothing(dataset):
    add_images(dataset, "cat", 5, labelled=True, split="test")
    label(dataset, range(25, 40))
    Image.objects.filter(dataset=dataset, name="image-25.png").update(excluded_at=timezone.now())
    run_fit(dataset)
    found = row(dataset)
    assert (found.labelled, found.held_out, found.learned_from) == (20, 5, 14)


def test_without_vectors_nothing_starts(user):
    dataset = factories.make_dataset(user=user)
    factories.make_images(dataset, "", 3)
    image = Image.objects.filter(dataset=dataset).first()
    annotate(user=user, dataset=dataset, class_names={image.pk: "owl"})
    assert not Job.objects.filter(kind="fit_instant").exists()
    assert not InstantModel.objects.exists()


def test_a_label_during_a_fit_is_seen_before_its_end(dataset, monkeypatch):
    label(dataset, range(25, 35))
    measured = fit._Fits.measure

    def label_then_measure(work, fitted):
        if (row(dataset).vectors_at, row(dataset).wanted) == work._mark and work._fits == 1:
            label(dataset, [36])
        measured(work, fitted)

    monkeypatch.setattr(fit._Fits, "measure", label_then_measure)
    job = run_fit(dataset)
    assert (job.status, job.result["fits"]) == ("succeeded", 2)
    assert (row(dataset).labelled, row(dataset).seen) == (11, row(dataset).wanted)
    assert Job.objects.filter(kind="fit_instant").exclude(status="succeeded").count() == 0


def test_what_a_person_rejects_is_suggested_as_something_else_until_that_is_undone(dataset, api):
    label(dataset, range(25, 35))
    run_fit(dataset)
    image = Image.objects.get(dataset=dataset, name="image-0.png")
    url = f"/api/v1/images/{image.pk}/"
    assert api.get(url).json()["suggested_class"] == "cat"
    (edit,) = confirm_groups(
        user=dataset.created_by, dataset=dataset, groups=[Confirmed("cat", [], [image.pk])]
    )
    assert api.get(url).json()["suggested_class"] is None
    run_fit(dataset)
    assert api.get(url).json()["suggested_class"] == "dog"
    undo_edit(user=dataset.created_by, edit=edit)
    run_fit(dataset)
    assert api.get(url).json()["suggested_class"] == "cat"


def test_a_fit_that_nothing_started_is_started_by_the_chore(dataset):
    InstantModel.objects.filter(dataset=dataset).update(wanted=9)
    fit_what_is_due()
    assert not Job.objects.filter(kind="fit_instant", status="queued").exists()
    Job.objects.all().delete()
    fit_what_is_due()
    run_fit(dataset)
    assert row(dataset).seen == 9


def test_a_dataset_is_without_an_instant_model_until_it_is_switched_on_again(dataset, api):
    url = f"/api/v1/datasets/{dataset.pk}/"
    image = Image.objects.get(dataset=dataset, name="image-0.png")
    label(dataset, range(25, 35))
    run_fit(dataset)
    assert api.get(f"/api/v1/images/{image.pk}/").json()["suggested_class"] == "cat"
    assert api.get(url).json()["instant_model"] is True
    answer = api.patch(url, {"instant_model": False}, content_type="application/json").json()
    assert answer["instant_model"] is False
    assert api.get(f"/api/v1/images/{image.pk}/").json()["suggested_class"] is None
    state = api.get(f"{url}instant-model/").json()
    assert (state["status"], state["updated_at"], state["labelled"]) == ("off", None, 10)
    assert api.get(f"{url}label-grid/").json()["kind"] == "unsorted"
    assert api.post(f"{url}instant-model/register/").json()["code"] == "no_instant_model"
    label(dataset, [0, 40])
    fit_on_vectors(user=None, dataset=dataset)
    fit_what_is_due()
    assert run_fit(dataset) is None
    assert not InstantModel.objects.exists()
    api.patch(url, {"instant_model": True}, content_type="application/json")
    assert api.get(f"{url}instant-model/").json()["status"] == "fitting"
    assert run_fit(dataset).result["fits"] == 1
    assert row(dataset).labelled == 12
    assert api.get(f"{url}instant-model/").json()["status"] == "ready"


def test_a_fit_under_way_keeps_nothing_where_its_dataset_is_switched_off(dataset, monkeypatch):
    label(dataset, range(25, 35))
    measured = fit._Fits.measure
    switches = [False, True]

    def switch_then_measure(work, fitted):
        for value in switches:
            edit_dataset(user=dataset.created_by, dataset=dataset, instant_model=value)
        switches.clear()
        measured(work, fitted)

    monkeypatch.setattr(fit._Fits, "measure", switch_then_measure)
    assert run_fit(dataset).result["fits"] == 2
    assert row(dataset).seen == row(dataset).wanted
    switches.append(False)
    label(dataset, [36])
    assert run_fit(dataset).status == "succeeded"
    assert not InstantModel.objects.exists()


def test_another_tenant_sees_no_suggestions(dataset, client):
    stranger = factories.make_member(factories.make_dataset().organization, Role.OWNER)
    factories.sign_in(client, stranger)
    for part in ("instant-model/", "label-grid/"):
        assert client.get(f"/api/v1/datasets/{dataset.pk}/{part}").status_code == 404
