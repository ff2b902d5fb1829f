"""The pages of kept predictions."""

import pytest

from accounts.roles import Role
from classifier.models import KeptPrediction, PredictionFeedback
from classifier.prediction.selectors.kept import keeping_of
from tests import factories
from tests.classifier.kept import keep_on, make_kept, make_prediction

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(user):
    return factories.make_model_version(factories.make_run(user))


def text(answer) -> str:
    return answer.content.decode()


def test_switched_on_and_off_by_its_page(page_client, user, version):
    own = user.personal_organization
    address = f"/organizations/{own.slug}/predictions/"
    assert "No prediction is kept" in text(page_client.get("/predictions/"))
    assert "Keep predictions</button>" in text(page_client.get(address))
    refused = page_client.post(address, {"days": 0, "mebibytes": 5})
    assert refused.status_code == 422
    too_much = page_client.post(address, {"days": 5, "mebibytes": 1 << 30})
    assert "may have" in text(too_much)
    page_client.post(address, {"days": 5, "mebibytes": 2})
    keeping = keeping_of(own)
    assert (keeping.enabled, keeping.days, keeping.max_bytes) == (True, 5, 2 << 20)
    make_kept(user, version)
    assert page_client.post(address, {"stop": "1"}).status_code == 422
    page_client.post(address, {"stop": "1", "what_is_there": "expire"})
    assert not keeping_of(own).enabled
    assert KeptPrediction.objects.exists()
    page_client.post(f"{address}delete-all/")
    assert not KeptPrediction.objects.filter(deleted_at=None).exists()


def test_viewers_see_and_change_nothing(page_client, user, version):
    owner = factories.make_user()
    other = owner.personal_organization
    kept = make_kept(owner, version, "cat", organization=other)
    factories.Membership.objects.create(organization=other, user=user, role=Role.VIEWER)
    listed = text(page_client.get("/predictions/"))
    assert kept.prediction.name in listed
    assert f'name="prediction" value="{kept.prediction_id}"' not in listed
    one = text(page_client.get(f"/predictions/{kept.prediction_id}/"))
    assert "No one has said yet" in one
    for button in ("Save", "Delete for ever", "It is cat"):
        assert button not in one
    assert "Keep predictions</button>" not in text(
        page_client.get(f"/organizations/{other.slug}/predictions/")
    )


def test_the_list_filters_and_deletes_what_is_chosen(page_client, user, version):
    kept = [make_kept(user, version, name, 0.75) for name in ("cat", "dog", "dog")]
    dogs = text(page_client.get("/predictions/?class_name=dog"))
    assert kept[1].prediction.name in dogs
    assert kept[0].prediction.name not in dogs
    assert "No such predictions" in text(page_client.get("/predictions/?decision=accept"))
    day = f"{kept[0].created_at:%Y-%m-%d}"
    # A day is meant as a whole.
    assert kept[0].prediction.name in text(
        page_client.get(f"/predictions/?since={day}&until={day}")
    )
    assert "No such predictions" in text(page_client.get("/predictions/?until=2026-02-28"))
    assert page_client.get("/predictions/?until=later").status_code == 400
    assert page_client.get("/predictions/?colour=red").status_code == 400
    assert page_client.get("/predictions/?confidence_min=high").status_code == 400
    own = user.personal_organization.slug
    ids = [str(each.prediction_id) for each in kept[:2]]
    page_client.post(f"/organizations/{own}/predictions/delete/", {"prediction": ids})
    assert list(KeptPrediction.objects.all()) == kept[2:]
    nothing = page_client.post(f"/organizations/{own}/predictions/delete/", follow=True)
    assert "Nothing was deleted" in text(nothing)


def test_feedback_is_given_and_taken_back_on_the_page(page_client, user, version):
    kept = make_kept(user, version, "cat", 0.75, "review")
    address = f"/predictions/{kept.prediction_id}/"
    # The button that agrees comes after the field, which may hold something.
    assert ">It is cat</button>" in text(page_client.get(address))
    page_client.post(address, {"class_name": ["", "cat"]})
    assert PredictionFeedback.objects.get().correct
    page_client.post(address, {"class_name": "dog"})
    feedback = PredictionFeedback.objects.get()
    assert (feedback.class_name, feedback.source, feedback.correct) == ("dog", "person", False)
    assert "The answer is wrong. It is" in text(page_client.get(address))
    assert page_client.post(address, {"class_name": ""}).status_code == 422
    page_client.post(f"{address}feedback/take-back/")
    assert not PredictionFeedback.objects.exists()
    page_client.post(f"{address}delete/")
    assert page_client.get(address).status_code == 404


def test_a_page_without_its_image_says_so(page_client, user, version):
    bare = make_prediction(user, version)
    keep_on(user.personal_organization)
    page = text(page_client.get(f"/predictions/{bare.pk}/"))
    assert "The image is not kept" in page
    assert page_client.post(f"/predictions/{bare.pk}/", {"class_name": "cat"}).status_code == 409
