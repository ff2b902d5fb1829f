"""A challenger beside the champion: who may, which calls, what is counted, how it ends."""

import uuid

import pytest
from scipy.stats import binomtest, fisher_exact

from accounts.roles import Role
from classifier.engine.measure.proportions import difference, fisher
from classifier.models import (
    Arm,
    Challenge,
    ChallengeAnswer,
    ChallengeMode,
    ModelAlias,
    RegisteredModel,
)
from classifier.prediction.selectors.challenge import comparison_of, running_challenge
from classifier.prediction.services.answers import NamedImage
from classifier.prediction.services.challenge.manage import (
    promote_challenger,
    start_challenge,
    stop_challenge,
)
from classifier.prediction.services.challenge.pauses import Pauses
from classifier.prediction.services.challenge.route import challenge_of, is_drawn
from classifier.prediction.services.delete_kept import delete_kept
from classifier.prediction.services.give_feedback import give_feedback
from classifier.registry.errors import GateRefused
from classifier.registry.selectors.models import version_to_serve
from classifier.registry.services.remove_alias import remove_alias
from classifier.registry.services.set_alias import set_alias
from common.errors import Conflict, Forbidden, Invalid, NotFound
from tests import factories
from tests.classifier.kept import keep_on, make_kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(user):
    """A champion and a challenger with files of the same model."""
    champion = factories.make_model_version(factories.make_run(user))
    run = factories.make_run(user, champion.dataset_version, model=champion.model)
    challenger = factories.make_model_version(run, champion.model, live=False)
    ModelAlias.objects.create(model=champion.model, alias="challenger", version=challenger)
    return champion, challenger


@pytest.fixture
def model(versions):
    return versions[0].model


def begin(user, model, mode=ChallengeMode.SHARE, share=0.5) -> Challenge:
    return start_challenge(user=user, model=model, mode=mode, share=share)


def test_the_mathematics_agrees_with_scipy():
    for table in ((9, 1, 4, 6), (30, 0, 29, 1), (120, 80, 95, 105), (0, 5, 0, 7), (1, 0, 0, 1)):
        right, wrong, other_right, other_wrong = table
        expected = fisher_exact([[right, wrong], [other_right, other_wrong]]).pvalue
        assert fisher(*table) == pytest.approx(expected, abs=1e-9)
    # R. G. Newcombe, 1998, table II, method 10: 56/70 less 48/80.
    found = difference(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_only_admins_begin_and_stop_it(user, model):
    own = model.organization
    for person, error in (
        (factories.make_member(own, Role.EDITOR), Forbidden),
        (factories.make_user(), NotFound),
    ):
        with pytest.raises(error):
            begin(person, model)
        with pytest.raises(error):
            stop_challenge(user=person, model=model)
    for share in (0, -1, 1.5):
        with pytest.raises(Invalid):
            begin(user, model, share=share)


def test_what_it_lacks_is_named(user, model, versions):
    with pytest.raises(Conflict, match="keeps no predictions") as refused:
        begin(user, model, ChallengeMode.SHADOW)
    assert refused.value.code == "keeps_no_predictions"
    keep_on(model.organization)
    assert begin(user, model, ChallengeMode.SHADOW).mode == "shadow"
    remove_alias(user=user, model=model, alias="challenger")
    with pytest.raises(Conflict, match="no challenger"):
        begin(user, model)
    ModelAlias.objects.create(model=model, alias="challenger", version=versions[0])
    with pytest.raises(Conflict, match="both version 1"):
        begin(user, model)


def test_one_at_a_time_and_the_flag_follows(user, model):
    first = begin(user, model)
    second = begin(user, model, share=0.1)
    first.refresh_from_db()
    assert first.end_reason == "stopped"
    assert running_challenge(model) == second
    assert RegisteredModel.objects.get(pk=model.pk).challenged
    stop_challenge(user=user, model=model)
    assert not RegisteredModel.objects.get(pk=model.pk).challenged
    with pytest.raises(NotFound):
        stop_challenge(user=user, model=model)


def test_only_the_own_organizations_calls_for_the_champion_take_part(user, model):
    def taking_part(organization=model.organization):
        return challenge_of(version_to_serve(user, model.pk), organization)

    assert taking_part() is None
    challenge = begin(user, model)
    assert taking_part() == challenge
    assert taking_part(factories.make_user().personal_organization) is None
    challenger = version_to_serve(user, model.pk, alias="challenger")
    assert challenge_of(challenger, model.organization) is None
    # An operator's hand, past the services: the alias has moved, the challenge has not ended.
    ModelAlias.objects.filter(model=model, alias="challenger").update(
        version=version_to_serve(user, model.pk)
    )
    assert taking_part() is None


def test_the_share_is_drawn_by_the_images_and_is_as_large_as_asked(user, model):
    challenge = Challenge(share=0.2)
    calls = [[NamedImage("a", uuid.UUID(int=number).bytes)] for number in range(4000)]
    drawn = [is_drawn(challenge, call) for call in calls]
    assert drawn == [is_drawn(challenge, call) for call in calls]
    assert binomtest(sum(drawn), len(drawn), 0.2).pvalue > 0.0001
    # Another challenge draws others.
    other = Challenge(share=0.2)
    assert drawn != [is_drawn(other, call) for call in calls]
    assert all(is_drawn(Challenge(share=1), call) for call in calls[:50])


def test_a_challenger_that_failed_is_left_alone_until_it_answers(monkeypatch):
    pauses, challenge = Pauses(), uuid.uuid4()
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    assert not pauses.holds(challenge)
    assert not pauses.takes_try(challenge)
    pauses.begin(challenge)
    assert pauses.holds(challenge)
    assert not pauses.takes_try(challenge)
    now += 61
    # One call has it tried, and waits for nothing; the others, too, go on to the champion.
    assert [pauses.takes_try(challenge) for _ in range(3)] == [True, False, False]
    assert pauses.holds(challenge)
    now += 61
    assert pauses.takes_try(challenge)
    pauses.end(challenge)
    assert not pauses.holds(challenge)


@pytest.mark.parametrize("alias", ["champion", "challenger"])
def test_it_ends_with_an_alias(user, model, versions, alias):
    challenge = begin(user, model)
    third = factories.make_model_version(
        factories.make_run(user, versions[0].dataset_version, model=model), model, live=False
    )
    ModelAlias.objects.create(model=model, alias="candidate", version=third)
    set_alias(user=user, model=model, alias="candidate", number=third.number)
    assert running_challenge(model) == challenge
    try:
        set_alias(
            user=user,
            model=model,
            alias=alias,
            number=third.number,
            override=alias == "champion",
            reason="A test.",
        )
    finally:
        challenge.refresh_from_db()
    assert (challenge.end_reason, running_challenge(model)) == ("alias_moved", None)


def test_promotion_passes_the_gate_and_ends_it(user, model, versions):
    champion, challenger = versions
    challenge = begin(user, model)
    with pytest.raises(GateRefused):
        promote_challenger(user=user, model=model)
    assert running_challenge(model) == challenge
    factories.make_report(challenger, right=60)
    factories.make_report(champion, right=60)
    promote_challenger(user=user, model=model, reason="Better.")
    challenge.refresh_from_db()
    assert challenge.end_reason == "promoted"
    assert version_to_serve(user, model.pk).number == challenger.number
    with pytest.raises(NotFound):
        promote_challenger(user=user, model=model)


def answer(user, challenge, version, arm, class_name, truth, ms=10.0, shadow="", problem=""):
    kept = make_kept(user, version, class_name)
    if truth:
        give_feedback(user=user, prediction=kept.prediction, class_name=truth)
    ChallengeAnswer.objects.create(
        challenge=challenge, prediction=kept.prediction, arm=arm, class_name=class_name,
        milliseconds=ms, shadow_class=shadow, shadow_milliseconds=2 * ms if shadow else None,
        problem=problem,
    )  # fmt: skip
    return kept


def test_a_share_compares_two_proportions(user, model, versions):
    champion, challenger = versions
    challenge = begin(user, model)
    assert comparison_of(challenge).verdict.startswith("No feedback yet")
    for number in range(12):
        answer(user, challenge, champion, Arm.CHAMPION, "cat", "cat" if number < 4 else "dog")
        answer(
            user, challenge, challenger, Arm.CHALLENGER, "cat", "cat" if number < 11 else "dog", 30
        )
    answer(user, challenge, challenger, Arm.CHALLENGER, "cat", None)
    found = comparison_of(challenge)
    figures = found.champion
    assert (figures.answers, figures.with_feedback, figures.right) == (12, 12, 4)
    assert (found.challenger.answers, found.challenger.with_feedback) == (13, 12)
    assert found.champion.interval[0] < 4 / 12 < found.champion.interval[1]
    assert (found.champion.median_ms, found.challenger.median_ms) == (10, 30)
    assert found.pairs is None
    assert found.difference.value == pytest.approx(7 / 12)
    assert found.difference.p_value == pytest.approx(fisher_exact([[11, 1], [4, 8]]).pvalue)
    assert found.verdict.startswith("The challenger is right more often")


def test_the_shadow_compares_pairs(user, model, versions):
    keep_on(model.organization)
    champion, _ = versions
    challenge = begin(user, model, ChallengeMode.SHADOW, share=1)
    both = (
        [("cat", "cat", "cat")] * 3 + [("cat", "dog", "dog")] * 7 + [("cat", "dog", "cat")]
        + [("cat", "cat", "fox")] * 2 + [("cat", "dog", None)]
    )  # fmt: skip
    for first, second, truth in both:
        answer(user, challenge, champion, Arm.CHAMPION, first, truth, shadow=second)
    answer(user, challenge, champion, Arm.CHAMPION, "cat", "cat", problem="no_worker")
    lost = answer(user, challenge, champion, Arm.CHAMPION, "cat", None)
    waits = answer(user, challenge, champion, Arm.CHAMPION, "cat", None)
    ChallengeAnswer.objects.filter(prediction=lost.prediction).update(
        created_at=waits.created_at.replace(year=2020)
    )
    found = comparison_of(challenge)
    pairs = found.pairs
    assert (pairs.answered, pairs.agree) == (14, 5)
    assert (pairs.both, pairs.only_champion, pairs.only_challenger, pairs.neither) == (3, 1, 7, 2)
    assert (pairs.failed, pairs.dropped, pairs.waiting) == (1, 1, 1)
    assert pairs.p_value == pytest.approx(binomtest(1, 8).pvalue)
    assert (found.champion.right, found.challenger.right) == (5, 10)
    assert found.challenger.median_ms == 20
    assert found.difference is None
    # A deleted prediction counts no more.
    delete_kept(user=user, organization=model.organization, prediction_ids=[lost.prediction_id])
    assert comparison_of(challenge).pairs.dropped == 0


def test_the_api_and_the_page_say_the_same(api, page_client, user, model, versions):
    address = f"/api/v1/models/{model.pk}/challenge/"
    assert api.get(address).status_code == 404
    refused = api.put(address, {"mode": "shadow", "share": 1}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "keeps_no_predictions")
    assert api.put(address, {"mode": "duel", "share": 1}, format="json").status_code == 400
    assert api.put(address, {"mode": "share", "share": 2}, format="json").status_code == 400
    begun = api.put(address, {"mode": "share", "share": 0.25}, format="json").data
    assert (begun["champion"], begun["challenger"], begun["share"]) == (1, 2, 0.25)
    assert (begun["ended_at"], begun["end_reason"]) == (None, "")
    challenge = running_challenge(model)
    answer(user, challenge, versions[0], Arm.CHAMPION, "cat", "cat")
    assert api.get(address).data["comparison"]["champion"]["accuracy"] == 1
    page = page_client.get(f"/models/{model.pk}/challenge/").content.decode()
    assert "Version 2 against version 1, on 25.0 % of the calls" in page
    assert "No feedback yet" in page
    assert api.post(f"{address}promote/", {}, format="json").json()["code"] == "gate_refused"
    refused = page_client.post(f"/models/{model.pk}/challenge/promote/", follow=True)
    assert "The gate refuses the challenger" in refused.content.decode()
    page_client.post(f"/models/{model.pk}/challenge/stop/")
    assert api.get(address).data["end_reason"] == "stopped"
    assert api.delete(address).status_code == 404
    again = page_client.post(f"/models/{model.pk}/challenge/", {"mode": "shadow", "percent": 5})
    assert "keeps no predictions" in again.content.decode()
    page_client.post(f"/models/{model.pk}/challenge/", {"mode": "share", "percent": 5})
    assert running_challenge(model).share == 0.05
    assert api.delete(address).status_code == 204
