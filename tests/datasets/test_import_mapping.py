"""What a person changes before an import is written: classes renamed, merged and left out."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from datasets.models import Image, Import, ImportItem
from datasets.selectors.likely_strategy import likely_strategy
from datasets.services.quality.copies import find_copies, store_groups
from tests import factories
from tests.datasets.conftest import png, zipped

API = "/api/v1/"
CLASSES = ("n01", "n02", "n03")
FILES = {f"{name}/{n}.png": png(10 * i + n) for i, name in enumerate(CLASSES) for n in range(2)}


@pytest.fixture
def dataset(transactional_db):
    return factories.make_dataset(user=factories.make_user())


@pytest.fixture
def api(dataset) -> APIClient:
    client = APIClient()
    client.force_authenticate(dataset.created_by)
    return client


@pytest.fixture
def send(api, dataset, run_job):
    """Post an archive, let its job run to its end, and return the import as the API shows it."""

    def run(files: dict[str, bytes], name: str = "sets.zip", **fields: str) -> dict:
        archive = SimpleUploadedFile(name, zipped(files))
        address = f"{API}datasets/{dataset.pk}/imports/"
        answer = api.post(address, {"archive": archive, **fields}, format="multipart")
        assert answer.status_code == 202, answer.data
        run_job(Import.objects.get(pk=answer.data["id"]).job)
        return api.get(f"{API}imports/{answer.data['id']}/").data

    return run


def confirm(api: APIClient, run_job, source: dict, **body) -> dict:
    answer = api.post(f"{API}imports/{source['id']}/confirm/", body, format="json")
    assert answer.status_code == 202, answer.data
    run_job(Import.objects.get(pk=source["id"]).job)
    return api.get(f"{API}imports/{source['id']}/").data


def rows() -> list[tuple[str, str | None]]:
    return sorted(Image.objects.values_list("name", "class_label__name"))


def test_a_clear_archive_is_shown_first_when_that_is_asked_for(send, api, run_job):
    source = send(FILES, ask="true")
    assert source["status"] == "needs_confirmation"
    assert [one["layout"] for one in source["readings"]] == ["class_folders"]
    assert "You asked to see" in source["job"]["error"]["detail"]
    assert not Image.objects.exists()
    done = confirm(
        api, run_job, source, layout="class_folders",
        class_mapping={"n01": "tench", "n02": "tench", "n03": None},
    )  # fmt: skip
    assert done["status"] == "succeeded"
    assert done["class_mapping"] == {"n01": "tench", "n02": "tench", "n03": None}
    assert rows() == [(f"n0{i}/{n}.png", "tench") for i in (1, 2) for n in (0, 1)]
    left_out = ImportItem.objects.filter(code="class_left_out")
    assert set(left_out.values_list("name", "outcome")) == {
        (f"n03/{n}.png", "skipped") for n in (0, 1)
    }
    assert [one["name"] for one in done["readings"][0]["classes"]] == ["tench"]


def test_names_of_classes_that_the_archive_has_not_are_asked_about_again(send, api, run_job):
    """Of more than a hundred classes, the reading lists the first ones alone."""
    source = send({f"c{n:03}/1.png": png(n) for n in range(101)}, ask="true")
    wrong = {"c100": "last", **{f"n{n}": None for n in range(6)}}
    again = confirm(api, run_job, source, layout="class_folders", class_mapping=wrong)
    assert again["status"] == "needs_confirmation"
    assert "“n0”, “n1”, “n2”, “n3”, “n4” and 1 more" in again["job"]["error"]["detail"]
    assert not Image.objects.exists()
    done = confirm(api, run_job, source, layout="class_folders", class_mapping={"c100": "last"})
    assert done["status"] == "succeeded"
    assert ("c100/1.png", "last") in rows()


def test_leaving_out_every_class_is_refused(send, api):
    source = send(FILES, ask="true")
    body = {"layout": "class_folders", "class_mapping": dict.fromkeys(CLASSES)}
    answer = api.post(f"{API}imports/{source['id']}/confirm/", body, format="json")
    assert answer.status_code == 400
    assert "no image would be left" in answer.data["detail"]


def test_the_page_takes_names_and_keeps_them_when_one_is_refused(send, client, dataset, run_job):
    source = send(FILES, ask="true")
    client.force_login(dataset.created_by)
    address = reverse("datasets:import_confirm", args=[source["id"]])
    answer = {"layout": "class_folders", "class_folders-0": "", "class_folders-1": "Goldfish",
              "class_folders-2": "n03", "class_folders-2-out": "true"}  # fmt: skip
    refused = client.post(address, answer)
    html = refused.content.decode()
    assert refused.status_code == 400
    assert "A class needs a name" in html
    assert 'value="Goldfish"' in html
    assert html.count("checked") == 2
    answer["class_folders-0"] = "<b>Tench</b>"
    assert client.post(address, answer).status_code == 302
    imported = Import.objects.get(pk=source["id"])
    assert imported.class_mapping == {"n01": "<b>Tench</b>", "n02": "Goldfish", "n03": None}
    run_job(imported.job)
    assert {name for _, name in rows()} == {"<b>Tench</b>", "Goldfish"}
    page = client.get(reverse("datasets:import", args=[source["id"]])).content.decode()
    assert "<b>Tench</b>" not in page


def test_an_export_is_recognised_shown_and_imported(send, api, client, dataset, run_job):
    result = {"type": "choices", "from_name": "choice", "value": {"choices": ["cat"]}}
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/aaaaaaaa-1.png"},
         "annotations": [{"result": [result]}]},
        {"id": 2, "data": {"image": "/data/upload/1/aaaaaaaa-2.png"}, "annotations": []},
    ]  # fmt: skip
    files = {"export.json": json.dumps(tasks).encode(), "1.png": png(1), "2.png": png(2)}
    source = send(files)
    assert source["status"] == "needs_confirmation"
    assert source["readings"][0]["tool"] == "Label Studio"
    client.force_login(dataset.created_by)
    html = client.get(reverse("datasets:import", args=[source["id"]])).content.decode()
    assert "This looks like an export of Label Studio." in html
    assert 'name="label_studio-0"' in html
    done = confirm(api, run_job, source, layout="label_studio", class_mapping={"cat": "Cat"})
    assert rows() == [("1.png", "Cat"), ("2.png", None)]
    assert (done["layout"], done["readings"][0]["tool"]) == ("label_studio", "Label Studio")
    html = client.get(reverse("datasets:import", args=[source["id"]])).content.decode()
    assert "by the choices of Label Studio’s annotators" in html


def test_an_export_goes_on_by_itself_when_its_layout_is_stated(send):
    files = {"a.csv": b"gs://b/1.png,cat\n", "1.png": png(1)}
    assert send(files, layout="vertex_ai")["status"] == "succeeded"
    assert rows() == [("1.png", "cat")]


def test_augmented_copies_stay_together_and_are_no_near_duplicates(send, dataset):
    copies = [f"cat/a_jpg.rf.{n:032x}.jpg" for n in range(3)]
    files = {name: png(n) for n, name in enumerate([*copies, "dog/b_jpg.rf.00000000.jpg"])}
    source = send({**files, "README.roboflow.txt": b"x"})
    assert source["readings"][0]["tool"] == "Roboflow"
    found = find_copies(dataset, lambda done, total: None)
    assert [len(group) for group in found.groups] == [3]
    assert found.alike == []
    store_groups(found)
    assert likely_strategy(dataset)[0] == "grouped"
    # Other copies of the same pictures, by another import; another class's picture of that name.
    later = ["cat/a_jpg.rf.11111111.jpg", "dog/b_jpg.rf.11111111.jpg", "dog/a_jpg.rf.11111111.jpg"]
    send({name: png(10 + n) for n, name in enumerate(later)})
    found = find_copies(dataset, lambda done, total: None)
    assert sorted(len(group) for group in found.groups) == [2, 4]
