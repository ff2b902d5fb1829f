"""What a version, its reports and its trainings are after an image of it was forgotten."""

import hashlib
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from classifier.engine.measure.answers import unpack
from classifier.engine.validation import ValidationAnswers
from classifier.evaluation.selectors.answers import answer_columns
from classifier.lineage.selectors.forgetting import forgotten_of, models_of, preview_of
from classifier.lineage.services.erase import erase_all_files, erase_all_rows
from classifier.lineage.services.start_forgetting import start_forgetting
from classifier.models import Decision, EpochAnswers, ModelVersion, Prediction, TrainingRun
from classifier.models.report_answers import packed
from classifier.registry.services.forget_references import forget_references
from classifier.training.selectors.answers import watched_images
from common.errors import Conflict, Forbidden, Invalid, NotFound
from datasets.models import Dataset, Image, Sample, Split, Vector
from datasets.selectors.forgotten import forgotten_before, told_forgotten
from datasets.selectors.images import visible_image
from datasets.selectors.version_archive import entries_of
from datasets.selectors.versions import samples_of
from datasets.services.labelling.bulk_edit import bulk_edit
from datasets.services.versions.freeze import freeze
from datasets.services.versions.restore_version import restore_version
from jobs.models import Job
from jobs.services import chores
from storage import durable
from storage.names import blob_name, model_file_name
from tests import factories
from tests.classifier.answering import answered
from tests.classifier.kept import make_kept
from tests.classifier.lineage.forgotten import do_job, end_jobs, forget, image_in

pytestmark = pytest.mark.django_db


def digest_of(version) -> str:
    """The version's digest, told from its samples again."""
    rows = version.samples.values_list("sha256", "split", "class_index")
    names = version.class_names
    lines = sorted(f"{sha}\t{Split(split).label}\t{names[index]}\n" for sha, split, index in rows)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_a_version_lives_on_without_it(user, api, page_client):
    version = factories.make_version(user=user)
    image = image_in(version, Split.TRAIN)
    name, kept = image.name, samples_of(version, Split.TRAIN)
    made = factories.make_model_version(factories.make_run(user, version))
    end_jobs()
    forget(user, image)
    # What begins after it has not met it.
    factories.make_model_version(factories.make_run(user, version), live=False)
    gone = Image.objects.get(pk=image.pk)
    assert [each.version for each in models_of(gone).learned] == [made]
    left = samples_of(version, Split.TRAIN)
    assert left == [each for each in kept if each[0] != image.sha256]
    assert len(left) < len(kept)
    # The hash stays as a tombstone, so that the digest can be checked; nothing else does.
    sample = Sample.objects.get(image=image.pk)
    assert (sample.sha256, sample.name, sample.metadata, sample.forgotten) == (
        image.sha256, "", {}, True,
    )  # fmt: skip
    assert digest_of(version) == version.digest
    assert image.sha256 not in {entry.stored.split("/")[-1] for entry in entries_of(version)}
    assert not durable.exists(blob_name(image.sha256))
    with pytest.raises(NotFound, match="forgotten"):
        visible_image(user, image.pk, in_trash=True)
    for page in ("", "images/"):
        shown = page_client.get(f"/datasets/versions/{version.pk}/{page}").content.decode()
        assert "1 image was forgotten" in shown
        assert name not in shown
    assert api.get(f"/api/v1/dataset-versions/{version.pk}/").data["forgotten"] == 1
    restore_version(user=user, version=version)
    gone = Image.objects.get(pk=image.pk)
    assert gone.deleted_at
    assert gone.purged_at
    assert (gone.name, gone.class_label) == ("", None)
    assert image.sha256 not in dict(
        samples_of(freeze(user=user, dataset=version.dataset), Split.TRAIN)
    )
    told = told_forgotten(version)
    assert told
    assert told["images"] == [{"sha256": image.sha256, "part": "train"}]


def test_reports_lose_the_answer_to_it_and_stay_in_order(user):
    version = factories.make_version(user=user)
    tested = samples_of(version, Split.TEST)
    run = factories.make_run(user, version)
    made = factories.make_model_version(run)
    # Right about the last one alone.
    said = [1 - index for _, index in tested[:-1]] + [tested[-1][1]]
    report = answered(version, made, said)
    assert answer_columns(report).correct.tolist() == [False] * (len(tested) - 1) + [True]
    image = image_in(version, Split.TEST)
    with pytest.raises(Conflict, match="has not ended"):
        start_forgetting(user=user, image=image, reason="Asked for.")
    end_jobs()
    forget(user, image)
    report.refresh_from_db()
    columns = answer_columns(report)
    assert columns.correct.tolist() == [False] * (len(tested) - 2) + [True]
    assert [index for index, _ in unpack(packed(report.answers))] == said[1:]
    hashes = Sample.objects.in_bulk(columns.sample.tolist())
    assert [hashes[pk].sha256 for pk in columns.sample.tolist()] == [sha for sha, _ in tested[1:]]
    assert models_of(Image.objects.get(pk=image.pk)).measured[0].version == made


def test_who_may_and_what_is_written_down(user):
    organization = user.personal_organization
    image = factories.make_images(factories.make_dataset(user=user), "cat", 1, start=400)[0]
    with pytest.raises(Forbidden):
        start_forgetting(
            user=factories.make_member(organization, Role.EDITOR), image=image, reason="x"
        )
    with pytest.raises(Invalid, match="1 to 500"):
        start_forgetting(user=user, image=image, reason="  ")
    admin = factories.make_member(organization, Role.ADMIN)
    forgetting = start_forgetting(user=admin, image=image, reason="Withdrew consent.")
    with pytest.raises(Conflict, match="already"):
        start_forgetting(user=user, image=image, reason="Again.")
    do_job(forgetting)
    entry = AuditEntry.objects.get(action="image.forget")
    assert (entry.actor, entry.detail["reason"]) == (admin, "Withdrew consent.")
    assert image.name not in str(entry.detail)
    assert image.sha256 not in str(entry.detail)
    # In no version: not even the row is left.
    assert not Image.objects.filter(pk=image.pk).exists()
    again = factories.make_images(image.dataset, "cat", 1, start=400)[0]
    assert forgotten_before(again) == forgetting
    assert durable.exists(blob_name(image.sha256))
    # A second turn of the job, as after a kill, takes nothing from who came later.
    erase_all_rows(forgetting)
    erase_all_files(forgetting, lambda message: None)
    assert durable.exists(blob_name(image.sha256))
    assert Image.objects.get(pk=again.pk).name == again.name


def test_others_keep_the_same_file_and_other_datasets_by_choice(user, api):
    here, there = factories.make_dataset(user=user), factories.make_dataset(user=user)
    image = factories.make_images(here, "cat", 1, start=500)[0]
    copy = factories.add_files(here, factories.image_files("cat", 1, 500))[0]
    other = factories.make_images(there, "cat", 1, start=500)[0]
    strangers = factories.make_images(factories.make_dataset(), "cat", 1, start=500)[0]
    assert len({image.sha256, copy.sha256, other.sha256, strangers.sha256}) == 1
    space = factories.make_space(width=4)
    for organization in (here.organization, strangers.dataset.organization):
        Vector.objects.create(
            organization=organization, sha256=image.sha256, space=space, vector=b"\0" * 8
        )
    preview = api.get(f"/api/v1/images/{image.pk}/forgetting/").data
    assert preview["copies"] == 2
    assert preview["other_datasets"][0]["id"] == str(there.pk)
    said = str(preview["remains"])
    assert strangers.dataset.name not in said
    assert str(strangers.dataset.pk) not in said
    bad = api.post(
        f"/api/v1/images/{image.pk}/forgetting/",
        {"reason": "x", "datasets": [str(strangers.dataset.pk)]},
    )
    assert bad.status_code == 400
    forget(user, image)
    assert set(Image.objects.filter(sha256=image.sha256)) == {other, strangers}
    assert Vector.objects.filter(sha256=image.sha256).count() == 2
    end_jobs()
    forget(user, other)
    assert durable.exists(blob_name(image.sha256))
    assert Vector.objects.get(sha256=image.sha256).organization == strangers.dataset.organization


def test_predictions_names_and_the_page_of_what_is_gone(user, page_client, make_model_version):
    version = factories.make_version(user=user)
    made = make_model_version(user, version=None)
    image = image_in(version, Split.TRAIN)
    values = {"organization": user.personal_organization, "model_version": made, "answer": {}}
    Prediction.objects.create(name="a.png", image_sha256=image.sha256, **values)
    Prediction.objects.create(
        name="two", images=[{"name": "a", "sha256": image.sha256, "answer": {}}], **values
    )
    # Sent with its metadata, so under another hash, and kept without.
    kept = make_kept(user, made, content=durable.read(blob_name(image.sha256)))
    stays = Prediction.objects.create(name="b.png", image_sha256="0" * 64, **values)
    run = factories.make_run(user, version)
    named = {"count": 1, "images": [{"sha256": image.sha256, "name": image.name, "part": "train"}]}
    TrainingRun.objects.filter(pk=run.pk).update(metrics={"unreadable": named})
    end_jobs()
    assert preview_of(image).predictions == 3
    page = page_client.get(f"/images/{image.pk}/forget/").content.decode()
    assert "3 kept predictions" in page
    assert str(version) in page
    assert image.name in page
    forgetting = forget(user, image)
    assert list(Prediction.objects.all()) == [stays]
    assert not durable.exists(kept.file_names[0])
    run.refresh_from_db()
    assert image.name not in str(run.metrics)
    shown = page_client.get(f"/forgettings/{forgetting.pk}/").content.decode()
    assert "kept predictions" in shown
    assert "VACUUM" in shown
    assert image.name not in shown
    assert page_client.get(f"/images/{image.pk}/models/").status_code == 404


def test_a_decision_loses_its_training_vector(user, make_model_version):
    from classifier.engine.measure.decision import Wish
    from tests.classifier.decided import make_decision

    made = make_model_version(user)
    row = make_decision(user, made, Wish(precision=0.9))
    sha256, before = row.content_of(3), row.starts
    name = model_file_name(made.pk, "references.npy")
    count = len(np.load(durable.local(name)))
    assert forget_references(decision=row, sha256=sha256) == 1
    row = Decision.objects.get(pk=row.pk)
    assert len(np.load(durable.local(name))) == count - 1 == len(bytes(row.contents)) // 32
    assert row.starts == [before[0], *(start - 1 for start in before[1:])]
    assert sha256 not in [row.content_of(each) for each in range(count - 1)]
    assert hashlib.sha256(durable.read(name)).hexdigest() == row.references["sha256"]
    assert forget_references(decision=row, sha256=sha256) == 0


def test_what_was_given_up_half_way_is_finished(user):
    image = factories.make_images(factories.make_dataset(user=user), "cat", 1, start=700)[0]
    forgetting = start_forgetting(user=user, image=image, reason="Asked for.")
    erase_all_rows(forgetting)
    assert durable.exists(blob_name(image.sha256))
    long_ago = timezone.now() - timedelta(hours=2)
    Job.objects.filter(pk=forgetting.job_id).update(status="queued")
    Job.objects.filter(pk=forgetting.job_id).update(status="running", fence=1)
    Job.objects.filter(pk=forgetting.job_id).update(status="failed", ended_at=long_ago)
    given_up = forgetting.job_id
    chores.run_all()
    forgetting.refresh_from_db()
    assert forgetting.job_id != given_up
    do_job(forgetting)
    assert not durable.exists(blob_name(image.sha256))
    assert forgetting.job.status == "succeeded"


def test_work_of_others_on_a_shared_version_is_not_named(user):
    version, other = factories.make_version(user=user), factories.make_user()
    organization = other.personal_organization
    job = Job.objects.create(
        kind="train", queue="train", organization=organization, title="A secret plan"
    )
    TrainingRun.objects.create(
        organization=organization, dataset_version=version, preset="cnn_tiny", config={},
        name="Secret", job=job,
    )  # fmt: skip
    (bar,) = preview_of(image_in(version, Split.TRAIN)).bars
    assert "organization that the dataset is shared with" in bar
    assert "secret" not in bar.lower()


def test_the_file_of_others_is_not_shown_in_its_place(user, api, page_client):
    version = factories.make_version(user=user)
    image = image_in(version, Split.TRAIN)
    factories.add_files(factories.make_dataset(), factories.image_files(image.class_label.name, 10))
    forget(user, image)
    assert durable.exists(blob_name(image.sha256))
    for route in ("", "file/", "thumbnail/", "models/", "forgetting/"):
        answer = api.get(f"/api/v1/images/{image.pk}/{route}")
        assert (answer.status_code, answer.data["code"]) == (404, "forgotten")
    assert page_client.get(f"/datasets/images/{image.pk}/").status_code == 404


def test_what_only_versions_keep_can_be_forgotten(user, api):
    version = factories.make_version(user=user)
    Dataset.objects.filter(pk=version.dataset_id).update(
        deleted_at=timezone.now() - timedelta(days=40), purged_at=timezone.now()
    )
    image = image_in(version, Split.TRAIN)
    preview = api.get(f"/api/v1/images/{image.pk}/forgetting/").data
    assert preview["models"]["counts"]["dataset_versions"] == 1
    forget(user, image)
    assert not durable.exists(blob_name(image.sha256))


def instant_version(user, dataset, number: int) -> ModelVersion:
    made = ModelVersion.objects.filter(created_by=user).first()
    made = made or factories.make_model_version(factories.make_run(user))
    return ModelVersion.objects.create(
        model=made.model, number=number, class_names=["cat"], preset="instant_model", config={},
        libraries={}, code_version="", files={"model.onnx": {"sha256": "3" * 64, "bytes": 1}},
        instant_model={"dataset": str(dataset.pk), "dataset_name": "x", "learned_from": 1},
    )  # fmt: skip


def test_what_met_an_image_that_no_version_held_is_still_named(user, page_client):
    dataset = factories.make_dataset(user=user)
    image = factories.make_images(dataset, "cat", 1, start=800)[0]
    before = instant_version(user, dataset, 11)
    end_jobs()
    edit = bulk_edit(
        user=user, dataset=dataset, action="relabel", selection=[image.pk], class_name="dog"
    ).edit
    forgetting = forget(user, image)
    instant_version(user, dataset, 12)
    assert [each.version for each in forgotten_of(forgetting).found.models] == [before]
    assert str(before) in page_client.get(f"/forgettings/{forgetting.pk}/").content.decode()
    edit.refresh_from_db()
    assert edit.image_ids == edit.class_ids == edit.person_ids == []


def test_an_instant_model_of_later_has_not_met_what_a_version_held(user):
    version = factories.make_version(user=user)
    image = image_in(version, Split.TRAIN)
    before = instant_version(user, version.dataset, 11)
    end_jobs()
    forget(user, image)
    instant_version(user, version.dataset, 12)
    found = models_of(Image.objects.get(pk=image.pk)).models
    assert [each.version for each in found if each.via == "instant_model"] == [before]


def test_what_was_watched_of_a_training_goes(user):
    version = factories.make_version(user=user)
    run = factories.make_run(user, version)
    watched = [[sha, index] for sha, index in samples_of(version, Split.VALIDATION)]
    TrainingRun.objects.filter(pk=run.pk).update(watched={"counts": [1, 1], "images": watched})
    answers = ValidationAnswers(np.array([1, 1]), np.array([0, 1]), np.array([0.5, 0.75]))
    EpochAnswers.objects.create(run=run, epoch=1, **answers.pack())
    end_jobs()
    forget(user, image_in(version, Split.VALIDATION))
    run.refresh_from_db()
    assert run.watched["images"] == watched[1:]
    kept = EpochAnswers.objects.get(run=run).unpacked
    assert kept.predicted.tolist() == [1]
    assert [each.name for each in watched_images(run, [1])] != [""]
