import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from datasets.models import Annotation, Image
from tests import factories
from tests.answers import untruths
from tests.datasets.conftest import encrypted, jpeg, png, zipped

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def dataset(user):
    return factories.make_dataset(user=user, name="Pets")


def upload(api, dataset, files, **fields):
    images = [SimpleUploadedFile(name, content) for name, content in files.items()]
    return api.post(
        f"{API}datasets/{dataset.pk}/images/", {"images": images, **fields}, format="multipart"
    )


def post_archive(api, dataset, content, **headers):
    archive = SimpleUploadedFile("../pets.zip", content)
    return api.post(
        f"{API}datasets/{dataset.pk}/imports/", {"archive": archive}, format="multipart", **headers
    )


def test_create_read_rename_and_list(api, user):
    created = api.post(f"{API}datasets/", {"name": "Pets", "description": "furry"})
    assert created.status_code == 201, created.data
    assert created.data | {"id": "", "created_at": ""} == {
        "id": "", "name": "Pets", "description": "furry",
        "organization": user.personal_organization.slug, "image_count": 0, "classes": [],
        "created_at": "", "instant_model": True, "licence": "", "licence_text": "",
            "shared": False, "copied_from": None,
    }  # fmt: skip
    url = f"{API}datasets/{created.data['id']}/"
    assert api.patch(url, {"name": "Animals"}).data["name"] == "Animals"
    assert [row["name"] for row in api.get(f"{API}datasets/").data["results"]] == ["Animals"]
    assert api.get(url).data["description"] == "furry"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/name"), ({"name": "x", "organization": "nobodys"}, "/organization"),
     ({"name": "x" * 121}, "/name")],
)  # fmt: skip
def test_a_bad_dataset_is_refused_with_a_pointer(api, body, pointer):
    answer = api.post(f"{API}datasets/", body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.data["errors"][0]["pointer"] == pointer


def test_the_list_counts_in_a_bounded_number_of_queries(api, user, django_assert_max_num_queries):
    for _ in range(6):
        factories.make_images(factories.make_dataset(user=user), "cat", 2)
    with django_assert_max_num_queries(8):
        rows = api.get(f"{API}datasets/").data["results"]
    assert [(row["image_count"], row["classes"][0]["image_count"]) for row in rows] == [(2, 2)] * 6


def test_trash_and_restore(api, dataset):
    url = f"{API}datasets/{dataset.pk}/"
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.get(f"{API}datasets/").data["results"] == []
    assert api.post(f"{url}restore/").data["name"] == "Pets"
    assert api.get(url).status_code == 200


def test_an_import_answers_202_with_its_job(api, dataset):
    answer = post_archive(api, dataset, zipped({"cat/1.png": png()}))
    assert answer.status_code == 202, answer.data
    assert answer.data["dataset"] == dataset.pk
    assert answer.data["archive_name"] == "pets.zip"
    assert answer.data["job"]["status"] == "pending"
    assert answer.headers["Location"] == f"{API}jobs/{answer.data['job']['id']}/"
    assert api.get(f"{API}imports/{answer.data['id']}/").data["id"] == answer.data["id"]
    listed = api.get(f"{API}datasets/{dataset.pk}/imports/").data["results"]
    assert [row["id"] for row in listed] == [answer.data["id"]]


def test_the_same_idempotency_key_starts_one_import(api, dataset):
    content = zipped({"cat/1.png": png()})
    answers = [
        post_archive(api, dataset, content, headers={"Idempotency-Key": "once"}) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {202}
    assert len({str(answer.data["id"]) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_zip"),
        (b"hello", "not_a_zip"),
        (zipped({}), "empty_archive"),
        (encrypted({"cat/1.png": png()}), "encrypted"),
        (zipped({"../../x.png": png()}), "unsafe_name"),
        (zipped({"a/1.png": b"", "A/1.png": b""}), "case_collision"),
    ],
)
def test_a_bad_archive_is_a_problem_at_once(api, dataset, content, code):
    answer = post_archive(api, dataset, content)
    assert (answer.status_code, answer.data["code"]) == (422, code)
    assert answer.data["detail"]


def test_an_archive_past_the_limit_is_413(api, dataset, settings):
    settings.ARCHIVE_MAX_BYTES = 100
    answer = post_archive(api, dataset, zipped({"cat/1.png": png()}))
    assert (answer.status_code, answer.data["code"]) == (413, "too_large")


def test_direct_upload_says_what_became_of_each_file(api, dataset):
    files = {"a.png": png(1), "b.jpg": jpeg()[:-900], "c.png": png(1), "d.txt": b"hi", "e.png": b""}
    answer = upload(api, dataset, files, class_name="cat")
    assert answer.status_code == 207, answer.data
    results = answer.data["results"]
    assert [(r["name"], r["status"], r.get("code")) for r in results] == [
        ("a.png", 201, None),
        ("b.jpg", 422, "truncated"),
        ("c.png", 200, None),
        ("d.txt", 422, "not_an_image"),
        ("e.png", 422, "empty_file"),
    ]
    assert results[0]["id"] == results[2]["id"]
    image = api.get(f"{API}images/{results[0]['id']}/").data
    assert (image["class_name"], image["format"], image["width"]) == ("cat", "PNG", 12)


def test_direct_upload_takes_64_files_at_most(api, dataset):
    assert upload(api, dataset, {f"{n}.png": png(n) for n in range(65)}).status_code == 400


def test_images_are_listed_with_filters_that_stack(api, dataset):
    factories.make_images(dataset, "cat", 3, "train")
    factories.make_images(dataset, "dog", 2, "test")
    factories.make_images(dataset, "", 1)
    url = f"{API}datasets/{dataset.pk}/images/"

    def names(query: str) -> list[str]:
        answer = api.get(f"{url}?{query}")
        assert answer.status_code == 200, answer.data
        return sorted(row["name"] for row in answer.data["results"])

    assert len(names("")) == 6
    assert names("class_name=dog") == ["dog-0.png", "dog-1.png"]
    assert names("split=train&q=T-2") == ["cat-2.png"]
    assert names("annotated=false") == ["image-0.png"]
    assert len(names("annotated=true")) == 5
    assert names("excluded=true") == []
    for bad in ("owner__password__startswith=a", "split=holdout", "class_label__dataset=1"):
        assert api.get(f"{url}?{bad}").status_code == 400


def test_cursor_pages_hold_every_image_once(api, dataset, django_assert_max_num_queries):
    factories.make_images(dataset, "cat", 25)
    url, seen = f"{API}datasets/{dataset.pk}/images/?page_size=10", []
    while url:
        with django_assert_max_num_queries(6):
            page = api.get(url).data
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 25


def test_an_image_changes_its_class_and_keeps_who_did_it(api, dataset, user):
    image = factories.make_images(dataset, "cat", 1)[0]
    url = f"{API}images/{image.pk}/"
    assert api.patch(url, {"class_name": "dog"}).data["class_name"] == "dog"
    note = Annotation.objects.get()
    assert (note.previous_class_name, note.class_name, note.created_by) == ("cat", "dog", user)
    stale = api.patch(url, {"class_name": "owl", "expected_class_name": "cat"})
    assert (stale.status_code, stale.data["code"]) == (409, "changed_meanwhile")
    assert api.patch(url, {"class_name": None}).data["class_name"] is None
    assert api.patch(url, {"excluded": True}).data["excluded"] is True
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_many_images_are_labelled_at_once(api, dataset):
    images = factories.make_images(dataset, "", 3)
    url = f"{API}datasets/{dataset.pk}/annotations/"
    body = {"annotations": [{"image": str(i.pk), "class_name": "cat"} for i in images]}
    assert api.post(url, body).data == {"updated": 3}
    assert api.post(url, body).data == {"updated": 0}
    foreign = factories.make_images(factories.make_dataset(), "", 1)[0]
    body["annotations"].append({"image": str(foreign.pk), "class_name": "dog"})
    body["annotations"][0]["class_name"] = "dog"
    answer = api.post(url, body)
    assert answer.status_code == 400
    assert answer.data["errors"][0]["pointer"] == "/annotations/3/image"
    assert set(Image.objects.filter(dataset=dataset).values_list("class_label__name")) == {("cat",)}


def test_columns_that_a_download_could_not_hold_are_refused(api, dataset):
    image = factories.make_images(dataset, "cat", 1)[0]
    for column, code in (
        ("Split", "own_column"), ("class_name", "own_column"), ("file", "own_column"),
        (" site", "bad_column"), ("site ", "bad_column"), ("", "bad_column"),
    ):  # fmt: skip
        answer = api.patch(f"{API}images/{image.pk}/", {"metadata": {column: "x"}})
        assert (answer.status_code, answer.data["errors"][0]["code"]) == (400, code), column
    assert api.patch(f"{API}images/{image.pk}/", {"metadata": {"a split": "x"}}).status_code == 200


def test_two_classes_or_one_of_spaces_for_an_image_are_no_wish(api, dataset):
    image = factories.make_images(dataset, "cat", 1)[0]
    url = f"{API}datasets/{dataset.pk}/annotations/"
    twice = [{"image": str(image.pk), "class_name": name} for name in ("dog", "owl")]
    answer = api.post(url, {"annotations": twice})
    assert answer.status_code == 400
    assert answer.data["errors"][0]["pointer"] == "/annotations/1"
    for call, where, body in (
        (api.post, url, {"annotations": [{"image": str(image.pk), "class_name": " "}]}),
        (api.patch, f"{API}images/{image.pk}/", {"class_name": "  "}),
    ):
        answer = call(where, body)
        assert (answer.status_code, answer.data["errors"][0]["code"]) == (400, "only_spaces"), body
    image.refresh_from_db()
    assert image.class_label.name == "cat"


def test_classes_are_made_renamed_and_merged(api, dataset):
    factories.make_images(dataset, "cat", 2)
    factories.make_images(dataset, "kitten", 3)
    url = f"{API}datasets/{dataset.pk}/classes/"
    rows = api.get(url).data["results"]
    assert [(row["name"], row["image_count"]) for row in rows] == [("cat", 2), ("kitten", 3)]
    assert api.post(url, {"name": " owl "}).data["name"] == "owl"
    assert api.post(url, {"name": "owl"}).status_code == 409
    cat, kitten = (row["id"] for row in rows)
    assert api.patch(f"{API}classes/{cat}/", {"name": "Cat"}).data["name"] == "Cat"
    assert api.patch(f"{API}classes/{cat}/", {"name": "owl"}).status_code == 409
    assert api.post(f"{API}classes/{kitten}/merge/", {"into": cat}).data["moved"] == 3
    first = api.get(url, {"page_size": 1}).data
    rows = first["results"] + api.get(first["next"]).data["results"]
    assert [(row["name"], row["image_count"]) for row in rows] == [("Cat", 5), ("owl", 0)]
    assert Annotation.objects.filter(previous_class_name="kitten", class_name="Cat").count() == 3
    assert api.post(f"{API}classes/{cat}/merge/", {"into": str(uuid.uuid4())}).status_code == 400


def test_files_are_served_as_nothing_but_images(api, dataset, user):
    polyglot = png(3) + b"<script>alert(1)</script>"
    image_id = upload(api, dataset, {"x.html": polyglot}).data["results"][0]["id"]
    image = api.get(f"{API}images/{image_id}/").data
    browser = APIClient(headers={"Accept": "text/html,image/*"})
    browser.force_authenticate(user)
    for url, media_type in (
        (image["file_url"], "image/png"),
        (image["thumbnail_url"], "image/png"),
    ):
        answer = browser.get(url)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert b"script" not in answer.content
        again = browser.get(url, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        path = f"{API}images/{{image_id}}/{url.strip('/').rpartition('/')[2]}/"
        assert untruths("GET", path, answer) == untruths("GET", path, again) == []
    stranger = APIClient()
    assert stranger.get(image["file_url"]).status_code == 401
    stranger.force_authenticate(factories.make_user())
    assert stranger.get(image["file_url"]).status_code == 404


def test_freezing_over_the_api(api, dataset):
    factories.make_images(dataset, "cat", 10)
    factories.make_images(dataset, "dog", 10)
    url = f"{API}datasets/{dataset.pk}/versions/"
    body = {"split": {"strategy": "stratified", "train": 0.7, "validation": 0.1, "test": 0.2}}
    answer = api.post(url, body)
    assert answer.status_code == 201, answer.data
    version = answer.data
    assert version["split"] == {
        "strategy": "stratified", "train": 0.7, "validation": 0.1, "test": 0.2, "seed": 0,
        "keep_test": True,
    }  # fmt: skip
    assert version["classes"] == ["cat", "dog"]
    assert version["sample_counts"]["test"] == {"cat": 2, "dog": 2}
    assert api.get(f"{API}dataset-versions/{version['id']}/").data == version
    samples = api.get(f"{API}dataset-versions/{version['id']}/samples/?page_size=7").data
    assert len(samples["results"]) == 7
    assert set(samples["results"][0]) == {
        "image", "name", "sha256", "class_name", "split", "metadata", "forgotten",
    }  # fmt: skip
    too_much = api.post(url, {"split": {"strategy": "stratified", "train": 0.9}})
    assert too_much.status_code == 400
    assert too_much.data["errors"][0]["pointer"] == "/split"


def test_freezing_what_cannot_be_frozen_is_422(api, dataset):
    factories.make_images(dataset, "cat", 10)
    url = f"{API}datasets/{dataset.pk}/versions/"
    answer = api.post(url, {"split": {"strategy": "stratified"}})
    assert (answer.status_code, answer.data["code"]) == (422, "one_class")


def test_an_upload_leaves_no_working_files(api, dataset, settings):
    folder = settings.SCRATCH_DIR / "requests"
    upload(api, dataset, {"a.png": png(41), "b.txt": b"x"})
    assert folder.is_dir()
    assert list(folder.iterdir()) == []
