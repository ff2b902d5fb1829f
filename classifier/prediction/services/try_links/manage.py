"""Make links by which anyone may ask a model for a while, and revoke them."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.selectors.invitations import digest_of
from accounts.services import audit
from classifier.models import RegisteredModel, TryLink
from classifier.prediction.selectors.try_links import links_that_work
from classifier.registry.policies import require_editable_model
from classifier.registry.services.locked import locked_model
from common.errors import Conflict, FieldError, Invalid
from common.names import require_readable

DEFAULT_DAYS, MOST_DAYS = 7, 30
DEFAULT_PREDICTIONS, MOST_PREDICTIONS = 1_000, 100_000
# That work at a time, of one organization.
MOST_LINKS = 20


@transaction.atomic
def make_try_link(
    *,
    user: User,
    model: RegisteredModel,
    name: str,
    days: int = DEFAULT_DAYS,
    max_predictions: int = DEFAULT_PREDICTIONS,
) -> tuple[TryLink, str]:
    """Make a link's secret, by which anyone may ask the model's live version for `days` (1 to 30).

    Returns the row and the secret, which is stored nowhere. Editors and above may. Raises
    `Forbidden`, `Invalid`, `Conflict` for an archived model and for too many links.
    """
    require_editable_model(user=user, model=model)
    _require_within("expires_in_days", days, MOST_DAYS)
    _require_within("max_predictions", max_predictions, MOST_PREDICTIONS)
    name = require_readable(name)
    model = locked_model(model)
    organization = model.organization
    if model.archived_at is not None:
        raise Conflict(f"{model.name} is archived, so it answers nothing.", code="archived")
    if organization is None:
        raise Conflict(f"{model.name} is built in: no link opens it.", code="does_not_apply")
    # One at a time, or two would both be the last.
    organization.lock()
    there = links_that_work(organization).count()
    if there >= MOST_LINKS:
        raise Conflict(
            f"{organization.name} may have {MOST_LINKS} try links at a time; there are {there}.",
            code="too_many_try_links",
            hint="Revoke one that is no longer needed.",
        )
    secret = secrets.token_urlsafe(32)
    link = TryLink.objects.create(
        model=model,
        name=name,
        digest=digest_of(secret),
        created_by=user,
        expires_at=timezone.now() + timedelta(days=days),
        max_predictions=max_predictions,
    )
    audit.record(
        actor=user,
        action="try_link.create",
        target=link,
        model=model.name,
        name=name,
        expires_at=link.expires_at.isoformat(),
        max_predictions=max_predictions,
    )
    return link, secret


@transaction.atomic
def revoke_try_link(*, user: User, link: TryLink) -> None:
    """Make a link useless, at once; done twice, nothing changes."""
    require_editable_model(user=user, model=link.model)
    link = link.lock()
    if link.revoked_at is not None:
        return
    link.revoked_at = timezone.now()
    link.save(update_fields=["revoked_at"])
    audit.record(
        actor=user,
        action="try_link.revoke",
        target=link,
        name=link.name,
        predictions=link.predictions,
    )


def _require_within(field: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        detail = f"{field} is 1 to {most:,}; received {value}."
        raise Invalid(detail, errors=[FieldError(f"/{field}", "out_of_range", detail)])
