"""Challenges, as the API says them."""

from typing import Any

from rest_framework import serializers

from classifier.fields import NumberField, interval_field
from classifier.models import Challenge, ChallengeEnd, ChallengeMode
from classifier.prediction.selectors.challenge import comparison_of
from common.inputs import InputSerializer


class ChallengeArmSerializer(serializers.Serializer):
    answers = serializers.IntegerField()
    with_feedback = serializers.IntegerField()
    right = serializers.IntegerField()
    accuracy = serializers.FloatField(
        allow_null=True, help_text="Of the answers with feedback; null without any."
    )
    interval = interval_field("Its 95 % interval (Wilson's).")
    median_ms = serializers.FloatField(allow_null=True)
    slow_ms = serializers.FloatField(allow_null=True, help_text="The 95th percentile.")


class ChallengePairsSerializer(serializers.Serializer):
    answered = serializers.IntegerField(help_text="Images that both have answered.")
    agree = serializers.IntegerField(help_text="Of them, with the same most probable class.")
    agreement = serializers.FloatField(allow_null=True)
    agreement_interval = interval_field("Its 95 % interval (Wilson's).")
    both = serializers.IntegerField(help_text="Of those with feedback: both right.")
    only_champion = serializers.IntegerField()
    only_challenger = serializers.IntegerField()
    neither = serializers.IntegerField()
    p_value = serializers.FloatField(allow_null=True, help_text="McNemar's test, two-sided.")
    dropped = serializers.IntegerField(
        help_text="Not asked in time, as too many waited or a web server ended."
    )
    failed = serializers.IntegerField(help_text="Asked, and not answered.")
    waiting = serializers.IntegerField()


class ChallengeDifferenceSerializer(serializers.Serializer):
    value = serializers.FloatField(help_text="The challenger's accuracy less the champion's.")
    low = serializers.FloatField(help_text="Of its 95 % interval (Newcombe's).")
    high = serializers.FloatField()
    p_value = serializers.FloatField(help_text="Fisher's exact test, two-sided.")


class ChallengeComparisonSerializer(serializers.Serializer):
    champion = ChallengeArmSerializer()
    challenger = ChallengeArmSerializer()
    pairs = ChallengePairsSerializer(allow_null=True, help_text="In the shadow.")
    difference = ChallengeDifferenceSerializer(
        allow_null=True, help_text="In a share, once both have answers with feedback."
    )
    verdict = serializers.CharField(help_text="A sentence.")


class ChallengeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.UUIDField()
    mode = serializers.ChoiceField(choices=ChallengeMode.choices)
    share = serializers.FloatField()
    champion = serializers.IntegerField(help_text="A version's number.")
    challenger = serializers.IntegerField(help_text="A version's number.")
    fallbacks = serializers.IntegerField(
        help_text="Calls meant for the challenger that the champion answered, as it failed or "
        "was too slow."
    )
    problem = serializers.CharField(help_text="Why, the last time; empty where it never did.")
    started_by = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(
        choices=["", *ChallengeEnd.values],
        help_text="Empty while it runs; alias_moved: another version became champion or "
        "challenger.",
    )
    comparison = ChallengeComparisonSerializer()


def shown_challenge(challenge: Challenge) -> dict[str, Any]:
    """Return what `ChallengeSerializer` says of a challenge."""
    return {
        "id": challenge.pk,
        "model": challenge.model_id,
        "mode": challenge.mode,
        "share": challenge.share,
        "champion": challenge.champion.number,
        "challenger": challenge.challenger.number,
        "fallbacks": challenge.fallbacks,
        "problem": challenge.problem,
        "started_by": challenge.started_by.get_username() if challenge.started_by else None,
        "started_at": challenge.created_at,
        "ended_at": challenge.ended_at,
        "end_reason": challenge.end_reason,
        "comparison": comparison_of(challenge),
    }


class ChallengeInput(InputSerializer):
    mode = serializers.ChoiceField(
        choices=ChallengeMode.choices,
        help_text="share: the challenger answers a share of the calls that ask for the champion, "
        "and `version` of the answer says so. shadow: the champion answers, the challenger is "
        "asked afterwards about the kept image; its answer is kept, never sent.",
    )
    share = NumberField(
        min_value=0.001,
        max_value=1,
        help_text="Which part of the calls; told from their images, so the same call gets the "
        "same version.",
    )


class PromoteChallengerInput(InputSerializer):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    override = serializers.BooleanField(
        default=False, help_text="As of an alias: needs the role admin and a reason."
    )
