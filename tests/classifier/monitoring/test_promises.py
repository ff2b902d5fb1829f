"""Promises of decisions beside what people say of accepted answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from classifier.engine.measure.decision import Wish
from classifier.models import Decision, PredictionFeedback, PromiseRecord
from classifier.monitoring.selectors.promises import promises_of
from classifier.monitoring.services.check_promises import (
    check_all_promises,
    check_promise,
    check_promises,
)
from classifier.registry.services.decision import apply_wish, set_decision
from tests import factories
from tests.classifier.decided import make_decision
from tests.classifier.kept import make_prediction
from webhooks.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(user, make_model_version):
    """A version that promises that nine in ten accepted answers are right."""
    version = make_model_version(user)
    row = make_decision(user, version, Wish(precision=0.9))
    assert row.held.promised == 0.9
    return version


def say(user, version, right, wrong, class_name="red", decision="accept", **fields):
    """Have people check accepted answers."""
    for number in range(right + wrong):
        prediction = make_prediction(user, version, class_name, 0.99, decision, **fields)
        PredictionFeedback.objects.create(
            prediction=prediction, class_name=class_name if number < right else "another",
            correct=number < right, known=True, source="person", created_by=user,
        )  # fmt: skip


def test_a_promise_that_holds_stays(user, decided):
    say(user, decided, right=57, wrong=3)
    check_promises()
    record = PromiseRecord.objects.get()
    assert (record.checked, record.broken) == ({"red": [57, 3]}, [])
    [told] = promises_of(user, decided.model)
    assert (told.state.right, told.state.checked, told.class_name) == (57, 60, "")
    assert Decision.objects.get().withdrawn == {}


def test_a_broken_promise_is_withdrawn_and_told(user, decided, api):
    WebhookEndpoint.objects.create(
        organization=decided.model.organization, url="https://example.com/",
        events=["decision.withdrawn"], secret="s",
    )  # fmt: skip
    before = Decision.objects.get()
    assert any(each is not None for each in before.rule["thresholds"])
    say(user, decided, right=60, wrong=25)
    check_promises()
    after = Decision.objects.get()
    # What would have been accepted is to be reviewed from the next prediction on.
    assert after.rule["thresholds"] == [None, None, None]
    assert after.rule_name != before.rule_name
    said = api.get(f"/api/v1/model-versions/{decided.pk}/decision/").json()
    assert (said["promised"], said["accept_share"]) == (None, 0)
    assert "Of 85 accepted answers that people checked, 60 were right" in said["refusal"]
    entry = AuditEntry.objects.get(action="model_version.decision.withdraw")
    assert entry.actor is None
    delivery = WebhookDelivery.objects.get()
    assert delivery.event == "decision.withdrawn"
    assert "for review from now on" in delivery.body
    [told] = promises_of(user, decided.model)
    assert told.state is None
    assert "at least 90.0 % were promised" in told.reason
    # Forgetting an image tells the rule again, and does not bring the promise back.
    apply_wish(after, decided)
    assert set(after.rule["thresholds"]) == {None}
    # Looked at again, nothing more is told; a person may set it again.
    check_promise(decided.pk)
    assert WebhookDelivery.objects.count() == 1
    row = set_decision(user=user, version=decided, wish=Wish(precision=0.9))
    assert row.held.promised == 0.9
    assert row.withdrawn == {}
    check_promise(decided.pk)
    assert PromiseRecord.objects.latest("since").checked == {}


def test_a_class_alone_loses_its_promise(user, make_model_version):
    version = make_model_version(user)
    wish = Wish(precision={"red": 0.9, "blue": 0.9}, confidence=0.8)
    row = make_decision(user, version, wish)
    assert [each.class_name for each in row.held.promises] == ["blue", "red"]
    say(user, version, right=50, wrong=30, class_name="red")
    say(user, version, right=50, wrong=0, class_name="blue")
    check_promises()
    row = Decision.objects.get()
    assert [each.class_name for each in row.held.promises] == ["blue"]
    blue, _, red = row.rule["thresholds"]
    assert (blue is None, red) == (False, None)
    states = {told.class_name: told.state for told in promises_of(user, version.model)}
    assert states["red"] is None
    # What was counted of the other class goes on.
    assert states["blue"].checked == 50


def test_what_was_not_promised_does_not_count(user, decided):
    other = factories.make_user()
    say(user, decided, right=0, wrong=30, decision="review")
    # Readers' predictions are not what the owner promised.
    say(other, decided, right=0, wrong=30)
    # Of several images of one thing nothing is promised.
    say(user, decided, right=0, wrong=30, images=[])
    check_promises()
    assert check_promise(decided.pk).checked == {}
    assert Decision.objects.get().withdrawn == {}


def test_what_was_asked_before_the_promise_does_not_count(user, make_model_version):
    version = make_model_version(user)
    say(user, version, right=0, wrong=60)
    make_decision(user, version, Wish(precision=0.9))
    check_promises()
    assert check_promise(version.pk).checked == {}


def test_thresholds_by_hand_promise_nothing(user, make_model_version):
    version = make_model_version(user)
    make_decision(user, version, Wish(thresholds={"red": 0.5}))
    say(user, version, right=0, wrong=60)
    assert check_promise(version.pk) is None
    assert promises_of(user, version.model) == []


def test_what_is_corrected_and_taken_back_is_counted_again(user, decided):
    say(user, decided, right=30, wrong=0)
    check_promises()
    said = PredictionFeedback.objects.all()
    for each in said[:2]:
        each.correct, each.class_name = False, "blue"
        each.save()
    # Said long ago, corrected now.
    said.update(created_at=timezone.now() - timedelta(days=3))
    check_promises()
    assert PromiseRecord.objects.get().checked == {"red": [28, 2]}
    said.filter(correct=False).delete()
    check_all_promises()
    assert PromiseRecord.objects.get().checked == {"red": [28, 0]}


def test_one_version_that_fails_leaves_the_others_their_turn(
    user, decided, make_model_version, caplog
):
    other = make_model_version(user, salt=b"other")
    make_decision(user, other, Wish(precision=0.9))
    row = Decision.objects.get(model_version=decided)
    # No promise has a chance of error of nothing.
    row.outcome["promised"] = 1.0
    row.save()
    say(user, decided, right=1, wrong=0)
    say(user, other, right=1, wrong=0)
    check_promises()
    assert PromiseRecord.objects.get().decision.model_version == other
    assert "could not be checked" in caplog.text


def test_each_wish_is_counted_by_itself(user, decided):
    """By hand everything was accepted for a while; then the same promise was made again."""
    say(user, decided, right=10, wrong=0)
    check_promises()
    set_decision(user=user, version=decided, wish=Wish(thresholds={"red": 0.0}))
    say(user, decided, right=0, wrong=60)
    set_decision(user=user, version=decided, wish=Wish(precision=0.9))
    check_promises()
    assert check_promise(decided.pk).checked == {}
    assert Decision.objects.get().withdrawn == {}
