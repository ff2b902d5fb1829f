"""Who may do what: one question, asked by every service before it writes."""

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
