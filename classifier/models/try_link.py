from django.conf import settings
from django.db import models

from accounts.querysets import TenantQuerySet
from classifier.models.registered_model import RegisteredModel
from common.models import UUIDModel


class TryLinkQuerySet(TenantQuerySet):
    organization_path = "model__organization"


class TryLink(UUIDModel):
    """A link by which anyone may ask a model for a while, without an account.

    The secret of its address is kept as a hash. `predictions` of at most `max_predictions` were
    asked for by it. It works for as long as who made it may still make one.
    """

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="try_links")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    expires_at = models.DateTimeField()
    max_predictions = models.PositiveIntegerField()
    predictions = models.PositiveIntegerField(default=0, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = TryLinkQuerySet.as_manager()
    # Said by `classifier.prediction.selectors.try_links`: whether who made it may still make one.
    maker_may = True

    def __str__(self) -> str:
        return self.name
