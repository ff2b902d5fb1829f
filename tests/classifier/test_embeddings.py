"""From images to vectors: the job, what it shares between datasets, and what it is good for."""

import zipfile
from io import BytesIO

import numpy as np
import pytest

from classifier.work import embed_images
from datasets.analysis.label_errors import find_label_errors
from datasets.models import Image, ImageEmbedding
from datasets.selectors.embeddings import embeddings_of, vector_source
from datasets.services.embeddings import start_embedding
from datasets.services.neighbours import look_alikes
from datasets.services.start_import import start_import
from jobs.models import Job
from tests import factories
from tests.datasets.analysis.features import WEIGHTS
from tests.datasets.analysis.planting import ANIMALS, files_in
from tests.datasets.conftest import run_job

assert embed_images
assert run_job

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.shared_data,
    pytest.mark.skipif(WEIGHTS is None, reason="../shared/data is missing"),
]


@pytest.fixture
def weights(settings):
    settings.WEIGHTS_DIR = WEIGHTS.parent


@pytest.fixture
def person():
    return factories.make_user()


def planted_archive(wrong: set[int]) -> bytes:
    """The animals' validation folder; these files stand in the folder of the next class."""
    files = list(files_in(ANIMALS, "validation/"))
    classes = sorted({name.split("/")[1] for name, _ in files})
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, (name, content) in enumerate(files):
            _, class_name, file = name.split("/")
            right = classes.index(class_name)
            given = (
                classes[(right + 1 + number % 2) % len(classes)] if number in wrong else class_name
            )
            archive.writestr(f"{given}/{class_name}-{file}", content)
    return stream.getvalue()


def test_60_wrong_labels_of_an_import_are_among_the_first_100_suggestions(person, weights, run_job):
    random = np.random.default_rng(4)
    wrong = set(random.choice(600, 60, replace=False).tolist())
    dataset = factories.make_dataset(user=person)
    source = start_import(
        user=person, dataset=dataset, archive=[planted_archive(wrong)], archive_name="a.zip"
    )
    assert run_job(source.job).status == "succeeded"
    embedding = Job.objects.get(kind="embed_images")
    assert (embedding.priority, embedding.created_by) == (-10, person)
    job = run_job(embedding)
    assert job.status == "succeeded", job.error
    assert job.result["computed"] == Image.objects.values("sha256").distinct().count()

    found = embeddings_of(dataset)
    assert found.name.startswith("MobileNetV2-224-")
    assert found.vectors.shape == (Image.objects.count(), 1280)
    images = Image.objects.select_related("class_label").in_bulk(found.ids)
    names = [images[image_id].class_label.name for image_id in found.ids]
    planted = [
        not images[image_id].name.rpartition("/")[2].startswith(f"{name}-")
        for image_id, name in zip(found.ids, names, strict=True)
    ]
    assert sum(planted) == 60
    labels = np.unique(names, return_inverse=True)[1]
    errors = find_label_errors(found.vectors, labels, np.arange(len(labels)))
    assert np.array(planted)[errors.indices[:100]].sum() >= 48

    asked = images[found.ids[0]]
    near = look_alikes(asked, 5)
    assert near.known
    cosines = [similarity for _, similarity in near.images]
    assert cosines == sorted(cosines, reverse=True)
    units = found.vectors.astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    exact = np.sort(units[1:] @ units[0])[::-1][:5]
    assert cosines == pytest.approx(exact, abs=2e-3)


def test_a_content_is_computed_once_for_an_organization(person, weights, run_job):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 5)
    factories.make_images(dataset, "cat", 2, split="test")
    first = run_job(start_embedding(user=person, dataset=dataset))
    assert (first.result["computed"], first.result["reused"]) == (5, 0)
    assert ImageEmbedding.objects.filter(image__dataset=dataset).count() == 7

    twin = factories.make_dataset(user=person)
    factories.make_images(twin, "dog", 1)
    factories.make_images(twin, "cat", 5)
    second = run_job(start_embedding(user=person, dataset=twin))
    assert (second.result["computed"], second.result["reused"]) == (1, 5)
    vectors = {
        (row.image.dataset_id, row.image.sha256): bytes(row.vector)
        for row in ImageEmbedding.objects.select_related("image")
    }
    for image in Image.objects.filter(dataset=dataset):
        assert vectors[dataset.pk, image.sha256] == vectors[twin.pk, image.sha256]

    stranger = factories.make_user()
    foreign = factories.make_dataset(user=stranger)
    factories.make_images(foreign, "cat", 2)
    third = run_job(start_embedding(user=stranger, dataset=foreign))
    assert (third.result["computed"], third.result["reused"]) == (2, 0)


def test_a_file_that_is_gone_is_left_out_and_counted(person, weights, run_job):
    from common.storage import blob_path

    dataset = factories.make_dataset(user=person)
    images = factories.make_images(dataset, "bee", 12)
    path = blob_path(images[3].sha256)
    content = path.read_bytes()
    path.unlink()
    try:
        job = run_job(start_embedding(user=person, dataset=dataset))
    finally:
        path.write_bytes(content)
    assert (job.status, job.result["unreadable"], job.result["computed"]) == ("succeeded", 1, 11)
    found = embeddings_of(dataset)
    assert (len(found.ids), found.left_out) == (11, 1)
    assert vector_source(dataset).embedded == 11
    assert not look_alikes(images[3], 3).known
