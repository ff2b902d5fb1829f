import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets.models import ClassLabel, Dataset, DatasetVersion, Image, Import, ImportItem
from tests import factories
from tests.datasets.conftest import png, zipped

pytestmark = pytest.mark.django_db
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def dataset(user):
    dataset = factories.make_dataset(user=user, name="Pets")
    factories.make_images(dataset, "cat", 10, "train")
    factories.make_images(dataset, "dog", 6, "test")
    return dataset


def url(name: str, *args) -> str:
    return reverse(f"datasets:{name}", args=args)


def test_an_empty_list_offers_one_next_step_and_the_sample(page_client):
    html = page_client.get(url("list")).content.decode()
    assert "No datasets yet" in html
    assert "Load the sample dataset" in html
    assert html.count("btn-primary") == 1


def test_a_dataset_is_created_and_shows_where_to_drop_files(page_client, user):
    answer = page_client.post(
        url("new"),
        {"name": "Pets", "description": "", "organization": user.personal_organization.pk},
    )
    dataset = Dataset.objects.get()
    assert answer.headers["Location"] == url("detail", dataset.pk)
    html = page_client.get(url("detail", dataset.pk)).content.decode()
    assert "<drop-zone" in html
    assert page_client.post(url("new"), {"name": ""}).status_code == 422


def test_the_gallery_filters_and_pages(page_client, dataset, monkeypatch):
    monkeypatch.setattr("datasets.selectors.gallery.PAGE_SIZE", 4)
    ids, address = [], url("detail", dataset.pk)
    while address:
        html = page_client.get(address, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in html
        ids += re.findall(r'data-id="([^"]+)"', html)
        found = re.search(r'data-next="([^"]+)"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(ids) == len(set(ids)) == 16

    def count(query: str) -> int:
        html = page_client.get(url("detail", dataset.pk) + query).content.decode()
        return len(re.findall(r'class="tile"', html))

    assert count("?class_name=cat&q=cat-3") == 1
    assert count("?split=test&class_name=cat") == 0
    assert count("?after=nonsense") == 4


def test_the_gallery_asks_a_bounded_number_of_questions(
    page_client, dataset, django_assert_max_num_queries
):
    factories.make_images(dataset, "cat", 60, start=100)
    with django_assert_max_num_queries(16):
        page_client.get(url("detail", dataset.pk))
    with django_assert_max_num_queries(8):
        page_client.get(url("detail", dataset.pk), headers={"HX-Request": "true"})


def test_of_many_classes_the_chart_shows_the_largest_and_what_it_is_filtered_by(
    page_client, dataset
):
    names = [f"species {number:03d}" for number in range(99)]
    ClassLabel.objects.bulk_create(
        ClassLabel(dataset=dataset, name=name, position=place) for place, name in enumerate(names)
    )

    def chart(query: str = "") -> tuple[list[str], str]:
        html = page_client.get(url("detail", dataset.pk) + query).content.decode()
        chart = html.split('id="balance-card"')[1]
        return re.findall(r'class="bar-name" title="([^"]+)"', chart), chart

    shown, html = chart()
    assert shown[:2] == ["cat", "dog"]
    assert len(shown) == 100
    assert "The 100 largest classes. 1 more is on the page of" in html
    shown, html = chart("?class_name=species+098")
    assert shown[-1] == "species 098"
    assert "more" not in html.split("</section>")[0]


def test_class_names_are_inert_on_every_page(page_client, dataset, user):
    factories.make_images(dataset, XSS, 4)
    version = factories.make_version(dataset, user=user)
    image = Image.objects.filter(class_label__name=XSS).first()
    pages = [
        url("list"), url("detail", dataset.pk), url("classes", dataset.pk),
        url("settings", dataset.pk), url("versions", dataset.pk), url("version", version.pk),
        url("image", image.pk), url("imports", dataset.pk), url("trash"),
    ]  # fmt: skip
    for address in pages:
        answer = page_client.get(address)
        assert answer.status_code == 200, address
        assert "<img src=x" not in answer.content.decode(), address
        assert "style=" not in re.sub(r"(?s)<svg.*?</svg>", "", answer.content.decode()), address


def test_freezing_by_the_form(page_client, dataset):
    shares = {"train": 60, "validation": 20, "test": 20, "seed": 3, "note": ""}
    address = url("versions", dataset.pk)
    assert 'value="folder" selected' in page_client.get(address).content.decode()
    answer = page_client.post(address, {"strategy": "stratified", **shares})
    version = DatasetVersion.objects.get()
    assert answer.headers["Location"] == url("version", version.pk)
    assert (version.seed, version.fractions["train"]) == (3, 0.6)
    html = page_client.get(url("version", version.pk)).content.decode()
    assert version.digest in html
    wrong = page_client.post(address, {"strategy": "stratified", **shares, "train": 70})
    assert wrong.status_code == 422
    assert "must add up to 100 %" in wrong.content.decode()
    Image.objects.filter(class_label__name="dog").update(class_label=None)
    refused = page_client.post(address, {"strategy": "stratified", **shares})
    assert refused.status_code == 422
    assert "needs at least two" in refused.content.decode()


def test_importing_without_javascript(page_client, dataset):
    address = url("imports", dataset.pk)
    archive = SimpleUploadedFile("x.zip", zipped({"owl/1.png": png()}))
    answer = page_client.post(address, {"archive": archive})
    source = Import.objects.get()
    assert answer.headers["Location"] == url("import", source.pk)
    job_page = page_client.get(reverse("jobs:detail", args=[source.job_id]))
    assert url("import", source.pk) in job_page.content.decode()
    bad = page_client.post(address, {"archive": SimpleUploadedFile("x.zip", b"no zip")})
    assert bad.status_code == 422
    assert "zip archive is expected" in bad.content.decode()
    assert page_client.post(address, {}).status_code == 400


def test_the_report_of_an_import_lists_what_was_left_out(page_client, dataset, user):
    archive = SimpleUploadedFile("x.zip", zipped({"owl/1.png": png()}))
    page_client.post(url("imports", dataset.pk), {"archive": archive})
    source = Import.objects.get()
    assert "<job-progress" in page_client.get(url("import", source.pk)).content.decode()
    counts = {"files": 1002, "images_added": 1000, "duplicates": 0, "skipped": 1, "rejected": 1}
    source.job.__class__.objects.filter(pk=source.job_id).update(result=counts)
    ImportItem.objects.create(
        source=source, name=XSS, outcome="rejected", code="truncated", detail="Cut off."
    )
    ImportItem.objects.create(
        source=source, name=".DS_Store", outcome="skipped", code="junk", detail="Junk."
    )
    html = page_client.get(url("import", source.pk)).content.decode()
    assert "1,000" in html
    assert "Cut off." in html
    assert "Junk." in html
    assert "<img src=x" not in html
    rejected = page_client.get(url("import", source.pk) + "?outcome=rejected").content.decode()
    assert "Junk." not in rejected


def test_labelling_one_image_and_a_conflict(page_client, dataset):
    image = Image.objects.filter(class_label__name="cat").first()
    address = url("image", image.pk)
    values = {"class_name": "dog", "expected_class_name": "cat"}
    assert page_client.post(address, values).status_code == 302
    stale = page_client.post(address, values | {"class_name": "owl"})
    assert stale.status_code == 422
    assert "has given this image" in stale.content.decode()
    assert "cat → <strong>dog" in page_client.get(address).content.decode()


def test_a_button_does_what_it_said_also_when_somebody_was_faster(page_client, dataset):
    image = Image.objects.first()
    html = page_client.get(url("image", image.pk)).content.decode()
    assert 'name="excluded" value="true"' in html
    assert 'name="action" value="trash"' in html
    for button, body in (
        ("image_exclude", {"excluded": "true"}),
        ("image_trash", {"action": "trash"}),
    ):
        for _ in range(2):
            assert page_client.post(url(button, image.pk), body).status_code == 302
        assert page_client.post(url(button, image.pk)).status_code == 400
    image.refresh_from_db()
    assert image.excluded_at is not None
    assert image.deleted_at is not None
    page_client.post(url("image_trash", image.pk), {"action": "restore"})
    page_client.post(url("image_exclude", image.pk), {"excluded": "false"})
    image.refresh_from_db()
    assert (image.excluded_at, image.deleted_at) == (None, None)


def test_a_search_of_datasets_goes_on_over_its_pages(page_client, user, monkeypatch):
    monkeypatch.setattr("datasets.views.datasets.PAGE_SIZE", 1)
    for name in ("a&b 1", "a&b 2", "Quokkas"):
        factories.make_dataset(user=user, name=name)
    html = page_client.get(url("list"), {"q": "a&b"}).content.decode()
    assert 'href="?page=2&amp;q=a%26b"' in html
    assert "Quokkas" not in page_client.get(f"{url('list')}?page=2&q=a%26b").content.decode()


def test_classes_trash_and_settings_by_their_forms(page_client, dataset):
    cat, dog = ClassLabel.objects.order_by("name")
    page_client.post(url("class_rename", cat.pk), {"name": "Cat"})
    page_client.post(url("class_merge", dog.pk), {"into": cat.pk})
    assert list(ClassLabel.objects.values_list("name", flat=True)) == ["Cat"]
    assert page_client.post(url("classes", dataset.pk), {"name": "Cat"}).status_code == 422
    page_client.post(url("settings", dataset.pk), {"name": "Animals", "description": "d"})
    assert Dataset.objects.get().name == "Animals"
    page_client.post(url("dataset_trash", dataset.pk))
    assert page_client.get(url("detail", dataset.pk)).status_code == 404
    assert "Animals" in page_client.get(url("trash")).content.decode()
    page_client.post(url("dataset_restore", dataset.pk))
    assert page_client.get(url("detail", dataset.pk)).status_code == 200
