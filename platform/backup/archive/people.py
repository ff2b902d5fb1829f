"""The people whom an archive names: accounts that no one can sign in to stand for them."""

import hashlib
import re
import uuid
from itertools import count

from accounts.models import Organization, User
from accounts.usernames import check_username
from common.errors import Invalid

_ENDING = ".elsewhere"
_LONGEST = 100


def stand_ins(
    names: dict[str, str], organization: Organization, *, same_people: bool
) -> dict[str, uuid.UUID]:
    """Return the id of an account here for each id of the archive, made where it is missing.

    With `same_people` an active member of the organization who has the name is taken for the
    person; otherwise a name that is the same says nothing: `ada` becomes `ada.elsewhere`.
    """
    return {pk: _account(name, organization, same_people).pk for pk, name in names.items()}


def _account(name: str, organization: Organization, same_people: bool) -> User:
    if same_people:
        members = User.objects.filter(memberships__organization=organization, is_active=True)
        if found := members.filter(username__iexact=name).first():
            return found
    username = stem = _username(name)
    for number in count(2):
        there = User.objects.filter(username__iexact=username).first()
        if there is None:
            break
        if not there.is_active:
            return there
        # A person who signed up with the name is not the one whom the archive means.
        username = f"{stem}{number}"
    user = User(username=username, is_active=False)
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def _username(name: str) -> str:
    plain = re.sub(r"[^\w.+-]", ".", name)[:_LONGEST].strip(".+-_") + _ENDING
    try:
        return check_username(plain)
    except Invalid:
        return f"person-{hashlib.sha256(name.encode()).hexdigest()[:10]}{_ENDING}"
