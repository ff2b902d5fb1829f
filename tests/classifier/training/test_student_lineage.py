"""What a student knows by its teacher is never lost: not with the teacher, not in a copy."""

import re

import pytest
from django.db import transaction

from accounts.roles import Role
from classifier.engine.formats.facts import TAUGHT_FILE
from classifier.evaluation.selectors.seen import count_seen, seen_by
from classifier.evaluation.selectors.taken_images import taken_images
from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.lineage.selectors.image_models import models_of_images
from classifier.models import EvaluationReport, ModelVersion, TrainingRun
from classifier.registry.selectors.gate import gate_of
from classifier.registry.services.copy_model import (
    copied_files,
    register_copy,
    start_model_copy,
)
from classifier.registry.services.delete_rows import delete_versions, let_go
from classifier.registry.services.delete_version import delete_version
from classifier.retraining.selectors.standing import standing_of
from classifier.training.selectors.teachers import distilled_from, teachers_for
from classifier.work import __all__ as handlers
from common.errors import Conflict
from datasets.models import ClassLabel, Image, Split
from datasets.services.versions.freeze import freeze
from jobs.models import Status
from tests import factories
from tests.classifier.trained import end_job
from tests.classifier.training.students import CONFIG, student_of
from tests.datasets.conftest import run_job

assert handlers
assert run_job

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


@transaction.atomic
def gone(version):
    """Delete a version, whatever bars it."""
    let_go("deleted_version", version.pk)
    delete_versions([version.pk])


def known_of(image):
    """Return by what the organization's models learned from an image."""
    found = models_of_images(image.dataset.organization_id, image.sha256, [image])
    return {each.version.pk: each.via for each in found.learned}


@transaction.atomic
def copy_of(version, folder):
    """Return a copy of a version in its own organization."""
    owner = version.model.organization
    copy = start_model_copy(user=version.created_by, version=version, organization=owner)
    folder.mkdir()
    files = copied_files(copy, version, folder)
    made = register_copy(copy=copy, version=version, files=files, folder=folder)
    end_job(copy.job)
    return ModelVersion.objects.get(pk=made.pk)


def test_what_a_teacher_took_stays_known_when_it_goes_while_its_student_trains(
    user, make_model_version, page_client, run_job, tmp_path
):
    first = make_model_version(user)
    version, dataset = first.dataset_version, first.dataset_version.dataset
    taken = factories.make_images(dataset, "", 5, start=40)
    run = student_of(user, version, teacher=str(first.pk), **CONFIG)
    job = run_job(run.job)
    assert job.status == Status.SUCCEEDED, job.error
    teacher = ModelVersion.objects.get(training_run=run)
    assert not teacher.alias_set.exists()
    copy = copy_of(teacher, tmp_path / "copy")
    # People label what it took; a later version tests on some of these.
    blue = ClassLabel.objects.get(dataset=dataset, name="blue")
    Image.objects.filter(pk__in=[each.pk for each in taken]).update(class_label=blue)
    later = freeze(user=user, dataset=dataset, seed=4, test=0.4, train=0.5)
    also = [each.sha256 for each in taken]
    assert count_seen(later, Split.TEST, [], also) > 0
    leaked = count_seen(later, Split.TEST, [str(version.pk)], also)
    assert seen_by(copy, later, Split.TEST) == leaked

    factories.make_images(dataset, "", 2, start=60)
    run = student_of(user, later, teacher=str(teacher.pk), **CONFIG)
    with pytest.raises(Conflict, match=re.escape(f"“{run.job.title}” reads its files")):
        delete_version(user=user, version=teacher)
    job = run_job(run.job, {"Writing the model": lambda: gone(teacher)})
    assert job.status == Status.SUCCEEDED, job.error
    made = ModelVersion.objects.get(training_run=run)
    assert (made.distilled["name"], set(made.known_sources)) == (
        str(teacher),
        {str(version.pk), str(later.pk)},
    )
    assert TAUGHT_FILE in made.files
    assert set(also) < set(taken_images(made))
    report = EvaluationReport.objects.get(model_version=made)
    assert report.figures.seen_in_training == seen_by(made, later, Split.TEST) == leaked
    assert not gate_of(made).passed
    tested = later.samples.filter(split=Split.TEST, sha256__in=also).first()
    known = known_of(Image.objects.get(pk=tested.image_id))
    assert (known[made.pk], known[copy.pk]) == ("teacher", "unlabelled")

    run.refresh_from_db()
    seen = count_seen(later, Split.VALIDATION, [str(version.pk)], also, learned=(Split.TRAIN,))
    assert run.metrics["distillation"]["validation_seen"] == seen > 0
    address = f"/training/{run.pk}/"
    page = page_client.get(address).content.decode()
    assert f"{teacher} <span" in page
    assert "deleted since" in page
    assert f"The teacher learned from {seen} of these images" in page
    assert "2 without a class <span" in page
    gone(made)
    page = page_client.get(address)
    assert page.status_code == 200
    assert "2 without a class" in page.content.decode()


def student_row(teacher, number, version):
    """A student's version as a row alone."""
    return ModelVersion.objects.create(
        model=teacher.model, number=number, dataset_version=version, preset="distilled",
        class_names=version.class_names, config={}, libraries={}, code_version="",
        files=teacher.files, distilled=distilled_from(teacher),
    )  # fmt: skip


def test_a_student_of_an_instant_model_is_judged_only_on_what_that_one_left_out(user):
    before = factories.make_version(user=user)
    [extra] = factories.make_images(before.dataset, "cat", 1, start=90)
    made = factories.make_model_version(factories.make_run(user, before))
    teacher = ModelVersion.objects.create(
        model=made.model, number=2, class_names=made.class_names, preset="instant_model",
        config={}, libraries={}, code_version="", files=made.files,
        instant_model={"dataset": str(before.dataset_id), "dataset_name": "x", "learned_from": 1},
    )  # fmt: skip
    early = student_row(teacher, 3, before)
    assert known_of(extra) == {teacher.pk: "instant_model", early.pk: "teacher"}
    gone(teacher)
    assert known_of(extra) == {early.pk: "teacher"}
    after = freeze(user=user, dataset=before.dataset, seed=4, test=0.4, train=0.5)
    late = student_row(teacher, 4, after)
    assert (seen_by(early, before, Split.TEST), seen_by(late, after, Split.TEST)) == (0, None)
    factories.make_report(early, right=60, seen=0)
    report = factories.make_report(late, right=60, seen=None)
    sentence = "Its teacher is an instant model"
    said = {each: [rule.detail for rule in gate_of(each).refusals] for each in (early, late)}
    assert any(sentence in each for each in said[late]), said
    assert not any(sentence in each for each in said[early]), said
    assert sentence in text_of_report(report)
    assert "trained here" not in text_of_report(report)


def test_the_teachers_offered_are_of_the_organization_whose_the_run_is(user, make_model_version):
    ours = make_model_version(user)
    colleague = factories.make_member(user.personal_organization, Role.EDITOR)
    theirs = make_model_version(colleague)
    assert teachers_for(colleague, ours.dataset_version) == [ours]
    assert teachers_for(colleague, theirs.dataset_version) == [theirs]


def test_a_live_student_is_not_retrained_without_a_teacher_for_todays_classes(user):
    version = factories.make_version(user=user)
    teacher = factories.make_model_version(factories.make_run(user, version), live=False)
    run = factories.make_run(user, version)
    TrainingRun.objects.filter(pk=run.pk).update(
        distilled=distilled_from(teacher), config={**run.config, "teacher": str(teacher.pk)}
    )
    model = factories.make_model_version(TrainingRun.objects.get(pk=run.pk)).model
    assert standing_of(model).hindrance == ""
    factories.make_images(version.dataset, "owl", 3)
    assert "does not know the classes that" in standing_of(model).hindrance
    gone(teacher)
    assert "which was deleted" in standing_of(model).hindrance
