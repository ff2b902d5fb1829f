"""Drafts of retraining: what makes one, that there is one at a time, and what an admin does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from classifier.models import (
    DraftStatus,
    DriftCheck,
    DriftFinding,
    PredictionFeedback,
    RetrainingDraft,
    RetrainingRule,
    TrainingRun,
)
from classifier.retraining.selectors.expected import expected_change
from classifier.retraining.selectors.standing import standing_of
from classifier.retraining.services.decide import dismiss_draft, start_draft
from classifier.retraining.services.draft import draft_what_is_due, look
from common.errors import Conflict, Forbidden
from datasets.models import DatasetVersion
from datasets.services.versions.freeze import freeze
from jobs.models import Job, Status
from jobs.services import chores
from tests import factories
from tests.classifier.kept import make_prediction
from tests.classifier.retraining.made import dataset_of, learn_more, live_model, ruled
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(user):
    return live_model(user)


def test_enough_new_and_corrected_labels_make_one_draft(model):
    ruled(model, labels=5)
    learn_more(model, 3, corrected=1)
    assert look(model.pk) is None
    learn_more(model, 1)
    draft = look(model.pk)
    assert (draft.reason, draft.new_labels, draft.corrected) == ("labels", 4, 1)
    assert draft.why.startswith("5 labels of ")
    assert draft.expected.startswith("It would learn from 4 images more (+20%) and 1 corrected")
    assert (draft.preset, draft.config["epochs"]) == ("cnn_tiny", 3)
    learn_more(model, 9)
    assert look(model.pk) is None
    assert RetrainingDraft.objects.count() == 1


def test_after_a_dismissal_as_many_more_are_needed(model):
    ruled(model, labels=5)
    learn_more(model, 5)
    draft = dismiss_draft(user=model.created_by, draft=look(model.pk), reason="Later.")
    assert (draft.status, draft.dismissal) == ("dismissed", "Later.")
    learn_more(model, 4)
    assert look(model.pk) is None
    learn_more(model, 1)
    assert "since the draft of" in look(model.pk).why
    with pytest.raises(Conflict, match="has dismissed this draft"):
        start_draft(user=model.created_by, draft=draft)


def test_an_admin_starts_a_run_like_the_live_version_on_a_new_version(model):
    ruled(model, labels=5)
    learn_more(model, 6)
    draft = look(model.pk)
    live = model.versions.get()
    editor = factories.make_member(model.organization, Role.EDITOR)
    for refused in (start_draft, dismiss_draft):
        with pytest.raises(Forbidden):
            refused(user=editor, draft=draft)
    run = start_draft(user=model.created_by, draft=draft)
    draft.refresh_from_db()
    assert (draft.status, draft.training_run) == (DraftStatus.STARTED, run)
    assert (run.model, run.preset, run.config) == (model, live.preset, live.config)
    assert run.dataset_version == draft.dataset_version == DatasetVersion.objects.get(number=2)
    assert sum(run.dataset_version.sample_counts["train"].values()) > 16
    tested = set(live.dataset_version.samples.filter(split=2).values_list("sha256", flat=True))
    assert tested <= set(
        run.dataset_version.samples.filter(split=2).values_list("sha256", flat=True)
    )
    # While it runs, and from what it learned on, nothing is drafted.
    learn_more(model, 5)
    assert look(model.pk) is None
    job = Job.objects.filter(pk=run.job_id)
    for fields in ({"status": Status.QUEUED}, {"status": Status.RUNNING, "fence": 1}):
        job.update(**fields)
    job.update(status=Status.SUCCEEDED)
    assert "since the retraining of" in look(model.pk).why


def test_a_retraining_that_failed_has_taught_nothing(model):
    ruled(model, labels=5)
    learn_more(model, 6)
    run = start_draft(user=model.created_by, draft=look(model.pk))
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    assert look(model.pk).why.startswith("6 labels of ")


def test_a_draft_is_outdated_once_another_version_is_live(model):
    ruled(model, labels=2)
    learn_more(model, 2)
    draft = look(model.pk)
    version = freeze(user=model.created_by, dataset=dataset_of(model))
    run = factories.make_run(model.created_by, version)
    Job.objects.filter(pk=run.job_id).update(status=Status.CANCELLED)
    second = factories.make_model_version(run, model=model)
    model.alias_set.filter(alias="champion").update(version=second)
    with pytest.raises(Conflict) as refused:
        start_draft(user=model.created_by, draft=draft)
    assert refused.value.code == "outdated"
    assert look(model.pk) is None
    draft.refresh_from_db()
    assert draft.status == DraftStatus.OUTDATED


def test_what_others_say_and_what_was_doubtful_is_no_sign_of_how_right_it_is(model):
    version = model.versions.get()
    stranger = factories.make_user()

    def say(user, source: str, correct: bool, number: int) -> None:
        for _ in range(number):
            PredictionFeedback.objects.create(
                prediction=make_prediction(user, version), class_name="cat", correct=correct,
                known=True, source=source,
            )  # fmt: skip

    ruled(model, labels=1)
    learn_more(model, 1)
    say(stranger, "person", False, 20)
    say(model.created_by, "review", False, 20)
    standing = standing_of(model)
    assert "people gave feedback" not in expected_change(standing)
    say(model.created_by, "api", True, 20)
    assert "right about 100% of 20 predictions" in expected_change(standing)


def test_the_worker_looks_by_itself():
    assert draft_what_is_due in chores._chores


def test_drift_of_the_live_version_makes_a_draft_and_after_a_dismissal_waits_a_week(model):
    ruled(model, drift=True)
    learn_more(model, 1)
    assert look(model.pk) is None

    def drift(days: int = 0) -> None:
        job = Job.objects.create(
            kind="check_drift", queue="io", organization=model.organization, title="Drift"
        )
        check = DriftCheck.objects.create(
            organization=model.organization, model=model, model_version=model.versions.get(),
            job=job, scheduled=True, level=0.01, judgement="drift",
        )  # fmt: skip
        at = timezone.now() + timedelta(days=days)
        DriftCheck.objects.filter(pk=check.pk).update(created_at=at)
        DriftFinding.objects.create(
            drift_check=check, kind="confidence", score=1, p_value=0, adjusted=0,
            judgement="drift", images=300,
        )  # fmt: skip

    drift()
    draft = look(model.pk)
    assert (draft.reason, "drifted (confidence)" in draft.why) == ("drift", True)
    dismiss_draft(user=model.created_by, draft=draft)
    drift(days=1)
    assert look(model.pk) is None
    drift(days=8)
    assert look(model.pk).reason == "drift"


def test_missed_dates_are_one_and_said(model):
    rule = ruled(model, every_days=7)
    assert look(model.pk) is None
    due = timezone.now() - timedelta(days=15)
    RetrainingRule.objects.update(due_at=due)
    assert look(model.pk) is None
    rule.refresh_from_db()
    assert "skipped: no label of" in rule.note
    assert rule.due_at == due + timedelta(days=21)
    learn_more(model, 1)
    RetrainingRule.objects.update(due_at=due)
    draft = look(model.pk)
    assert (draft.reason, "2 earlier dates were missed" in draft.why) == ("schedule", True)
    RetrainingRule.objects.update(due_at=timezone.now())
    assert look(model.pk) is None
    rule.refresh_from_db()
    assert rule.note.endswith("was skipped, because a draft was open.")


def test_a_live_version_that_no_run_made_is_said_and_drafts_nothing(model, api):
    ruled(model, labels=1)
    learn_more(model, 1)
    model.alias_set.all().delete()
    assert look(model.pk) is None
    said = api.get(f"/api/v1/models/{model.pk}/retraining/").json()
    assert (said["hindrance"], said["live_version"]) == ("No version is live.", None)


def test_the_chore_looks_at_each_rule_every_five_minutes_and_tells_webhooks(model):
    WebhookEndpoint.objects.create(
        organization=model.organization,
        url="https://example.com/hook",
        events=["retraining.drafted"],
        secret="none",
    )
    ruled(model, labels=1)
    draft_what_is_due()
    learn_more(model, 1)
    draft_what_is_due()
    assert not RetrainingDraft.objects.exists()
    RetrainingRule.objects.update(looked_at=timezone.now() - timedelta(minutes=6))
    draft_what_is_due()
    draft = RetrainingDraft.objects.get()
    assert str(draft.pk) in WebhookDelivery.objects.get().body


def test_the_api_sets_the_rule_and_starts_a_draft(model, api):
    url = f"/api/v1/models/{model.pk}/retraining/"
    rule = {"labels": 2, "drift": True, "every_days": None}
    assert api.put(url, {**rule, "labels": 0}, format="json").status_code == 400
    said = api.put(url, rule, format="json").json()
    assert (said["labels"], said["drift"], said["next_at"], said["draft"]) == (2, True, None, None)
    learn_more(model, 2)
    look(model.pk)
    said = api.get(url).json()
    [listed] = api.get(f"/api/v1/retraining-drafts/?model={model.pk}&status=open").json()["results"]
    assert said["draft"] == listed
    started = api.post(f"/api/v1/retraining-drafts/{listed['id']}/start/")
    assert started.status_code == 202
    assert TrainingRun.objects.filter(pk=started.json()["id"], model=model).exists()
    again = api.post(f"/api/v1/retraining-drafts/{listed['id']}/start/")
    assert (again.status_code, again.json()["code"]) == (409, "decided")
