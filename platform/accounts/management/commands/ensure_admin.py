"""`manage.py ensure_admin`: there is an operator who can sign in."""

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services.sign_up import create_account, give_personal_organization
from common.errors import Invalid

DEFAULT_NAME = "admin"


class Command(BaseCommand):
    """Creates the operator's account unless it is there; never changes one that is.

    LOUPE_ADMIN_USERNAME names it ("admin" when not given). LOUPE_ADMIN_PASSWORD is its password;
    without one, a password is made and printed, this once. An ordinary account of that name is an
    error: no one gets an operator's powers by having taken the name first.
    """

    help = "Create the operator's account (a superuser) unless there is one of that name."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        username = os.environ.get("LOUPE_ADMIN_USERNAME") or DEFAULT_NAME
        existing = User.objects.filter(username__iexact=username).first()
        if existing is None:
            self._create(username)
            return
        if not (existing.is_superuser and existing.is_active):
            self._require_another_operator(existing)
            return
        give_personal_organization(user=existing)
        self.stdout.write(f"The account {existing.username!r} is there.")

    def _create(self, username: str) -> None:
        given = os.environ.get("LOUPE_ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        try:
            create_account(
                username=username, email="", password=password, is_staff=True, is_superuser=True
            )
        except Invalid as error:
            raise CommandError(f"LOUPE_ADMIN_USERNAME: {error.detail}") from error
        shown = "from LOUPE_ADMIN_PASSWORD" if given else f"{password}  (shown only now)"
        self.stdout.write(f"Operator's account: {username}, password {shown}")

    def _require_another_operator(self, ordinary: User) -> None:
        """Pass where operators have put another account in the place of the default one."""
        operators = User.objects.filter(is_superuser=True, is_active=True)
        if ordinary.username == DEFAULT_NAME and operators.exists():
            self.stdout.write(f"The account {DEFAULT_NAME!r} is no operator's; others are.")
            return
        raise CommandError(
            f"The account {ordinary.username!r} is there, and is not an active superuser. It gets "
            "no powers. Set LOUPE_ADMIN_USERNAME to another name, or use "
            "`manage.py createsuperuser`."
        )
