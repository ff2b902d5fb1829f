"""Change the roles of members, and remove them."""

from django.db import transaction

from accounts.models import Membership, User
from accounts.policies import require_grant
from accounts.quotas import PersonalQuota
from accounts.roles import Role
from accounts.selectors.members import has_another_owner
from accounts.services import audit
from accounts.services.quotas import take_personal
from common.errors import Conflict, NotFound


@transaction.atomic
def change_role(*, user: User, membership: Membership, role: Role) -> Membership:
    """Give a member another role.

    Admins manage the roles up to admin; only owners make owners, or change one.
    Raises `Conflict` when no owner would be left, `QuotaExceeded` for a new owner
    who owns as many organizations as a person may.
    """
    membership = _locked(membership)
    organization, before = membership.organization, Role(membership.role)
    require_grant(user=user, organization=organization, role=before)
    require_grant(user=user, organization=organization, role=role)
    if role is not Role.OWNER:
        _keep_an_owner(membership)
    elif before is not Role.OWNER:
        take_personal(user=membership.user, quota=PersonalQuota.ORGANIZATIONS)
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(
        actor=user,
        action="member.change_role",
        target=membership,
        member=membership.user.get_username(),
        before=before.value,
        after=role.value,
    )
    return membership


@transaction.atomic
def remove_member(*, user: User, membership: Membership) -> None:
    """Take a member out of the organization; everyone may take themselves out.

    What they could see there is out of their reach at once, in the browser and with tokens.
    Raises `Conflict` for the last owner.
    """
    membership = _locked(membership)
    organization = membership.organization
    if membership.user_id != user.pk:
        require_grant(user=user, organization=organization, role=Role(membership.role))
    _keep_an_owner(membership)
    audit.record(
        actor=user,
        action="member.remove",
        target=membership,
        member=membership.user.get_username(),
        role=membership.role,
    )
    membership.delete()


def _locked(membership: Membership) -> Membership:
    """Read the row again under the organization's lock, which every change of members takes."""
    membership.organization.lock()
    found = Membership.objects.select_related("organization", "user").filter(pk=membership.pk)
    for current in found:
        return current
    raise NotFound(f"{membership.user.get_username()} is no longer a member.")


def _keep_an_owner(membership: Membership) -> None:
    if not has_another_owner(membership.organization, membership.user):
        raise Conflict(
            f"{membership.user.get_username()} is the last owner of "
            f"{membership.organization.name}. Make someone else an owner first.",
            code="last_owner",
        )
