"""Who may do what: one question, asked by every service before it writes."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from common.errors import Forbidden, NotFound


def require_role(*, user: User, organization: Organization | None, role: Role) -> None:
    """Let `user` pass who has at least `role` in `organization`.

    Raises `NotFound` for someone who is not a member (another tenant's objects do not exist for
    them), `Forbidden` for a member with too low a role or for a built-in object (it belongs to
    no organization).
    """
    if organization is None:
        raise Forbidden("This is built in and shared by everyone, so it cannot be changed.")
    membership = Membership.objects.filter(user=user, organization=organization).first()
    if membership is None:
        raise NotFound("There is no such object.")
    if Role(membership.role) not in role.at_least():
        raise Forbidden(
            f"This needs the role {role.value} or higher in {organization.name}; "
            f"yours is {membership.role}."
        )


def require_grant(*, user: User, organization: Organization, role: Role) -> None:
    """Let `user` pass who may give or take away `role`: admins up to admin, owners any.

    Raises as `require_role` does.
    """
    needed = Role.OWNER if role is Role.OWNER else Role.ADMIN
    require_role(user=user, organization=organization, role=needed)


def grantable_roles(role: Role) -> list[Role]:
    """Return the roles that a member with `role` may give or take away, the lowest first."""
    if role is Role.OWNER:
        return list(Role)
    if role is Role.ADMIN:
        return [Role.VIEWER, Role.EDITOR, Role.ADMIN]
    return []


def is_operator(user: User | AnonymousUser) -> bool:
    """Whether `user` may do what the staff mark opens: the admin site, the order of the queue."""
    return user.is_active and user.is_staff and not lacks_second_factor(user)


def lacks_second_factor(user: User | AnonymousUser) -> bool:
    """Whether `user` has the staff mark and no second factor, where the installation asks for one.

    Recovery codes alone are none.
    """
    if not settings.STAFF_NEED_SECOND_FACTOR or not user.is_staff:
        return False
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not is_mfa_enabled(user, factors)
