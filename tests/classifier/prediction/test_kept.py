"""Keeping predictions: its bounds, who sees and deletes them, and how they go."""

import os
import time
import uuid
from datetime import timedelta

import pytest

from accounts.errors import QuotaExceeded
from accounts.models import AuditEntry
from accounts.quotas import Quota
from accounts.roles import Role
from accounts.selectors.usage import usage_of
from classifier.models import KeptPrediction, Prediction, PredictionFeedback
from classifier.prediction.selectors.kept import keeping_of, kept_predictions, visible_kept
from classifier.prediction.services.delete_kept import (
    delete_all_kept,
    delete_kept,
    make_room,
    purge_kept,
    sweep_kept_files,
)
from classifier.prediction.services.give_feedback import give_feedback, take_back_feedback
from classifier.prediction.services.set_keeping import (
    WhatIsThere,
    keep_predictions,
    stop_keeping,
)
from common.errors import Conflict, Forbidden, Invalid, NotFound
from datasets.models import Annotation, Image
from datasets.services.labelling.annotate import annotate
from storage import durable
from storage.names import kept_name, prediction_of
from tests import factories
from tests.classifier.kept import keep_on, make_kept, make_prediction

pytestmark = pytest.mark.django_db
MIB = 1 << 20


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


@pytest.fixture
def own(user):
    return user.personal_organization


def there(kept: KeptPrediction) -> bool:
    return durable.exists(kept.file_names[0])


def test_keeping_takes_its_room_at_once_and_gives_it_back(user, own):
    assert keeping_of(own) is None
    own.max_bytes = 10 * MIB
    own.save()
    with pytest.raises(QuotaExceeded):
        keep_predictions(user=user, organization=own, days=30, max_bytes=11 * MIB)
    assert keeping_of(own) is None
    keep_predictions(user=user, organization=own, days=30, max_bytes=6 * MIB)
    assert usage_of(own)[Quota.BYTES].used == 6 * MIB
    # More is taken on top of what it has, not once more.
    keep_predictions(user=user, organization=own, days=30, max_bytes=9 * MIB)
    assert usage_of(own)[Quota.BYTES].used == 9 * MIB
    stop_keeping(user=user, organization=own)
    assert usage_of(own)[Quota.BYTES].used == 0
    actions = AuditEntry.objects.filter(action__startswith="prediction_keeping").order_by(
        "created_at"
    )
    assert list(actions.order_by("created_at").values_list("action", flat=True)) == [
        "prediction_keeping.on", "prediction_keeping.on", "prediction_keeping.off",
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "max_bytes"), [(0, MIB), (3651, MIB), (1, MIB - 1), (1, 1 << 51)])
def test_bounds_that_cannot_be_are_named(user, own, days, max_bytes):
    with pytest.raises(Invalid) as refused:
        keep_predictions(user=user, organization=own, days=days, max_bytes=max_bytes)
    assert f"{days:,}" in refused.value.detail or f"{max_bytes:,}" in refused.value.detail


def test_only_admins_switch_it(own):
    editor, stranger = factories.make_member(own, Role.EDITOR), factories.make_user()
    for person, error in ((editor, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            keep_predictions(user=person, organization=own, days=1, max_bytes=MIB)
        with pytest.raises(error):
            stop_keeping(user=person, organization=own)


def test_shorter_days_hold_for_what_is_there_and_longer_ones_do_not(
    user, own, version, django_capture_on_commit_callbacks
):
    old, new = make_kept(user, version, age_days=10), make_kept(user, version)
    keep_predictions(user=user, organization=own, days=7, max_bytes=MIB)
    assert list(kept_predictions(user)) == [new]
    keep_predictions(user=user, organization=own, days=300, max_bytes=MIB)
    new.refresh_from_db()
    assert new.expires_at - new.created_at == timedelta(days=7)
    with django_capture_on_commit_callbacks(execute=True):
        purge_kept()
    assert not there(old)
    assert there(new)
    # The answer stays, as all answers do.
    assert Prediction.objects.filter(pk=old.prediction_id).exists()


def test_switching_off_asks_what_becomes_of_what_is_there(
    user, own, version, django_capture_on_commit_callbacks
):
    before = usage_of(own)[Quota.BYTES].used
    keep_on(own)
    stays = make_kept(user, version)
    with pytest.raises(Conflict) as asked:
        stop_keeping(user=user, organization=own)
    assert asked.value.code == "say_what_happens"
    assert keeping_of(own).enabled
    stop_keeping(user=user, organization=own, what_is_there=WhatIsThere.EXPIRE)
    assert not keeping_of(own).enabled
    assert list(kept_predictions(user)) == [stays]
    assert usage_of(own)[Quota.BYTES].used == before + stays.bytes
    with django_capture_on_commit_callbacks(execute=True):
        stop_keeping(user=user, organization=own, what_is_there=WhatIsThere.DELETE)
    assert not Prediction.objects.exists()


def test_the_oldest_make_room(user, own, version):
    kept = [make_kept(user, version, age_days=days) for days in (3, 2, 1)]
    keeping = keep_on(own, max_bytes=kept[1].bytes + kept[2].bytes)
    assert make_room(own.pk) == 1
    assert list(kept_predictions(user)) == [kept[2], kept[1]]
    keeping.refresh_from_db()
    assert keeping.pushed_out == 1
    assert make_room(own.pk) == 0


def test_others_see_nothing_also_of_a_model_that_is_theirs(user, version):
    asker = factories.make_user()
    asked = make_kept(asker, version)
    assert list(kept_predictions(asker)) == [asked]
    assert not kept_predictions(user).exists()
    with pytest.raises(NotFound):
        visible_kept(user, asked.prediction_id)
    with pytest.raises(NotFound):
        delete_kept(
            user=user, organization=asker.personal_organization,
            prediction_ids=[asked.prediction_id],
        )  # fmt: skip


def test_people_delete_one_some_and_all(user, own, version, django_capture_on_commit_callbacks):
    kept = [make_kept(user, version) for _ in range(4)]
    with pytest.raises(NotFound, match="Nothing was deleted"):
        delete_kept(
            user=user, organization=own,
            prediction_ids=[kept[0].prediction_id, uuid.uuid4()],
        )  # fmt: skip
    assert KeptPrediction.objects.count() == 4
    with django_capture_on_commit_callbacks(execute=True):
        ids = [each.prediction_id for each in kept[:2]]
        assert delete_kept(user=user, organization=own, prediction_ids=ids) == 2
    assert not Prediction.objects.filter(pk__in=ids).exists()
    assert [there(each) for each in kept] == [False, False, True, True]
    with pytest.raises(Forbidden):
        delete_all_kept(user=factories.make_member(own, Role.EDITOR), organization=own)
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_all_kept(user=user, organization=own) == 2
        # Gone for everyone before the chore has come to it.
        assert not kept_predictions(user).exists()
    assert not Prediction.objects.exists()
    assert not any(there(each) for each in kept)


def test_a_file_without_a_row_does_not_stay(user, version):
    kept = make_kept(user, version)
    lost, fresh = (kept_name(uuid.uuid4(), 0) for _ in range(2))
    assert prediction_of(kept.file_names[0]) == kept.prediction_id
    for name in (lost, fresh):
        durable.write(name, [b"x"])
    two_hours_ago = time.time() - 7200
    with durable.borrowed([lost, kept.file_names[0]]) as paths:
        for path in paths:
            os.utime(path, (two_hours_ago, two_hours_ago))
    sweep_kept_files()
    assert there(kept)
    assert durable.exists(fresh)
    assert not durable.exists(lost)


def test_feedback_is_the_last_word_and_the_log_has_the_others(user, own, version):
    kept = make_kept(user, version, "cat")
    first = give_feedback(user=user, prediction=kept.prediction, class_name=" cat ")
    assert (first.class_name, first.correct, first.known) == ("cat", True, True)
    other = give_feedback(user=user, prediction=kept.prediction, class_name="fox", source="api")
    assert (other.pk, other.correct, other.known, other.source) == (first.pk, False, False, "api")
    said = AuditEntry.objects.filter(action="prediction.feedback").order_by("created_at")
    assert [entry.detail["before"] for entry in said] == [None, "cat"]
    take_back_feedback(user=user, prediction=kept.prediction)
    assert not PredictionFeedback.objects.exists()
    with pytest.raises(Forbidden):
        give_feedback(
            user=factories.make_member(own, Role.VIEWER), prediction=kept.prediction,
            class_name="cat",
        )  # fmt: skip


def test_feedback_needs_the_image_and_says_so(user, own, version):
    bare = make_prediction(user, version)
    with pytest.raises(Conflict, match="keeps no predictions") as refused:
        give_feedback(user=user, prediction=bare, class_name="cat")
    assert refused.value.code == "not_kept"
    assert "prediction-keeping" in refused.value.hint
    keep_on(own, days=12)
    with pytest.raises(Conflict, match="for 12 days"):
        give_feedback(user=user, prediction=bare, class_name="cat")
    gone = make_kept(user, version, age_days=31)
    with pytest.raises(Conflict, match="has expired"):
        give_feedback(user=user, prediction=gone.prediction, class_name="cat")


@pytest.mark.django_db(transaction=True)
def test_the_image_goes_into_a_dataset_once(user, version):
    dataset = factories.make_dataset(user=user)
    kept = make_kept(user, version, "cat")

    def say(class_name):
        return give_feedback(
            user=user, prediction=kept.prediction, class_name=class_name, add_to_dataset=dataset
        )

    say("dog")
    image = Image.objects.get(dataset=dataset)
    assert (image.class_label.name, image.sha256) == ("dog", kept.contents[0])
    note = Annotation.objects.get(image=image)
    assert note.created_by == user
    assert (note.source, note.is_copied) == ("feedback", False)
    # Said again, and said otherwise: still the one image.
    say("dog")
    assert list(say("cat").images.all()) == [image]
    image = Image.objects.get(dataset=dataset)
    assert image.class_label.name == "cat"
    # What another person has labelled otherwise is not overwritten.
    twin = make_kept(user, version, content=durable.read(kept.file_names[0]))
    annotate(user=user, dataset=dataset, class_names={image.pk: "bird"})
    with pytest.raises(Conflict) as refused:
        give_feedback(
            user=user, prediction=twin.prediction, class_name="dog", add_to_dataset=dataset
        )
    assert refused.value.code == "labelled_otherwise"
    assert not PredictionFeedback.objects.filter(prediction=twin.prediction).exists()


def test_no_image_goes_to_another_organization(user, version):
    other = factories.make_user()
    kept = make_kept(user, version)
    dataset = factories.make_dataset(user=other)
    with pytest.raises(NotFound):
        give_feedback(
            user=user, prediction=kept.prediction, class_name="cat", add_to_dataset=dataset
        )
    factories.Membership.objects.create(
        organization=other.personal_organization, user=user, role=Role.OWNER
    )
    with pytest.raises(Invalid, match="another organization"):
        give_feedback(
            user=user, prediction=kept.prediction, class_name="cat", add_to_dataset=dataset
        )
    assert not Image.objects.filter(dataset=dataset).exists()
