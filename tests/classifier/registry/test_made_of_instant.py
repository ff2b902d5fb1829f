"""Copies, ensembles and students of an instant model, and of models from elsewhere: what is known.

Which images taught an instant model was not written down, so what is made of one counts only on the
tests that it left out.
"""

import importlib
import uuid

import pytest
from django.apps import apps
from django.db import connection, transaction

from classifier.engine.files import facts_of
from classifier.engine.measure.gate_minimum import Minimum
from classifier.evaluation.selectors.seen import seen_by, seen_by_student
from classifier.evaluation.selectors.verdicts import text_of_report
from classifier.experiments.work.ensemble_members import (
    Member,
    SeenCounts,
    instant_models,
    known_sources,
    learned_from,
    others_unknown,
    seen_together,
)
from classifier.lineage.selectors.image_models import models_of_images
from classifier.models import ModelCopy, ModelVersion
from classifier.registry.selectors.card.data import data
from classifier.registry.selectors.gate import gate_of
from classifier.registry.services.copy_model import register_copy, start_model_copy
from classifier.registry.services.delete_rows import delete_versions, let_go
from classifier.registry.services.set_gate import set_gate
from classifier.training.selectors.teachers import distilled_from
from datasets.models import Split
from datasets.services.versions.freeze import freeze
from tests import factories
from tests.classifier.trained import end_job

pytestmark = pytest.mark.django_db

fill = importlib.import_module("classifier.migrations.0049_instant_models_behind").fill


def row(model, number, **fields):
    """A version as a row alone."""
    return ModelVersion.objects.create(
        model=model.model, number=number, class_names=model.class_names, config={}, libraries={},
        code_version="", files=model.files, created_by=model.created_by, **fields,
    )  # fmt: skip


@pytest.fixture
def before(user):
    """A version that was frozen before the instant model was registered."""
    version = factories.make_version(user=user)
    factories.make_images(version.dataset, "cat", 3, start=90)
    return version


@pytest.fixture
def plain(user, before):
    return factories.make_model_version(factories.make_run(user, before), live=False)


@pytest.fixture
def instant(before, plain):
    facts = {"dataset": str(before.dataset_id), "dataset_name": "x", "learned_from": 1}
    return row(plain, 2, preset="instant_model", instant_model=facts)


@pytest.fixture
def after(user, before, instant):
    return freeze(user=user, dataset=before.dataset, seed=4, test=0.4, train=0.5)


@transaction.atomic
def copy_of(version, folder):
    user = version.created_by
    copy = start_model_copy(user=user, version=version, organization=version.model.organization)
    (folder / "model.onnx").write_bytes(b"weights")
    files = {"model.onnx": dict(facts_of(folder / "model.onnx"))}
    made = register_copy(copy=copy, version=version, files=files, folder=folder)
    end_job(copy.job)
    return ModelVersion.objects.get(pk=made.pk)


def ensemble_of(members, on, number):
    """An ensemble of versions, as its job writes it, and what it saw of its own tests."""
    found = [
        Member(name="m", preset=each.preset, path=None, sha256="", version=each) for each in members
    ]
    facts = {
        "method": "average", "experiment": None,
        "members": [
            {"model_version": str(each.pk), "name": "m", "preset": each.preset, "weight": 0.5}
            for each in members
        ],
        "learned_from": learned_from(found, on), "known_sources": known_sources(found, on),
        "instant_models": instant_models(found), "others_unknown": others_unknown(found),
    }  # fmt: skip
    made = row(members[0], number, preset="ensemble", dataset_version=on, ensemble=facts)
    return made, seen_together(found, SeenCounts(on), Split.TEST)


def student_of(teacher, on, number):
    distilled = distilled_from(teacher)
    return row(teacher, number, preset="distilled", dataset_version=on, distilled=distilled)


def refusals(version):
    return " ".join(rule.detail for rule in gate_of(version).refusals)


def report_on(version, images):
    seen = seen_by(version, images, Split.TEST)
    return factories.make_report(version, right=60, seen=seen, dataset_version=images)


def test_a_copy_counts_on_what_the_instant_model_left_out(before, instant, after, tmp_path):
    copy = copy_of(instant, tmp_path)
    assert "frozen before the instant model was registered" in refusals(copy)
    assert seen_by(copy, after, Split.TEST) is None
    report = report_on(copy, after)
    assert "Its source is an instant model" in refusals(copy)
    assert "Its source is an instant model" in text_of_report(report)
    assert seen_by(copy, before, Split.TEST) == 0
    report_on(copy, before)
    assert gate_of(copy).passed
    # A copy of the copy knows it, too, and so does its student.
    twice = copy_of(copy, tmp_path)
    assert twice.instant_models == instant.instant_models
    student = student_of(twice, before, 3)
    assert seen_by(student, before, Split.TEST) == 0
    late = student_of(twice, after, 4)
    report_on(late, after)
    assert "Its teacher is an instant model" in refusals(late)


def test_an_ensemble_with_an_instant_member_counts_where_that_one_left_the_tests_out(
    before, plain, instant, after
):
    early, seen = ensemble_of([plain, instant], before, 3)
    assert seen == 0
    factories.make_report(early, right=60, seen=seen)
    assert gate_of(early).passed
    other = factories.make_model_version(
        factories.make_run(plain.created_by, after), plain.model, live=False
    )
    late, seen = ensemble_of([other, instant], after, 9)
    assert seen is None
    report = factories.make_report(late, right=60, seen=seen)
    assert "A member of it is an instant model" in refusals(late)
    assert "A member of it is an instant model" in text_of_report(report)
    assert "A member of it is an instant model" in str(list(data(late)))


def test_what_is_made_of_one_counts_on_other_tests_that_all_left_out(user, before, plain, tmp_path):
    shared = freeze(user=user, dataset=before.dataset, keep_test=True)
    facts = {"dataset": str(before.dataset_id), "dataset_name": "x", "learned_from": 1}
    instant = row(plain, 2, preset="instant_model", instant_model=facts)
    ensemble, seen = ensemble_of([plain, instant], before, 3)
    assert (seen, seen_by(ensemble, before, Split.TEST)) == (0, 0)
    rules = [Minimum(metric="accuracy", value=0.9)]
    set_gate(user=user, model=plain.model, rules=rules, dataset_version=shared)
    assert report_on(ensemble, shared).figures.seen_in_training == 0
    assert gate_of(ensemble).passed
    student = student_of(ensemble, before, 4)
    for version in (copy_of(ensemble, tmp_path), copy_of(student, tmp_path)):
        assert report_on(version, before).figures.seen_in_training == 0
        assert gate_of(version).passed
    assert seen_by_student(shared, Split.TEST, distilled_from(ensemble), []) == 0
    # What was trained on the tested images counts, whatever the instant model left out.
    later = freeze(user=user, dataset=before.dataset, seed=4, test=0.4, train=0.5)
    newer = row(plain, 5, preset="instant_model", instant_model=facts)
    leaked, seen = ensemble_of([plain, newer], later, 6)
    assert seen == seen_by(leaked, later, Split.TEST) > 0


def test_no_test_counts_where_a_further_source_is_from_elsewhere(before, plain, instant, tmp_path):
    stranger = row(plain, 3, preset="imported", imported={"file": "a.onnx"})
    ensemble, seen = ensemble_of([stranger, instant], before, 4)
    assert (seen, seen_by(ensemble, before, Split.TEST)) == (None, None)
    factories.make_report(ensemble, right=60, seen=seen)
    copy = copy_of(ensemble, tmp_path)
    student = student_of(copy, before, 5)
    assert seen_by(student, before, Split.TEST) is None
    for version in (ensemble, copy, student):
        assert "no report of it can count" in refusals(version)


def test_an_ensemble_whose_member_knows_its_tests_does_not_pass(plain, after):
    # A member learned from a version of before, whose training images are tested on by now.
    leaked, seen = ensemble_of([plain], after, 3)
    assert seen > 0
    factories.make_report(leaked, right=60, seen=seen)
    assert "only on images that it learned from" in refusals(leaked)


def test_a_student_says_that_its_teacher_is_from_elsewhere(user, before):
    version = factories.make_model_version(factories.make_run(user, before), live=False)
    teacher = row(version, 2, preset="imported", imported={"file": "a.onnx"})
    student = student_of(teacher, before, 3)
    report = report_on(student, before)
    assert report.figures.seen_in_training is None
    found = gate_of(student)
    assert found.passed
    assert "Of its teacher Loupe cannot know" in str(found)
    assert "was not all trained here" in text_of_report(report)
    # An ensemble as the teacher: its members count.
    member, _ = ensemble_of([version, teacher], before, 4)
    late = freeze(user=user, dataset=before.dataset, seed=4, test=0.4, train=0.5)
    second = student_of(member, late, 5)
    assert report_on(second, late).figures.seen_in_training > 0
    assert not gate_of(second).passed


def test_images_name_what_was_made_of_the_instant_model_when_that_is_gone(
    before, plain, instant, tmp_path
):
    extra = before.dataset.images.filter(samples=None).first()
    copy = copy_of(instant, tmp_path)
    ensemble, _ = ensemble_of([plain, instant], before, 3)
    with transaction.atomic():
        let_go("deleted_version", instant.pk)
        delete_versions([instant.pk])
    found = models_of_images(before.dataset.organization_id, extra.sha256, [extra]).learned
    assert {each.version.pk: (str(each.via), each.certain) for each in found} == {
        copy.pk: ("instant_model", False),
        ensemble.pk: ("ensemble", False),
    }


def old_ensemble(members, on, number):
    """An ensemble as it was stored before 0049, by ids of members and their presets."""
    facts = {
        "method": "average", "experiment": None,
        "members": [
            {"model_version": version_id, "name": "m", "preset": preset, "weight": 0.5}
            for version_id, preset in members
        ],
        "learned_from": None, "known_sources": [str(on.pk)],
    }  # fmt: skip
    return {"number": number, "preset": "ensemble", "dataset_version": on, "ensemble": facts}


def old_student(teacher_id, instant_models=()):
    """What a student of a teacher that is, or was made of, an instant model kept before 0049."""
    return {
        "teacher": teacher_id, "name": "x version 1", "sha256": "1" * 64, "learned_from": None,
        "known_sources": [], "instant_models": list(instant_models),
    }  # fmt: skip


def filled():
    """Do the migration's work on what is there."""
    off = "ALTER TABLE classifier_modelversion {} TRIGGER model_version_is_immutable"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(off.format("DISABLE"))
        fill(apps, None)
        cursor.execute(off.format("ENABLE"))


def test_versions_of_before_are_told_from_their_sources(before, plain, instant, after, tmp_path):
    copy = copy_of(instant, tmp_path)
    user = copy.created_by
    members = [(str(plain.pk), plain.preset), (str(instant.pk), "instant_model")]
    ensemble = row(plain, **old_ensemble(members, before, 3))
    lost = row(plain, **old_ensemble([(None, "instant_model")], before, 4))
    taught = {"number": 5, "preset": "distilled", "dataset_version": after}
    student = row(plain, **taught, distilled=old_student(str(ensemble.pk)))
    of_copy = row(plain, **taught | {"number": 6}, distilled=old_student(str(copy.pk)))
    kept = [{"dataset": str(before.dataset_id), "made_at": "2026-11-01T00:00:00+00:00"}]
    gone = old_student(str(uuid.uuid4()), kept)
    orphan = row(plain, **taught | {"number": 7}, distilled=gone)
    twice = copy_of(student, tmp_path)
    run = factories.make_run(user, after)
    type(run).objects.filter(pk=run.pk).update(distilled=old_student(str(student.pk)))
    waiting = start_model_copy(
        user=user, version=ensemble, organization=ensemble.model.organization
    )
    ModelCopy.objects.update(instant_models=[], others_unknown=True)
    filled()
    made = (copy, ensemble, student, of_copy, twice)
    there = ModelVersion.objects.in_bulk([each.pk for each in (*made, lost, orphan)])
    for each in made:
        assert there[each.pk].instant_models == instant.instant_models
        assert not there[each.pk].others_unknown
    assert there[orphan.pk].instant_models == kept
    [unknown] = there[lost.pk].instant_models
    assert unknown["dataset"] == ""
    run.refresh_from_db()
    waiting.refresh_from_db()
    assert run.distilled["instant_models"] == instant.instant_models
    assert (waiting.instant_models, waiting.others_unknown) == (instant.instant_models, False)
    report_on(there[student.pk], after)
    assert "Its teacher is an instant model" in refusals(there[student.pk])
