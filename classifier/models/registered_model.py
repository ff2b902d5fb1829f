from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization, ShareKind
from accounts.querysets import SharedWith, TenantQuerySet
from accounts.sharing import Subject
from common.models import UUIDModel


class RegisteredModelQuerySet(TenantQuerySet):
    shared_when_null = True
    shared_with = SharedWith(ShareKind.MODEL, "pk")

    @classmethod
    def open_to_readers(cls) -> Q:
        """Return what is not archived."""
        return Q(archived_at=None)


class RegisteredModel(UUIDModel):
    """A named line of model versions. Without an organization it is built-in, for everyone.

    An archived one answers no predictions. `class_facts_number` counts what changed of what goes
    with answers (`classifier.registry.selectors.class_facts`): who remembers that looks there.
    """

    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.PROTECT, related_name="registered_models"
    )
    name = models.CharField(max_length=120)
    description = models.TextField(max_length=2000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    # Out of every list, but for the one of what is archived.
    archived_at = models.DateTimeField(null=True, editable=False)
    # With a default in the database: during an upgrade processes of before write rows, too.
    class_facts_number = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    # A challenge of its champion runs (`classifier.models.challenge`).
    challenged = models.BooleanField(default=False, db_default=False, editable=False)

    # The highest number that a version has had: that of a deleted one is not given again.
    versions_made = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # Of rows that `registry.selectors.standing.with_live_refusals` read.
    live_refusal: str

    objects = RegisteredModelQuerySet.as_manager()
    # Said by `for_reader`: another organization's, which shares it.
    is_shared = False

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], name="model_name_once_per_organization"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(organization=None), name="ready_made_model_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def built_in(self) -> bool:
        """Whether the model comes with Loupe and belongs to everyone."""
        return self.organization_id is None

    @property
    def subject(self) -> Subject:
        """What is shared where this is."""
        return Subject(ShareKind.MODEL, self.pk, self.name, self.organization)
