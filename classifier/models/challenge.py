from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.querysets import TenantQuerySet
from classifier.models.model_version import ModelVersion
from classifier.models.prediction import Prediction
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel


class ChallengeMode(models.TextChoices):
    """`share`: the challenger answers a share of the calls that ask for the champion. `shadow`: the
    champion answers, the challenger is asked beside it, and its answer is kept, never sent."""

    SHARE = "share"
    SHADOW = "shadow"


class ChallengeEnd(models.TextChoices):
    """Why a challenge has ended."""

    STOPPED = "stopped"
    PROMOTED = "promoted"
    ALIAS_MOVED = "alias_moved"


class Arm(models.TextChoices):
    """Which of both has answered."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class ChallengeQuerySet(TenantQuerySet):
    organization_path = "model__organization"


class Challenge(UUIDModel):
    """Two versions of a model on the same stream of calls; one at a time has not ended.

    `share` is the part of the calls that the challenger gets, or is asked about beside the
    champion. It ends when one of both aliases moves. `fallbacks` counts calls meant for the
    challenger that the champion has answered, as it failed or was too slow; `problem` is the last
    reason.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="challenges")
    mode = models.CharField(max_length=6, choices=ChallengeMode)
    share = models.FloatField()
    champion = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    challenger = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    fallbacks = models.PositiveIntegerField(default=0, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, editable=False)
    end_reason = models.CharField(max_length=11, choices=ChallengeEnd, blank=True, editable=False)

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model"], condition=Q(ended_at=None), name="one_challenge_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0) & Q(share__lte=1), name="challenge_share_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.challenger_id} against {self.champion_id} of {self.model_id}"


class ChallengeAnswerQuerySet(TenantQuerySet):
    organization_path = "challenge__model__organization"


class ChallengeAnswer(UUIDModel):
    """One prediction of a challenge: which of both has answered, in how many milliseconds.

    In the shadow `shadow_class` is the challenger's most probable class, once it has answered, and
    `shadow_answer` its `ImageAnswer`; `problem` is why it has not, where that is known. With
    neither it is still to come, or was dropped (`classifier.prediction.selectors.challenge`).
    """

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="answers")
    prediction = models.OneToOneField(
        Prediction, on_delete=models.CASCADE, related_name="challenged"
    )
    arm = models.CharField(max_length=10, choices=Arm)
    class_name = models.CharField(max_length=200)
    milliseconds = models.FloatField()
    shadow_answer = models.JSONField(null=True)
    shadow_class = models.CharField(max_length=200, blank=True)
    shadow_milliseconds = models.FloatField(null=True)
    problem = models.CharField(max_length=40, blank=True)

    objects = ChallengeAnswerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.arm} on {self.prediction_id}"
