"""The people of an attack and what they have, in the database of the platform that is attacked."""

import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import APIToken, Membership, TokenScope, User
from accounts.roles import Role
from accounts.services.sign_up import create_account
from tests import factories
from tests.classifier.trained import Trained, register
from tests.permissions import matrix
from tests.permissions.matrix import World

# People beside those of the matrix, who have as much as a stranger has.
STRANGERS = ("staff", "superuser", "former")
# What no longer gets anyone in; `secret` of each stands in `world.tokens`.
DEAD = ("expired", "revoked", "inactive")
CSRF = "a" * 32


def make_world(trained: Trained, folder: Path) -> World:
    """Make the matrix's world with more people, and a model that can be asked.

    `folder` is for files on their way, on any disk.
    """
    world = matrix.committed_world()
    _add_strangers(world)
    _add_dead(world)
    owner = world.people["owner"]
    world.attacker, world.bystander = factories.make_user(), factories.make_user()
    for name in ("attacker", "bystander"):
        person = getattr(world, name)
        world.people[name] = person
        world.tokens[name] = matrix.make_token(world, name, TokenScope.values)
        version = factories.make_version(user=person, classes=("blue", "green", "red"))
        # At once: no worker may take the run.
        with transaction.atomic():
            run = factories.make_run(person, version)
            model = register(run, trained, folder / name).model
        setattr(world, f"shared_model_of_{name}", model)
    world.sessions = {
        name: session_of(person) for name, person in world.people.items() if person is not None
    }
    world.sessions["ended"] = session_of(owner)
    end_session(world.sessions["ended"])
    inactive = world.people["inactive"]
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    _give_files_to_services()
    return world


def _add_strangers(world: World) -> None:
    for name, powers in {
        "staff": {"is_staff": True},
        "superuser": {"is_staff": True, "is_superuser": True},
        "former": {},
    }.items():
        person = create_account(
            username=f"{name}-{world.organization.slug}", email="", password=None, **powers
        )
        world.people[name] = person
        world.tokens[name] = matrix.make_token(world, name, TokenScope.values)
    world.people["staff"].user_permissions.set(Permission.objects.all())
    former = world.people["former"]
    member = {"organization": world.organization, "user": former}
    Membership.objects.create(role=Role.OWNER, **member)
    Membership.objects.filter(**member).delete()


def _add_dead(world: World) -> None:
    owner = world.people["owner"]
    inactive = create_account(
        username=f"inactive-{world.organization.slug}", email="", password=None
    )
    Membership.objects.create(organization=world.organization, user=inactive, role=Role.OWNER)
    world.people["inactive"] = inactive
    world.tokens["inactive"] = matrix.make_token(world, "inactive", TokenScope.values)
    expired, world.tokens["expired"] = APIToken.objects.create(
        owner, name="expired", scopes=TokenScope.values
    )
    APIToken.objects.filter(pk=expired.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    revoked, world.tokens["revoked"] = APIToken.objects.create(
        owner, name="revoked", scopes=TokenScope.values
    )
    revoked.delete()


def session_of(person: User) -> str:
    """Return the key of a new session of this person, who has signed in just now."""
    client = Client()
    factories.sign_in(client, person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def end_session(key: str) -> None:
    """End a session, as signing out does."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    client.session.flush()


def bearer(secret: str) -> dict[str, str]:
    """Return the headers of a call with this token."""
    return {"Authorization": f"Bearer {secret}"}


def signed_in(key: str, *, csrf: bool = True) -> dict[str, str]:
    """Return the headers of a browser with this session, with or without the CSRF token."""
    cookies = f"{settings.SESSION_COOKIE_NAME}={key}"
    if not csrf:
        return {"Cookie": cookies}
    return {"Cookie": f"{cookies}; {settings.CSRF_COOKIE_NAME}={CSRF}", "X-CSRFToken": CSRF}


def _give_files_to_services() -> None:
    """Started by root, the services run as another user, who must read what was laid down here."""
    if os.geteuid() != 0:
        return
    owner = settings.MEDIA_ROOT.stat()
    theirs = settings.MEDIA_ROOT, settings.SCRATCH_DIR
    for folder, _, files in os.walk(settings.DATA_DIR):
        for path in (Path(folder), *(Path(folder) / name for name in files)):
            if path.lstat().st_uid == 0 and any(map(path.is_relative_to, theirs)):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
