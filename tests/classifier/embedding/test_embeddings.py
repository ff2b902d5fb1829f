"""From images to vectors: the job, what it shares between datasets, and what it is good for."""

import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from django.db import connection

from classifier.embedding.work import embed_images
from classifier.engine.backbones.registry import DEFAULT
from classifier.instant.work import fit
from datasets.analysis.directions import directions
from datasets.models import Image, Vector
from datasets.selectors.vectors import missing_contents, vector_source, vectors_of
from datasets.services.intake.start_import import start_import
from datasets.services.vectors import neighbours, vector_index
from datasets.services.vectors.embedding import start_embedding
from datasets.services.vectors.neighbours import look_alikes
from jobs import crew
from jobs.models import TERMINAL, Job
from storage import scratch
from tests import factories
from tests.conftest import wait_until
from tests.datasets.analysis.planting import ANIMALS, files_in
from tests.datasets.conftest import png, run_job, zipped

assert embed_images
assert run_job

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.shared_data,
    pytest.mark.skipif(not ANIMALS.exists(), reason="../shared/data is missing"),
]


@pytest.fixture(autouse=True)
def _no_lingering(monkeypatch):
    monkeypatch.setattr(fit, "LINGER_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _by_itself(settings):
    settings.EMBED_UNASKED = True


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


def run_all(run_job) -> list[str]:
    """Do everything that waits, in the order of the queue; return the kinds."""
    done = []
    while (
        job := Job.objects.exclude(status__in=TERMINAL).order_by("-priority", "created_at").first()
    ):
        assert run_job(job).status == "succeeded", job.error
        done.append(job.kind)
    return done


@pytest.mark.timeout(600)
def test_60_wrong_labels_of_an_import_are_among_the_first_100_suggestions(user, api, run_job):
    random = np.random.default_rng(4)
    wrong = set(random.choice(600, 60, replace=False).tolist())
    dataset = factories.make_dataset(user=user)
    start_import(user=user, dataset=dataset, archive=[planted_archive(wrong)], archive_name="a.zip")
    done = run_all(run_job)
    assert (done[0], done.count("embed_images"), done.count("fit_instant")) == ("import", 1, 1)
    assert "check_quality" in done[done.index("embed_images") :]
    embedding = Job.objects.get(kind="embed_images")
    assert (embedding.priority, embedding.created_by) == (-10, user)
    assert embedding.result["computed"] == Image.objects.values("sha256").distinct().count()

    def is_planted(name: str, class_name: str) -> bool:
        return not name.rpartition("/")[2].startswith(f"{class_name}-")

    images = Image.objects.select_related("class_label").in_bulk()
    assert sum(is_planted(each.name, each.class_label.name) for each in images.values()) == 60
    url = f"/api/v1/datasets/{dataset.pk}/"
    answer = api.get(f"{url}quality/items/", {"kind": "label_error", "page_size": 100}).json()
    suggested = [item["images"][0] for item in answer["results"]]
    assert sum(is_planted(each["name"], each["class_name"]) for each in suggested) >= 48
    state = api.get(f"{url}embeddings/").json()
    assert (state["is_descriptor"], state["embedded"]) == (False, len(images))
    # One label in ten is wrong, and the classifier is right about most of the rest.
    assert 0.8 < state["baseline_accuracy"] < 0.95

    source = vector_source(dataset)
    assert source.name.startswith(f"{DEFAULT.title}-224-stretch-")
    found = vectors_of(dataset, images, source.space)
    units = directions(np.stack(list(found.values())))
    assert units.shape == (len(images), 1280)
    near = look_alikes(images[next(iter(found))], 5)
    assert near.known
    cosines = [similarity for _, similarity in near.images]
    exact = np.sort(units[1:] @ units[0])[::-1][:5]
    assert cosines == pytest.approx(exact, abs=2e-3)


def embed(run_job, person, dataset) -> Job:
    """Embed a dataset, check its quality as that asks for, and return the embedding's job."""
    job = start_embedding(user=person, dataset=dataset)
    assert sorted(run_all(run_job)) == ["check_quality", "embed_images", "fit_instant"]
    job.refresh_from_db()
    return job


def test_a_content_is_computed_once_for_an_organization(person, run_job):
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 5)
    factories.make_images(dataset, "cat", 2, split="test")
    first = embed(run_job, person, dataset)
    assert (first.result["computed"], first.result["reused"]) == (5, 0)
    assert Vector.objects.filter(organization=dataset.organization).count() == 5
    assert vector_source(dataset).covered == 7

    twin = factories.make_dataset(user=person)
    factories.make_images(twin, "dog", 1)
    factories.make_images(twin, "cat", 5)
    second = embed(run_job, person, twin)
    assert (second.result["computed"], second.result["reused"]) == (1, 5)
    assert Vector.objects.filter(organization=dataset.organization).count() == 6
    assert vector_source(twin).covered == 6

    stranger = factories.make_user()
    foreign = factories.make_dataset(user=stranger)
    factories.make_images(foreign, "cat", 2)
    third = embed(run_job, stranger, foreign)
    assert (third.result["computed"], third.result["reused"]) == (2, 0)
    assert Vector.objects.filter(organization=foreign.organization).count() == 2
    again = embed(run_job, stranger, foreign)
    assert (again.result["computed"], again.result["reused"]) == (0, 2)


def test_one_more_image_of_many_makes_no_new_index(person, run_job, monkeypatch):
    for module in (neighbours, vector_index):
        monkeypatch.setattr(module, "WORTH_CELLS", 10)
    monkeypatch.setattr(vector_index, "_STALE", 0.2)
    dataset = factories.make_dataset(user=person)
    factories.make_images(dataset, "cat", 20)
    embed(run_job, person, dataset)
    [folder] = scratch.vectors_dir(dataset.pk).iterdir()
    [late] = factories.make_images(dataset, "cat", 1, start=50)
    assert embed(run_job, person, dataset).result["computed"] == 1
    assert look_alikes(late, 3).known
    assert list(scratch.vectors_dir(dataset.pk).iterdir()) == [folder]


def test_a_file_that_is_gone_is_left_out_and_counted(person, run_job):
    from storage import durable
    from storage.names import blob_name

    dataset = factories.make_dataset(user=person)
    images = factories.make_images(dataset, "bee", 12)
    path = durable.local(blob_name(images[3].sha256))
    content = path.read_bytes()
    path.unlink()
    try:
        job = embed(run_job, person, dataset)
    finally:
        path.write_bytes(content)
    assert (job.status, job.result["unreadable"], job.result["computed"]) == ("succeeded", 1, 11)
    source = vector_source(dataset)
    assert (source.covered, source.images_left, source.embedded) == (11, 1, 11)
    assert not look_alikes(images[3], 3).known


def test_embedding_begins_before_the_import_ends(person, run_job, monkeypatch: pytest.MonkeyPatch):
    """Vectors are there before the rows; nothing is computed again once those have come."""
    monkeypatch.setattr(crew, "TICK_SECONDS", 0.01)
    dataset = factories.make_dataset(user=person)
    files = {f"cat/{number}.png": png(number, (80, 64)) for number in range(64)}
    start_import(user=person, dataset=dataset, archive=[zipped(files)], archive_name="a.zip")
    source = Job.objects.get(kind="import")
    with ThreadPoolExecutor(1) as beside:

        def embed_beside() -> None:
            embedding = Job.objects.get(kind="embed_images")
            under_way.append(beside.submit(in_thread, lambda: run_job(embedding)))
            wait_until(lambda: Vector.objects.count() == len(files), 120)
            assert not Image.objects.exists()

        under_way: list[Future] = []
        run_job(source, at={"Saving": embed_beside})
        job = under_way[0].result(timeout=120)
    assert (source.status, job.status) == ("succeeded", "succeeded"), (source.error, job.error)
    assert (job.result["computed"], job.result["reused"]) == (64, 0)
    assert job.created_at < source.ended_at
    assert missing_contents(dataset, vector_source(dataset).space) == []


def in_thread(work):
    """What the work returns; the thread's connection is closed after it."""
    try:
        return work()
    finally:
        connection.close()
