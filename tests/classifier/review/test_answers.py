"""Doubtful answers in the review queue: of kept predictions, and of batches."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.roles import Role
from classifier.batches.services.end_batch import delete_batch, sweep_batches
from classifier.models import (
    BatchPrediction,
    BatchResult,
    KeptPrediction,
    PredictionFeedback,
    ReviewItem,
    ReviewSelection,
    VersionCalibration,
)
from classifier.prediction.services.give_feedback import give_feedback
from classifier.registry.selectors.dependents import dependents_of_version
from classifier.review.services.answer import answer_item, skip_item, undo_answer
from classifier.review.services.choose_answers import doubtful_predictions
from classifier.review.services.claim import claim
from classifier.review.services.rank import Ranking
from classifier.review.services.select import queue_chosen, select_batch, select_predictions
from common.errors import Conflict, Invalid, NotFound
from datasets.models import Annotation, Image
from datasets.services.labelling.annotate import annotate
from jobs.models import Job, Status
from storage import durable
from storage.names import blob_name
from tests import factories
from tests.classifier.kept import make_kept
from tests.classifier.review.queued import run_selection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def version(user):
    run = factories.make_run(user)
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    return factories.make_model_version(run)


def doubtful(user, version, cat: float = 0.6, decision: str | None = "review") -> KeptPrediction:
    """A kept prediction of cat, so probable."""
    return make_kept(user, version, "cat", cat, decision)


def choose(user, version, **more):
    organization = version.model.organization
    selection = select_predictions(
        user=user, organization=organization, model=version.model, **more
    )
    return run_selection(selection)


def taken(user, version, count=5):
    return claim(
        user=user,
        organization=version.model.organization,
        items=ReviewItem.objects.filter(model=version.model),
        order="uncertainty",
        count=count,
    )


def test_what_was_decided_to_be_doubtful_is_queued_and_the_rest_is_counted(user, version):
    doubtful(user, version, 0.9, "accept")
    review = doubtful(user, version)
    unknown = doubtful(user, version, 0.8, "unknown")
    doubtful(user, version, 0.7, None)
    VersionCalibration.objects.create(model_version=version, temperature=2.0, images=9)
    selection = choose(user, version)
    assert selection.counts == {
        "queued": 2, "known": 0, "full": 0, "gone": 0, "without_answer": 0, "several": 0,
        "undecided": 1,
    }  # fmt: skip
    first, second = taken(user, version)
    assert (first.kept, second.kept) == (review, unknown)
    assert (first.decision, first.suggested[0]) == (
        "review",
        {"class_name": "cat", "probability": 0.6},
    )
    # The odds are 1.5 : 1, and the temperature is 2.
    assert first.uncertainty == pytest.approx(2 / (1 + 1.5**0.5), abs=1e-6)
    again = choose(user, version, confidence=0.75)
    assert (again.counts["queued"], again.counts["known"]) == (1, 2)


def test_an_answer_becomes_feedback_and_an_image_and_undo_takes_both_back(user, version):
    kept = doubtful(user, version)
    choose(user, version)
    [item] = taken(user, version)
    dataset = factories.make_dataset(user=user)
    answer_item(user=user, item=item, class_name="dog", add_to_dataset=dataset)
    feedback = PredictionFeedback.objects.get(prediction=kept.prediction)
    assert (feedback.class_name, feedback.correct, feedback.source) == ("dog", False, "review")
    image = Image.objects.get(dataset=dataset)
    assert (image.class_label.name, image.sha256) == ("dog", kept.contents[0])
    assert Annotation.objects.get(image=image, class_name="dog").source == "review"
    item.refresh_from_db()
    undo_answer(user=user, item=item)
    image.refresh_from_db()
    assert image.deleted_at is not None
    assert not PredictionFeedback.objects.exists()
    assert [each.pk for each in taken(user, version)] == [item.pk]


def test_a_content_that_is_there_is_labelled_and_said(user, version, api):
    kept = doubtful(user, version)
    choose(user, version)
    [item] = taken(user, version)
    dataset = factories.make_dataset(user=user)
    give_feedback(user=user, prediction=kept.prediction, class_name="cat", add_to_dataset=dataset)
    PredictionFeedback.objects.all().delete()
    url = f"/api/v1/review-items/{item.pk}/answer/"
    body = {"class_name": "dog", "add_to_dataset": str(dataset.pk)}
    refused = api.post(url, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "labelled_otherwise")
    said = api.post(url, {**body, "class_name": "cat"}, format="json").json()
    assert said["placed"] == [{"image": str(Image.objects.get(dataset=dataset).pk), "added": False}]
    assert said["prediction"] == str(kept.prediction_id)


def test_what_another_person_said_meanwhile_stands(user, version):
    kept = doubtful(user, version)
    choose(user, version)
    [item] = taken(user, version)
    other = factories.make_member(version.model.organization, Role.EDITOR)
    give_feedback(user=other, prediction=kept.prediction, class_name="cat")
    with pytest.raises(Conflict) as refused:
        answer_item(user=user, item=item, class_name="dog")
    assert refused.value.code == "changed_meanwhile"
    PredictionFeedback.objects.all().delete()
    answer_item(user=user, item=item, class_name="dog")
    give_feedback(user=other, prediction=kept.prediction, class_name="cat")
    item.refresh_from_db()
    with pytest.raises(Conflict):
        undo_answer(user=user, item=item)
    assert PredictionFeedback.objects.get().class_name == "cat"


def test_what_goes_while_it_is_chosen_is_counted_and_the_rest_is_queued(user, version):
    first, second = doubtful(user, version), doubtful(user, version)
    selection = select_predictions(
        user=user, organization=version.model.organization, model=version.model
    )
    choice = doubtful_predictions(selection)
    KeptPrediction.objects.filter(pk=first.pk).delete()
    with transaction.atomic():
        queue_chosen(selection, choice, Ranking([first.pk, second.pk], "a network"))
    assert (selection.counts["queued"], selection.counts["gone"]) == (1, 1)
    item = ReviewItem.objects.get()
    assert (item.kept, item.rank, selection.ranked) == (second, 1, 1)
    KeptPrediction.objects.filter(pk=second.pk).delete()
    with pytest.raises(NotFound, match="gone from the queue"):
        skip_item(user=user, item=item)


def test_feedback_given_elsewhere_closes_the_item(user, version):
    kept = doubtful(user, version)
    choose(user, version)
    give_feedback(user=user, prediction=kept.prediction, class_name="cat")
    assert taken(user, version) == []
    assert choose(user, version).counts["queued"] == 0
    assert not ReviewItem.objects.exists()


def batch_of(user, version, dataset=None, ended=True) -> BatchPrediction:
    organization = version.model.organization
    how = {"status": Status.SUCCEEDED, "ended_at": timezone.now()} if ended else {}
    job = Job.objects.create(
        kind="batch_prediction", queue="io", organization=organization, title="Batch", **how
    )
    return BatchPrediction.objects.create(
        organization=organization, model_version=version, job=job, source="archive",
        source_name="new.zip", image_count=3, top_k=2, expires_at=timezone.now(),
        dataset=dataset, created_by=user,
    )  # fmt: skip


def result_of(batch, index: int, cat: float, **fields) -> BatchResult:
    classes = [
        {"class_name": "cat", "probability": cat},
        {"class_name": "dog", "probability": 1 - cat},
    ]
    return BatchResult.objects.create(
        batch=batch, index=index, name=f"{index}.png", class_name="cat", probability=cat,
        answer={"classes": classes}, **fields,
    )  # fmt: skip


def test_doubtful_answers_of_a_batch_are_labelled_where_their_images_are(user, version):
    dataset = factories.make_dataset(user=user)
    own, archived = factories.make_images(dataset, "", 2, start=400)
    file = {"width": 16, "height": 12, "format": "PNG", "bytes": archived.bytes}
    batch = batch_of(user, version, dataset)
    result_of(batch, 0, 0.95, image=own, sha256=own.sha256)
    result_of(batch, 1, 0.6, image=own, sha256=own.sha256)
    result_of(batch, 2, 0.7, sha256=archived.sha256, file=file)
    with pytest.raises(Conflict, match="when all images"):
        select_batch(user=user, batch=batch_of(user, version, ended=False))
    selection = run_selection(select_batch(user=user, batch=batch, confidence=0.8))
    assert (selection.counts["queued"], selection.counts["undecided"]) == (2, 0)
    first, second = taken(user, version)
    answer_item(user=user, item=first, class_name="dog")
    own.refresh_from_db()
    assert own.class_label.name == "dog"
    assert set(taken(user, version)) == {second}
    other = factories.make_dataset(user=user)
    with pytest.raises(Invalid, match="would be lost"):
        answer_item(user=user, item=second, class_name="owl")
    answer_item(user=user, item=second, class_name="owl", add_to_dataset=other)
    image = Image.objects.get(dataset=other)
    assert (image.sha256, image.class_label.name) == (archived.sha256, "owl")
    assert Annotation.objects.get(image=image).source == "review"
    second.refresh_from_db()
    undo_answer(user=user, item=second)
    assert Image.objects.get(dataset=other).deleted_at is not None


def test_a_class_that_was_given_since_stands_against_a_batch(user, version):
    dataset = factories.make_dataset(user=user)
    [image] = factories.make_images(dataset, "", 1, start=500)
    batch = batch_of(user, version, dataset)
    result_of(batch, 0, 0.6, image=image, sha256=image.sha256)
    run_selection(select_batch(user=user, batch=batch, confidence=0.8))
    [item] = taken(user, version)
    annotate(user=user, dataset=dataset, class_names={image.pk: "bird"})
    with pytest.raises(Conflict) as refused:
        answer_item(user=user, item=item, class_name="dog")
    assert refused.value.code == "changed_meanwhile"
    assert taken(user, version) == []


def test_a_hash_that_is_not_the_files_own_writes_over_nothing(user, version):
    [victim] = factories.make_images(factories.make_dataset(), "cat", 1, start=600)
    before = durable.read(blob_name(victim.sha256))
    kept = doubtful(user, version)
    kept.images = [{**kept.images[0], "sha256": victim.sha256}]
    kept.contents = [victim.sha256]
    kept.save()
    choose(user, version)
    [item] = taken(user, version)
    dataset = factories.make_dataset(user=user)
    with pytest.raises(NotFound, match="not the one that was kept"):
        answer_item(user=user, item=item, class_name="dog", add_to_dataset=dataset)
    assert durable.read(blob_name(victim.sha256)) == before
    assert not Image.objects.filter(dataset=dataset).exists()


def test_a_batch_stays_while_its_answers_are_chosen_for_review(user, version):
    batch = batch_of(user, version)
    result_of(batch, 0, 0.6, sha256="ab" * 32, file={"bytes": 1})
    selection = select_batch(user=user, batch=batch, confidence=0.8)
    assert selection.job.title in " ".join(dependents_of_version(version).bars)
    with pytest.raises(Conflict, match="to review"):
        delete_batch(user=user, batch=batch)
    sweep_batches()
    assert BatchPrediction.objects.get().deleted_at is None, "its days are over, and it waits"
    Job.objects.filter(pk=selection.job_id).update(status=Status.CANCELLED, ended_at=timezone.now())
    assert selection.job.title not in " ".join(dependents_of_version(version).bars)
    delete_batch(user=user, batch=batch)
    with pytest.raises(NotFound, match="was deleted"):
        select_batch(user=user, batch=batch)
    BatchPrediction.objects.update(created_at=timezone.now() - timedelta(days=2))
    sweep_batches()
    assert not BatchPrediction.objects.exists()
    assert not ReviewSelection.objects.exists()
    assert not Job.objects.filter(pk=selection.job_id).exists(), "nothing would be left to show"
