"""End the challenge of a model: by people, or because one of both aliases moves."""

from django.utils import timezone

from accounts.models import User
from accounts.services import audit
from classifier.models import Challenge, ChallengeEnd, ModelVersion, RegisteredModel
from classifier.models.alias import CHALLENGER, CHAMPION


def end_challenge(
    *, model: RegisteredModel, reason: ChallengeEnd, user: User | None
) -> Challenge | None:
    """End what has not ended, in the caller's transaction, which holds the model's lock."""
    challenge = Challenge.objects.select_for_update().filter(model=model, ended_at=None).first()
    if challenge is None:
        return None
    challenge.ended_at, challenge.end_reason = timezone.now(), reason
    challenge.save(update_fields=["ended_at", "end_reason"])
    RegisteredModel.objects.filter(pk=model.pk).update(challenged=False)
    audit.record(
        actor=user, action="challenge.end", target=model, reason=reason, mode=challenge.mode
    )
    return challenge


def end_with_alias(
    *, model: RegisteredModel, alias: str, version: ModelVersion | None, user: User | None
) -> None:
    """End the challenge whose champion or challenger moves to `version`, None where it goes."""
    if alias not in (CHAMPION, CHALLENGER):
        return
    challenge = Challenge.objects.filter(model=model, ended_at=None).first()
    if challenge is None:
        return
    promoted = alias == CHAMPION and version is not None and version.pk == challenge.challenger_id
    reason = ChallengeEnd.PROMOTED if promoted else ChallengeEnd.ALIAS_MOVED
    end_challenge(model=model, reason=reason, user=user)
