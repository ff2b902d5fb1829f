"""Fixtures for accounts."""

import pytest
from django.core.cache import cache

from accounts.models import Organization, User
from accounts.roles import Role
from accounts.services.organizations import create_organization
from tests import factories


@pytest.fixture(autouse=True)
def _fresh_counts_of_failed_sign_ins():
    """Each test starts with no sign-ins counted."""
    cache.clear()


@pytest.fixture
def team(user: User) -> Organization:
    """An organization that `user` owns."""
    return create_organization(user=user, name="Field station")


@pytest.fixture
def viewer(team: Organization) -> User:
    """A viewer in `team`."""
    return factories.make_member(team, Role.VIEWER)
