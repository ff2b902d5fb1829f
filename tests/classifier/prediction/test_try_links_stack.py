"""What strangers with a try link get from the running platform, and what they cannot take."""

import pytest
import requests
from django.conf import settings

from accounts import hourly
from accounts.models import APIToken
from accounts.selectors.usage import predictions_key
from classifier.models import KeptPrediction, Prediction, TryLink
from classifier.monitoring.selectors.window import predictions_of
from classifier.prediction.services.try_links.manage import make_try_link
from tests.classifier.conftest import RED
from tests.classifier.kept import keep_on


@pytest.fixture
def version(stack, user, make_model_version):
    return make_model_version(user)


def ask(stack, secret: str, content: bytes = RED, **more):
    return requests.post(
        f"{stack.url}/api/v1/try/",
        files={"image": ("IMG_1987.png", content)},
        headers={"Loupe-Try-Link": secret},
        timeout=30,
        **more,
    )


def own_call(stack, user, version):
    token = APIToken.objects.create(user, name="test", scopes=["predict"])[1]
    return requests.post(
        f"{stack.url}/api/v1/models/{version.model_id}/predict/",
        files={"images": ("red.png", RED)},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def test_a_stranger_asks_and_no_more(stack, user, version):
    keep_on(user.personal_organization)
    link, secret = make_try_link(user=user, model=version.model, name="open day", max_predictions=3)
    answer = ask(stack, secret)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"classes", "decision"}
    assert answer.json()["classes"][0]["class_name"] == "red"
    assert set(answer.json()["classes"][0]) == {"class_name", "probability"}
    kept = Prediction.objects.get()
    assert (kept.created_by, kept.organization) == (user, user.personal_organization)
    assert "IMG_1987" not in kept.name
    assert not KeptPrediction.objects.exists(), "nothing of a stranger's image is kept"
    assert kept.image_sha256 == "", "nor can anyone prove that it was sent"
    assert not predictions_of(version, kept.organization).exists(), "drift is of one's own images"

    unreadable = ask(stack, secret, b"no image")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "not_an_image")
    large = ask(stack, secret, b"x" * ((1 << 20) + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert "up to 1,048,576 bytes" in large.json()["detail"]
    # A session beside it counts for nothing: no CSRF token is asked for, and none is needed.
    assert ask(stack, secret, cookies={"sessionid": "x"}).status_code == 200
    used_up = ask(stack, secret)
    assert (used_up.status_code, used_up.json()["code"]) == (404, "try_link_invalid")
    link.refresh_from_db()
    assert link.predictions == 3


def test_a_flood_is_the_links_own(stack, user, version):
    _, secret = make_try_link(user=user, model=version.model, name="open day")
    link = TryLink.objects.get()
    own = hourly.used(predictions_key(user.personal_organization))
    hourly.take(
        f"loupe:minute:try-link:{link.pk}",
        settings.TRY_LINK_A_MINUTE,
        settings.TRY_LINK_A_MINUTE,
        seconds=60,
    )
    refused = ask(stack, secret)
    assert (refused.status_code, refused.json()["code"]) == (429, "try_link_busy")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert user.personal_organization.name not in refused.text
    link.refresh_from_db()
    assert link.predictions == 0
    assert hourly.used(predictions_key(user.personal_organization)) == own
    assert own_call(stack, user, version).status_code == 200
    # Another link of the organization still works.
    _, another = make_try_link(user=user, model=version.model, name="another")
    assert ask(stack, another).status_code == 200


def test_strangers_leave_the_half_of_an_hour_to_the_organization(stack, user, version):
    organization = user.personal_organization
    organization.max_predictions_per_hour = 3
    organization.save()
    _, secret = make_try_link(user=user, model=version.model, name="open day")
    assert ask(stack, secret).status_code == 200
    refused = ask(stack, secret)
    assert (refused.status_code, refused.json()["code"]) == (429, "try_link_busy")
    assert 60 < int(refused.headers["Retry-After"]) <= 3600
    assert TryLink.objects.get().predictions == 1
    assert own_call(stack, user, version).status_code == 200
    assert own_call(stack, user, version).status_code == 200


def test_what_its_people_have_asked_counts_for_strangers_too(stack, user, version):
    """Else strangers, whose hour begins later, would have a half of each of two hours in one."""
    organization = user.personal_organization
    organization.max_predictions_per_hour = 4
    organization.save()
    _, secret = make_try_link(user=user, model=version.model, name="open day")
    assert own_call(stack, user, version).status_code == 200
    assert own_call(stack, user, version).status_code == 200
    assert ask(stack, secret).status_code == 429
    assert own_call(stack, user, version).status_code == 200


def test_a_model_without_a_live_version_says_so(stack, user, version):
    _, secret = make_try_link(user=user, model=version.model, name="open day")
    version.model.alias_set.all().delete()
    answer = ask(stack, secret)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_version")
    assert TryLink.objects.get().predictions == 0
