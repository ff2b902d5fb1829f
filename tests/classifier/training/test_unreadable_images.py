"""Image files that broke after the import: a run goes on without them, and says which."""

import numpy as np
import pytest
from PIL import Image as Picture

from classifier.engine.samples import TrainingSamples
from classifier.models import EpochMetrics, ModelVersion
from classifier.training.services.start_training import start_training
from classifier.training.work.left_out import LeftOut
from classifier.work import __all__ as handlers
from datasets.decoding.pixels.store import open_pixels
from datasets.errors import UnreadableImages
from datasets.models import Sample, Split
from datasets.services.quality.fingerprints import take_missing
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from storage.durable import local_blob
from tests import factories
from tests.datasets.conftest import encoded, run_job

assert handlers
assert run_job

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

HEAD = {"epochs": 4, "batch_size": 8, "self_training": 0.6, "learning_rate": 0.003}
TREE = {"input": "pixels", "side": 8}


def _pictures(first: int, count: int, red: bool) -> list[bytes]:
    found = []
    for number in range(first, first + count):
        pixels = np.random.default_rng(number).normal(90, 30, (64, 72, 3))
        pixels[:, :, 0 if red else 2] += 110
        found.append(encoded(Picture.fromarray(pixels.clip(0, 255).astype(np.uint8)), "PNG"))
    return found


def _add(dataset, name: str, first: int, count: int, red: bool):
    files = [
        (f"{name or 'new'}{first + number}.png", content, name)
        for number, content in enumerate(_pictures(first, count, red))
    ]
    return factories.add_files(dataset, files)


@pytest.fixture
def version(user):
    dataset = factories.make_dataset(user=user, name="Colours")
    _add(dataset, "blue", 0, 20, red=False)
    _add(dataset, "red", 1000, 20, red=True)
    return freeze(user=user, dataset=dataset)


def _break(sha256: str) -> None:
    path = local_blob(sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:200])


def _samples(version, split) -> list[Sample]:
    return list(Sample.objects.filter(version=version, split=split).order_by("id"))


def _trained(run_job, user, version, preset, config, status=Status.SUCCEEDED):
    run = start_training(user=user, dataset_version=version, preset=preset, config=config)
    job = run_job(run.job)
    assert job.status == status, job.error
    run.refresh_from_db()
    return run, job


def test_one_unlabelled_and_one_train_image_are_left_out_and_named(
    user, version, api, page_client, run_job
):
    new = _add(version.dataset, "", 500, 6, red=False)
    take_missing(version.dataset, lambda done, total: None)
    (unmeasured,) = _add(version.dataset, "", 600, 1, red=False)
    train, validation = (_samples(version, each)[0] for each in (Split.TRAIN, Split.VALIDATION))
    for sha256 in (new[0].sha256, unmeasured.sha256, train.sha256, validation.sha256):
        _break(sha256)
    run, _ = _trained(run_job, user, version, "efficientnet_lite0", {**HEAD, "image_size": 64})
    told = run.metrics["unreadable"]
    assert told["count"] == 4
    assert {(each["sha256"], each["name"], each["part"]) for each in told["images"]} == {
        (new[0].sha256, new[0].name, "unlabelled"),
        (unmeasured.sha256, unmeasured.name, "unlabelled"),
        (train.sha256, train.name, "train"),
        (validation.sha256, validation.name, "validation"),
    }
    assert run.metrics["self_training"]["asked"] == 5
    # The first fit was over when an unlabelled file turned out to be broken: nothing is left of it.
    epochs = EpochMetrics.objects.filter(run=run).values_list("epoch", flat=True)
    assert sorted(epochs) == list(range(1, run.metrics["epochs"] + 1))
    assert sum(run.watched["counts"]) == len(_samples(version, Split.VALIDATION)) - 1
    assert ModelVersion.objects.get(training_run=run).evaluation_reports.exists()
    page = " ".join(page_client.get(f"/training/{run.pk}/").content.decode().split())
    assert "4 images whose file can no longer be read" in page
    assert new[0].name in page
    assert api.get(f"/api/v1/training-runs/{run.pk}/").json()["metrics"]["unreadable"] == told


def test_a_model_is_kept_whose_test_images_cannot_be_read(user, version, page_client, run_job):
    tested = _samples(version, Split.TEST)[0].sha256
    _break(tested)
    _break(_samples(version, Split.TRAIN)[0].sha256)
    run, _ = _trained(run_job, user, version, "decision_tree", TREE)
    assert run.metrics["unreadable"]["count"] == 1
    assert tested in run.metrics["no_report"]
    assert not ModelVersion.objects.get(training_run=run).evaluation_reports.exists()
    assert "The model is kept" in page_client.get(f"/training/{run.pk}/").content.decode()


def test_many_broken_files_end_the_run_with_their_names(user, version, run_job):
    broken = [each.sha256 for each in _samples(version, Split.TRAIN)[:5]]
    for sha256 in broken:
        _break(sha256)
    _, job = _trained(run_job, user, version, "decision_tree", TREE, Status.FAILED)
    assert job.error["code"] == "bad_data"
    assert job.error["detail"].startswith("5 image files can no longer be read.")
    assert all(sha256 in job.error["detail"] for sha256 in broken)


def test_what_cannot_be_read_is_known_before_it_is_needed(version):
    contents = [each.sha256 for each in _samples(version, Split.TRAIN)]
    _break(contents[3])
    with open_pixels(lambda line: None) as pixels:
        found = pixels.unreadable(contents, 16, "stretch", lambda done, total: None)
        assert list(found) == [contents[3]]
        left = pixels.some_readable(contents[:6], [(16, "stretch"), (24, "crop")])
        assert left == contents[:3] + contents[4:6]
        with pytest.raises(UnreadableImages, match=contents[3]) as caught:
            pixels.rows(contents, 16, "stretch", lambda done, total: None)
        assert caught.value.faults == found


class _Logging:
    """What `LeftOut` needs of a job before it fits again."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


def _part(name: str, counts: dict[int, int]) -> list[tuple[str, int]]:
    return [(f"{name}{index}-{n}", index) for index, count in counts.items() for n in range(count)]


@pytest.mark.parametrize(
    ("train", "validation", "broken", "goes_on"),
    [
        ({0: 50, 1: 50}, {0: 5, 1: 5}, [f"t0-{n}" for n in range(10)], True),
        ({0: 50, 1: 50}, {0: 5, 1: 5}, [f"t0-{n}" for n in range(11)], False),
        ({0: 3, 1: 3}, {0: 1, 1: 1}, ["t0-0", "v0-0"], True),
        ({0: 50, 1: 50}, {0: 1}, ["v0-0"], False),
        ({0: 100, 1: 100, 2: 5}, {0: 5}, [f"t2-{n}" for n in range(5)], False),
    ],
    ids=["a tenth", "more", "one of each", "all of validation", "all of a class"],
)
def test_what_is_too_much_to_leave_out(train, validation, broken, goes_on):
    samples = TrainingSamples(
        train=_part("t", train), validation=_part("v", validation), pixels=None
    )  # type: ignore
    error = UnreadableImages(dict.fromkeys(broken, "The file is missing."))
    left_out = LeftOut(_Logging())  # type: ignore
    if not goes_on:
        with pytest.raises(UnreadableImages):
            left_out._without(samples, error)
        return
    left = left_out._without(samples, error)
    assert len(left.train) + len(left.validation) == sum(
        [*train.values(), *validation.values()]
    ) - len(broken)
