"""Let a model's challenger answer a share of the calls, or in the shadow; stop it; promote it."""

from django.db import transaction

from accounts.models import Organization, User
from accounts.services import audit
from classifier.models import (
    Challenge,
    ChallengeEnd,
    ChallengeMode,
    ModelAlias,
    ModelVersion,
    RegisteredModel,
)
from classifier.models.alias import CHALLENGER, CHAMPION
from classifier.prediction.selectors.kept import keeping_of
from classifier.registry.policies import require_gate_keeper
from classifier.registry.services.end_challenge import end_challenge
from classifier.registry.services.locked import locked_model
from classifier.registry.services.set_alias import require_in_use, set_alias
from common.errors import Conflict, FieldError, Invalid, NotFound

KEEPS_NOTHING = "keeps_no_predictions"


@transaction.atomic
def start_challenge(
    *, user: User, model: RegisteredModel, mode: ChallengeMode, share: float
) -> Challenge:
    """Begin a challenge of the model's `challenger` with its `champion`; an earlier one ends.

    `share` is above 0 and up to 1. Admins and above may. Raises `Forbidden`, `NotFound`, `Invalid`,
    `Conflict`: `no_challenger`, `archived`, `no_file` where the challenger has no file that
    answers, `keeps_no_predictions` where the shadow has nothing to look at.
    """
    require_gate_keeper(user=user, model=model)
    if not 0 < share <= 1:
        detail = f"share is above 0 and up to 1; received {share}."
        raise Invalid(detail, errors=[FieldError("/share", "out_of_range", detail)])
    model = locked_model(model)
    require_in_use(model)
    champion, challenger = _both(model)
    if challenger.served_file is None:
        raise Conflict(
            f"Version {challenger.number} has no file that could answer.", code="no_file"
        )
    if mode == ChallengeMode.SHADOW and model.organization is not None:
        _require_keeping(model.organization)
    end_challenge(model=model, reason=ChallengeEnd.STOPPED, user=user)
    challenge = Challenge.objects.create(
        model=model,
        mode=mode,
        share=share,
        champion=champion,
        challenger=challenger,
        started_by=user,
    )
    RegisteredModel.objects.filter(pk=model.pk).update(challenged=True)
    audit.record(
        actor=user,
        action="challenge.start",
        target=model,
        mode=mode,
        share=share,
        champion=champion.number,
        challenger=challenger.number,
    )
    return challenge


@transaction.atomic
def stop_challenge(*, user: User, model: RegisteredModel) -> Challenge:
    """End the challenge that runs: the champion answers all calls again.

    What was counted stays. Raises `Forbidden`, `NotFound` where none runs.
    """
    require_gate_keeper(user=user, model=model)
    ended = end_challenge(model=locked_model(model), reason=ChallengeEnd.STOPPED, user=user)
    if ended is None:
        raise NotFound(f"No challenge of {model.name} runs.")
    return ended


def promote_challenger(
    *, user: User, model: RegisteredModel, reason: str = "", override: bool = False
) -> ModelAlias:
    """Make the challenger of the challenge that runs live, through the gate; the challenge ends.

    Raises `NotFound` where none runs, and what `set_alias` raises (`GateRefused`).
    """
    challenge = Challenge.objects.filter(model=model, ended_at=None).first()
    if challenge is None:
        raise NotFound(f"No challenge of {model.name} runs.")
    return set_alias(
        user=user,
        model=model,
        alias=CHAMPION,
        number=challenge.challenger.number,
        reason=reason or "It won its challenge.",
        override=override,
    )


def _both(model: RegisteredModel) -> tuple[ModelVersion, ModelVersion]:
    rows = ModelAlias.objects.filter(model=model, alias__in=(CHAMPION, CHALLENGER))
    found = {row.alias: row.version for row in rows.select_related("version")}
    missing = [alias for alias in (CHAMPION, CHALLENGER) if alias not in found]
    if missing:
        raise Conflict(
            f"{model.name} has no {missing[0]}: give a version this alias first.",
            code="no_challenger",
            hint=f"PUT /api/v1/models/{model.pk}/aliases/{missing[0]}/ sets it.",
        )
    if found[CHAMPION] == found[CHALLENGER]:
        raise Conflict(
            f"Champion and challenger are both version {found[CHAMPION].number}: point "
            f"{CHALLENGER} at another one.",
            code="no_challenger",
        )
    return found[CHAMPION], found[CHALLENGER]


def _require_keeping(organization: Organization) -> None:
    keeping = keeping_of(organization)
    if keeping is None or not keeping.enabled:
        raise Conflict(
            "In the shadow the challenger answers the images that are kept, and "
            f"{organization} keeps no predictions.",
            code=KEEPS_NOTHING,
            hint=f"An admin of {organization} switches it on: PUT /api/v1/organizations/"
            f"{organization.slug}/prediction-keeping/, or the organization's page. Or let the "
            "challenger answer a share of the calls.",
        )
