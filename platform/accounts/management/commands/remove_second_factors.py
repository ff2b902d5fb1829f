"""`manage.py remove_second_factors NAME`: for who has lost the phone and the recovery codes."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import audit


class Command(BaseCommand):
    """Removes the second factors of one account; its password then suffices to sign in."""

    help = "Remove the authenticator app, passkeys and recovery codes of an account."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the account's name."""
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']!r}.")
        factors = Authenticator.objects.filter(user=user)
        kinds = sorted(factors.values_list("type", flat=True))
        if not kinds:
            raise CommandError(f"{user.get_username()} has no second factor.")
        factors.delete()
        audit.record(
            actor=None,
            action="second_factor.remove",
            target=user,
            factors=kinds,
            by="the operator, at the command line",
        )
        self.stdout.write(f"Removed from {user.get_username()}: {', '.join(kinds)}.")
