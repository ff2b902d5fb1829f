"""A run whose student learns from a version: refused by name, told, and never a leak unsaid."""

import pytest

from classifier.evaluation.selectors.seen import (
    seen_by,
    seen_by_student,
    validation_seen_by_teacher,
)
from classifier.lineage.selectors.image_models import models_of_images
from classifier.models import EvaluationReport, ModelVersion
from classifier.registry.selectors.gate import gate_of
from classifier.training.selectors.teachers import distilled_from
from classifier.training.services.start_training import resume_training
from classifier.work import __all__ as handlers
from common.errors import Invalid
from datasets.models import Image, Sample, Split
from datasets.services.versions.freeze import freeze
from jobs.errors import FenceLost
from jobs.models import Status
from storage import scratch
from tests import factories
from tests.classifier.training.students import CONFIG, student_of
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("config", "name", "code", "words"),
    [
        ({}, "teacher", "required", "none was given"),
        ({"teacher": "no id"}, "teacher", "no_teacher", "received “no id”"),
        ({"max_megabytes": 0.05}, "max_megabytes", "too_small", "The smallest student for 3"),
    ],
)
def test_a_run_without_a_teacher_or_room_is_refused(
    user, make_model_version, config, name, code, words
):
    teacher = make_model_version(user)
    if name != "teacher":
        config = {**config, "teacher": str(teacher.pk)}
    with pytest.raises(Invalid, match=words) as caught:
        student_of(user, teacher.dataset_version, **config)
    [error] = caught.value.errors
    assert (error.pointer, error.code) == (f"/config/{name}", code)


def test_the_teacher_knows_the_same_classes_and_is_ones_own(user, make_model_version):
    teacher = make_model_version(user)
    other = factories.make_version(user=user)
    with pytest.raises(Invalid, match="does not know “cat”"):
        student_of(user, other, teacher=str(teacher.pk))
    theirs = make_model_version(factories.make_user())
    with pytest.raises(Invalid, match="must be the id of a version of one of"):
        student_of(user, teacher.dataset_version, teacher=str(theirs.pk))


def test_no_experiment_takes_a_student(user, make_model_version, api):
    teacher = make_model_version(user)
    body = {
        "kind": "cross_validation", "dataset_version": str(teacher.dataset_version_id),
        "preset": "distilled", "config": {"teacher": str(teacher.pk)},
    }  # fmt: skip
    answer = api.post("/api/v1/experiments/", body)
    assert answer.status_code == 400, answer.json()
    assert answer.json()["errors"][0]["code"] == "single_runs"


def test_the_form_offers_versions_that_know_the_classes(user, make_model_version, page_client):
    teacher = make_model_version(user)
    factories.make_version(user=user)
    query = {"preset": "distilled", "dataset_version": teacher.dataset_version_id}
    page = page_client.get("/training/new/settings/", query).content.decode()
    assert f'<option value="{teacher.pk}">{teacher} · cnn_tiny' in page
    other = factories.make_version(user=user)
    page = page_client.get("/training/new/settings/", {**query, "dataset_version": other.pk})
    assert str(teacher.pk) not in page.content.decode()
    assert "No model of yours knows exactly these classes" in page.content.decode()


def test_a_student_is_told_on_its_pages_and_in_its_lineage(
    user, make_model_version, api, page_client, run_job
):
    teacher = make_model_version(user)
    version = teacher.dataset_version
    held = Sample.objects.filter(version=version, split=Split.TEST).first()
    taken = factories.make_images(version.dataset, "", 5, start=40)
    run = student_of(user, version, teacher=str(teacher.pk), **CONFIG)
    job = run_job(run.job)
    assert job.status == Status.SUCCEEDED, job.error
    run.refresh_from_db()
    told = run.metrics["distillation"]
    assert told["unlabelled"] == len(taken)
    assert told["labelled"] == sum(version.sample_counts["train"].values())
    assert told["validation_seen"] == 0
    made = ModelVersion.objects.get(training_run=run)
    assert made.distilled["teacher"] == str(teacher.pk)
    assert made.files["model.onnx"]["bytes"] <= 100_000
    report = EvaluationReport.objects.get(model_version=made)
    assert report.figures.seen_in_training == 0
    page = page_client.get(f"/training/{run.pk}/").content.decode()
    assert f'href="/model-versions/{teacher.pk}/">{teacher}</a>' in page
    assert "and 5 without a class" in page
    assert "so they say too much of it" not in page
    card = api.get(f"/api/v1/model-versions/{made.pk}/card/").content.decode()
    assert f"on the answers of {teacher}" in card
    nodes = api.get(f"/api/v1/model-versions/{teacher.pk}/lineage/").json()["nodes"]
    assert str(made.pk) in {each["id"] for each in nodes}
    image = Image.objects.get(pk=held.image_id)
    known = models_of_images(version.dataset.organization_id, held.sha256, [image])
    assert {each.version.pk: each.how for each in known.models}[made.pk] == "measured"


def test_a_student_that_dies_before_its_first_epoch_asks_its_teacher_no_more(
    user, make_model_version, run_job
):
    teacher = make_model_version(user)
    run = student_of(user, teacher.dataset_version, teacher=str(teacher.pk), **CONFIG)
    folder = scratch.checkpoint_dir(run.job.lineage)
    answers = {}

    def dies() -> None:
        answers["kept"] = {path: path.stat().st_mtime_ns for path in folder.rglob("teacher-*/*")}
        raise FenceLost

    def looks() -> None:
        answers["then"] = {path: path.stat().st_mtime_ns for path in folder.rglob("teacher-*/*")}

    run_job(run.job, {"Compiling the network for the first step": dies})
    assert not run.epochs.exists()
    resume_training(user=user, run=run)
    run.refresh_from_db()
    job = run_job(run.job, {"Writing the model": looks})
    assert job.status == Status.SUCCEEDED, job.error
    assert answers["kept"]
    assert answers["then"] == answers["kept"]


def test_what_a_teacher_has_met_counts_as_seen_and_does_not_pass_the_gate(user):
    other = factories.make_version(user=user)
    version = freeze(user=user, dataset=other.dataset, seed=4, test=0.4, train=0.5)
    teacher = factories.make_model_version(factories.make_run(user, other))
    met = Sample.objects.filter(version=other, split__in=(Split.TRAIN, Split.VALIDATION))
    tested = Sample.objects.filter(version=version, split=Split.TEST)
    leaked = tested.filter(sha256__in=met.values("sha256")).count()
    assert leaked > 0
    distilled = distilled_from(teacher)
    assert seen_by_student(version, Split.TEST, distilled, []) == leaked
    assert seen_by_student(version, Split.TEST, distilled, ["0" * 64]) == leaked
    trained = Sample.objects.filter(version=other, split=Split.TRAIN).values("sha256")
    validated = Sample.objects.filter(version=version, split=Split.VALIDATION, sha256__in=trained)
    assert validation_seen_by_teacher(version, distilled, []) == validated.count()
    strange = {**distilled, "learned_from": None, "known_sources": []}
    assert validation_seen_by_teacher(version, strange, []) is None
    made = factories.make_model_version(factories.make_run(user, version))
    student = ModelVersion(
        model=made.model, number=2, dataset_version=version, class_names=made.class_names,
        preset="distilled", config={}, libraries={}, code_version="", files=made.files,
        distilled=distilled,
    )  # fmt: skip
    student.save()
    assert seen_by(student, version, Split.TEST) == leaked
    assert set(student.known_sources) == {str(version.pk), str(other.pk)}
    factories.make_report(student, right=60, seen=leaked)
    assert not gate_of(student).passed
    sample = tested.filter(sha256__in=met.values("sha256")).first()
    image = Image.objects.get(pk=sample.image_id)
    known = models_of_images(version.dataset.organization_id, sample.sha256, [image])
    assert {each.version.pk: each.via for each in known.models}[student.pk] == "teacher"
    student.distilled = {**student.distilled, "learned_from": None}
    assert student.learned_from is None
