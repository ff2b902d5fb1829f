"""Create and rename organizations."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import Membership, Organization, User
from accounts.policies import require_role
from accounts.quotas import PersonalQuota
from accounts.roles import Role
from accounts.services import audit
from accounts.services.quotas import take_personal
from common.errors import Conflict, FieldError, Invalid
from common.names import require_readable

SLUG_LENGTH = 64


@transaction.atomic
def create_organization(*, user: User, name: str, slug: str = "") -> Organization:
    """Create an organization that `user` owns; without a `slug`, one is made from the name.

    Raises `Invalid` for an empty name, `Conflict` when the slug asked for is taken,
    `QuotaExceeded`.
    """
    name = _checked_name(name)
    take_personal(user=user, quota=PersonalQuota.ORGANIZATIONS)
    organization = _insert_with_slug(name, slug) if slug else insert_organization(name=name)
    Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
    audit.record(
        actor=user,
        action="organization.create",
        target=organization,
        name=name,
        slug=organization.slug,
    )
    return organization


@transaction.atomic
def rename_organization(*, user: User, organization: Organization, name: str) -> Organization:
    """Change the name that people see; the slug stays, because addresses hold it."""
    require_role(user=user, organization=organization, role=Role.ADMIN)
    before, organization.name = organization.name, _checked_name(name)
    organization.save(update_fields=["name"])
    audit.record(
        actor=user,
        action="organization.rename",
        target=organization,
        before=before,
        after=organization.name,
    )
    return organization


def insert_organization(*, name: str, personal_for: User | None = None) -> Organization:
    """Insert the row under the first free slug that the name suggests."""
    base = slugify(name)[: SLUG_LENGTH - 9].strip("-_") or "organization"
    slug = base
    while True:
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=slug, personal_for=personal_for)
        except IntegrityError as error:
            if "organization_slug_unique" not in str(error):
                raise
            slug = f"{base}-{secrets.token_hex(4)}"


def _insert_with_slug(name: str, slug: str) -> Organization:
    try:
        with transaction.atomic():
            return Organization.objects.create(name=name, slug=slug.lower())
    except IntegrityError as error:
        taken = f"The slug {slug.lower()!r} is taken. Choose another one."
        raise Conflict(
            taken, code="slug_taken", errors=[FieldError("/slug", "slug_taken", taken)]
        ) from error


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name:
        detail = "An organization needs a name of 1 to 120 characters; this one is empty."
        raise Invalid(detail, errors=[FieldError("/name", "blank", detail)])
    return require_readable(name)
