"""A new account and the personal organization that comes with it."""

from typing import Any

from django.db import transaction

from accounts.models import Membership, Organization, User
from accounts.roles import Role
from accounts.selectors.look_alikes import refuse_look_alike
from accounts.services import audit
from accounts.services.organizations import insert_organization
from accounts.usernames import check_username


def create_account(*, username: str, email: str, password: str | None, **flags: Any) -> User:
    """Create a person with a personal organization that they own.

    `flags` are further fields of the user (`is_staff`, `is_superuser`, `first_name`, ...). A
    `password` of None makes an account that cannot be signed in to until one is set.
    Raises `Invalid` for a name that deceives or looks like another's, `IntegrityError` when it is
    taken, in any case of its letters.
    """
    user = User(
        username=User.normalize_username(username),
        email=User.objects.normalize_email(email),
        **flags,
    )
    user.set_password(password)
    return save_account(user=user)


@transaction.atomic
def save_account(*, user: User) -> User:
    """Save a user that is not in the database yet, with their personal organization."""
    user.username = check_username(user.username, email=user.email)
    refuse_look_alike(user.username)
    user.save(force_insert=True)
    audit.record(actor=user, action="account.create", target=user)
    give_personal_organization(user=user)
    return user


@transaction.atomic
def give_personal_organization(*, user: User) -> Organization:
    """Return the user's personal organization, making it when there is none yet."""
    # The lock makes the second of two parallel calls see what the first has made.
    User.objects.select_for_update().get(pk=user.pk)
    existing = Organization.objects.filter(personal_for=user).first()
    if existing is not None:
        return existing
    organization = insert_organization(name=user.get_username(), personal_for=user)
    Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
    audit.record(actor=user, action="organization.create", target=organization)
    return organization
