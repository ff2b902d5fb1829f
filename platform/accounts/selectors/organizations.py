"""Which organizations a person is in, and with which role."""

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.models import Membership, Organization, User
from accounts.policies import require_role
from accounts.roles import Role
from common.errors import FieldError, Invalid, NotFound


def memberships_of(user: User) -> QuerySet[Membership]:
    """Return the user's memberships with their organizations: the personal one, then by name."""
    own = ExpressionWrapper(Q(organization__personal_for=user), output_field=BooleanField())
    return (
        Membership.objects.filter(user=user)
        .select_related("organization")
        .order_by(own.desc(nulls_last=True), "organization__name", "organization_id")
    )


def personal_organizations(user: User) -> QuerySet[Organization]:
    """Return the user's own organization where they may still work in it, none otherwise."""
    return Organization.objects.for_user(user, Role.EDITOR).filter(personal_for=user)


def default_organization(user: User) -> Organization:
    """Return the caller's personal organization, where work goes when none is named.

    Raises `Invalid` for an account without one (it then has to name an organization).
    """
    organization = personal_organizations(user).first()
    if organization is None:
        raise _unknown("You have no personal organization, so name one. " + _choices(user))
    return organization


def organization_by_slug(user: User, slug: str, role: Role = Role.VIEWER) -> Organization:
    """Return the organization that a body names by its slug.

    Raises `Invalid` with the pointer `/organization` when the user is not in it, `Forbidden` when
    their role there is below `role`.
    """
    organization = Organization.objects.for_user(user).filter(slug=slug).first()
    if organization is None:
        raise _unknown(f"You are in no organization {slug!r}. " + _choices(user))
    require_role(user=user, organization=organization, role=role)
    return organization


def organization_for_work(user: User, slug: str | None) -> Organization:
    """Return where work of an editor goes: the organization that `slug` names, else their own.

    Raises as `organization_by_slug` and `default_organization`.
    """
    if slug:
        return organization_by_slug(user, slug, Role.EDITOR)
    return default_organization(user)


def visible_organization(user: User, slug: str) -> Organization:
    """Return the organization that an address names; raises `NotFound` for another tenant's."""
    organization = Organization.objects.for_user(user).filter(slug=slug).first()
    if organization is None:
        raise NotFound("There is no such organization, or you are not in it.")
    return organization


def role_in(user: User, organization: Organization) -> Role:
    """Return the user's role there; raises `NotFound` for someone who is not a member."""
    membership = Membership.objects.filter(user=user, organization=organization).first()
    if membership is None:
        raise NotFound("There is no such organization, or you are not in it.")
    return Role(membership.role)


def _choices(user: User) -> str:
    slugs = [membership.organization.slug for membership in memberships_of(user)]
    return f"Yours are: {', '.join(slugs) or 'none'}."


def _unknown(detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError("/organization", "does_not_exist", detail)])
