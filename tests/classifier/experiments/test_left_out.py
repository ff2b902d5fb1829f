"""Image files that broke after the import: experiments go on without them, and say which."""

import numpy as np
import pytest
from PIL import Image as Picture

from classifier.experiments.selectors.auto import tried_of
from classifier.models import Experiment, ExperimentMember, FoldAnswers, TrainingRun
from classifier.training.work.left_out import answers_to_readable
from classifier.work import __all__ as handlers
from datasets.errors import UnreadableImages
from datasets.models import OutOfFold, Sample, Split
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from storage.durable import local_blob
from tests import factories
from tests.classifier.experiments.searches import SPACE
from tests.datasets.conftest import encoded, run_job

assert handlers
assert run_job

pytestmark = pytest.mark.django_db

URL = "/api/v1/experiments/"
PIXELS = {"input": "pixels", "side": 8}


@pytest.fixture
def version(user):
    dataset = factories.make_dataset(user=user, name="Colours")
    for first, (name, place) in enumerate((("blue", 2), ("red", 0))):
        files = []
        for number in range(30):
            pixels = np.random.default_rng(100 * first + number).normal(90, 30, (16, 18, 3))
            pixels[:, :, place] += 110
            picture = Picture.fromarray(pixels.clip(0, 255).astype(np.uint8))
            files.append((f"{name}{number}.png", encoded(picture, "PNG"), name))
        factories.add_files(dataset, files)
    return freeze(user=user, dataset=dataset)


def broken(version, split, count=1) -> list[str]:
    """Break the first files of a split."""
    rows = Sample.objects.filter(version=version, split=split).order_by("id")[:count]
    for each in rows:
        path = local_blob(each.sha256)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:40])
    return [each.sha256 for each in rows]


def done(api, run_job, version, status=Status.SUCCEEDED, **asked) -> Experiment:
    body = {"dataset_version": str(version.pk), "preset": "logistic_regression", **asked}
    if asked["kind"] != "learning_curve":
        body.setdefault("config", PIXELS)
    answer = api.post(URL, body)
    assert answer.status_code == 202, answer.json()
    experiment = Experiment.objects.get(pk=answer.json()["id"])
    assert run_job(experiment.job).status == status, experiment.job.error
    experiment.refresh_from_db()
    return experiment


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "cross_validation", "folds": 3},
        {"kind": "learning_curve"},
        {"kind": "search", "space": SPACE, "trials": 3},
        {"kind": "ensemble", "method": "bagging", "count": 2, "preset": "decision_tree"},
    ],
    ids=lambda asked: asked["kind"],
)
def test_fits_go_on_without_a_broken_file(api, page_client, user, version, run_job, asked):
    lost = [*broken(version, Split.TRAIN), *broken(version, Split.VALIDATION)]
    experiment = done(api, run_job, version, **asked)
    assert set(experiment.left_out) == set(lost)
    told = api.get(f"{URL}{experiment.pk}/").json()["left_out"]
    assert (told["count"], {each["sha256"] for each in told["images"]}) == (2, set(lost))
    names = [each["name"] for each in told["images"]]
    page = " ".join(page_client.get(f"/experiments/{experiment.pk}/").content.decode().split())
    assert "2 images whose file can no longer be read" in page
    assert all(name in page for name in names)
    counts = version.sample_counts
    learned = sum(counts["train"].values()) + sum(counts["validation"].values())
    if asked["kind"] == "cross_validation":
        assert experiment.result["images"] == learned - 2
        found = OutOfFold.objects.get(dataset=version.dataset)
        assert len(bytes(found.contents)) == 32 * (learned - 2)
        rows = np.frombuffer(bytes(found.probabilities), np.float16).reshape(learned - 2, 2)
        assert rows.sum(axis=1) == pytest.approx(1, abs=0.01)
        assert sum(len(bytes(each.probabilities)) for each in FoldAnswers.objects.all()) == (
            learned * 2 * 2
        ), "in the order of the folds still"


def test_many_broken_files_end_an_experiment(api, version, run_job):
    lost = broken(version, Split.TRAIN, 8)
    asked = {"kind": "cross_validation", "folds": 3}
    experiment = done(api, run_job, version, Status.FAILED, **asked)
    experiment.job.refresh_from_db()
    # As many as were met by then: more than a tenth of what it learns from.
    assert sum(each in experiment.job.error["detail"] for each in lost) > 5


def test_a_candidate_is_measured_on_what_all_could_answer(user, version):
    """One that needs no file has an answer to it: that is not held against the others."""
    validation = list(Sample.objects.filter(version=version, split=Split.VALIDATION))
    experiment = Experiment.objects.create(
        organization=user.personal_organization, dataset_version=version, kind="auto", name="a",
        settings={}, job=factories.make_run(user, version).job,
        left_out={sorted(each.sha256 for each in validation)[0]: "It is missing."},
    )  # fmt: skip
    figures = {"right": "/w==", "val_loss": 0.1, "seconds": 1, "milliseconds_per_image": None}
    ExperimentMember.objects.create(
        experiment=experiment, number=0, result=figures,
        spec={"stage": "instant", "title": "A", "preset": "logistic_regression"},
    )  # fmt: skip
    [tried] = tried_of(experiment)
    assert len(tried.right) == len(validation) - 1


class _Context:
    def log(self, line: str) -> None:
        self.line = line


def test_a_fold_that_is_asked_about_has_no_answer_to_a_broken_file(user, version):
    held = [(f"{number:064x}", 0) for number in range(20)]
    run, lost = TrainingRun(dataset_version=version), held[3][0]

    def ask(contents):
        if lost in contents:
            raise UnreadableImages({lost: "It is missing."})
        return np.tile([0.25, 0.75], (len(contents), 1))

    metrics = {"unreadable": {"count": 1, "images": [{"sha256": "0", "part": "train"}]}}
    answers = answers_to_readable(_Context(), run, metrics, held, ask)
    assert np.flatnonzero(np.isnan(answers).any(axis=1)).tolist() == [3]
    assert metrics["unreadable"]["count"] == 2
    assert metrics["unreadable"]["images"][1]["part"] == "held"

    def none(contents):
        raise UnreadableImages(dict.fromkeys(contents, "It is missing."))

    with pytest.raises(UnreadableImages):
        answers_to_readable(_Context(), run, {}, held, none)
