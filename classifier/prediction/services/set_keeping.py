"""Switch the keeping of predictions on and off."""

from datetime import timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least
from django.utils import timezone

from accounts.models import Organization, User
from accounts.policies import require_role
from accounts.quotas import Quota
from accounts.roles import Role
from accounts.services import audit
from accounts.services.quotas import take
from classifier.models import KeptPrediction, PredictionKeeping
from classifier.prediction.selectors.kept import kept_bytes
from classifier.prediction.services.delete_kept import delete_all_kept, make_room
from common.errors import Conflict, FieldError, Invalid

MOST_DAYS = 3650
LEAST_BYTES = 1 << 20
MOST_BYTES = 1 << 50


class WhatIsThere(StrEnum):
    """What becomes of images that are kept when keeping is switched off."""

    EXPIRE = "expire"
    DELETE = "delete"


@transaction.atomic
def keep_predictions(
    *, user: User, organization: Organization, days: int, max_bytes: int
) -> PredictionKeeping:
    """Have the images of predictions kept from now on, each for `days`, `max_bytes` in all.

    Where keeping is on already its bounds change: of shorter days, also for what is there; longer
    ones hold for what comes. When there is no more room the oldest go. All of `max_bytes` is taken
    from the organization's storage at once. Raises `Forbidden`, `NotFound`, `Invalid`,
    `QuotaExceeded`.
    """
    require_role(user=user, organization=organization, role=Role.ADMIN)
    _require_bounds(days, max_bytes)
    organization.lock()
    counted = kept_bytes(organization)
    take(organization=organization, amounts={Quota.BYTES: max_bytes - counted})
    before = PredictionKeeping.objects.filter(organization=organization).first()
    fresh = {} if before and before.enabled else {"missed": 0, "pushed_out": 0}
    keeping, _ = PredictionKeeping.objects.update_or_create(
        organization=organization,
        defaults={
            "enabled": True,
            "days": days,
            "max_bytes": max_bytes,
            "changed_by": user,
            **fresh,
        },
    )
    Organization.objects.filter(pk=organization.pk).update(keeps_predictions=True)
    KeptPrediction.objects.filter(organization=organization).update(
        expires_at=Least(F("expires_at"), F("created_at") + timedelta(days=days))
    )
    make_room(organization.pk)
    audit.record(
        actor=user,
        action="prediction_keeping.on",
        target=organization,
        days=days,
        max_bytes=max_bytes,
    )
    return keeping


@transaction.atomic
def stop_keeping(
    *, user: User, organization: Organization, what_is_there: WhatIsThere | None = None
) -> PredictionKeeping | None:
    """Keep no images of predictions from now on; what is there expires in its time or goes now.

    Raises `Conflict` (`say_what_happens`) where something is kept and it is not said what becomes
    of it; `Forbidden`, `NotFound`.
    """
    require_role(user=user, organization=organization, role=Role.ADMIN)
    organization.lock()
    keeping = PredictionKeeping.objects.filter(organization=organization).first()
    there = KeptPrediction.objects.filter(
        organization=organization, deleted_at=None, expires_at__gt=timezone.now()
    ).count()
    if there and what_is_there is None:
        raise Conflict(
            f"{organization} keeps {there:,} predictions with their images. Say what becomes of "
            "them: `what_is_there` is `expire` (they stay until their time is over) or `delete`.",
            code="say_what_happens",
            errors=[FieldError("/what_is_there", "required", "expire or delete.")],
        )
    if there and what_is_there is WhatIsThere.DELETE:
        delete_all_kept(user=user, organization=organization)
    if keeping is not None and keeping.enabled:
        keeping.enabled, keeping.changed_by = False, user
        keeping.save(update_fields=["enabled", "changed_by", "changed_at"])
        Organization.objects.filter(pk=organization.pk).update(keeps_predictions=False)
        audit.record(
            actor=user,
            action="prediction_keeping.off",
            target=organization,
            what_is_there=what_is_there if there else None,
        )
    return keeping


def _require_bounds(days: int, max_bytes: int) -> None:
    errors = []
    if not 1 <= days <= MOST_DAYS:
        detail = f"Images may be kept for 1 to {MOST_DAYS:,} days; received {days:,}."
        errors.append(FieldError("/days", "out_of_range", detail))
    if not LEAST_BYTES <= max_bytes <= MOST_BYTES:
        detail = f"max_bytes must be {LEAST_BYTES:,} to {MOST_BYTES:,}; received {max_bytes:,}."
        errors.append(FieldError("/max_bytes", "out_of_range", detail))
    if errors:
        raise Invalid(" ".join(error.detail for error in errors), errors=errors)
