"""`manage.py ensure_admin`: there is an operator who can sign in."""

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from accounts.services.sign_up import create_account, give_personal_organization


class Command(BaseCommand):
    """Creates the operator's account unless it is there; never changes one that is.

    LOUPE_ADMIN_USERNAME names it ("admin" when not given). LOUPE_ADMIN_PASSWORD is its password;
    without one, a password is made and printed, this once.
    """

    help = "Create the operator's account (a superuser) unless there is one of that name."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        username = os.environ.get("LOUPE_ADMIN_USERNAME") or "admin"
        existing = User.objects.filter(username__iexact=username).first()
        if existing is not None:
            give_personal_organization(user=existing)
            self.stdout.write(f"The account {existing.username!r} is there.")
            return
        given = os.environ.get("LOUPE_ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        create_account(
            username=username, email="", password=password, is_staff=True, is_superuser=True
        )
        shown = "from LOUPE_ADMIN_PASSWORD" if given else f"{password}  (shown only now)"
        self.stdout.write(f"Operator's account: {username}, password {shown}")
