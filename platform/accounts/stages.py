"""What stands between a right password and being signed in."""

from typing import Any

from allauth.account.stages import EmailVerificationStage

from accounts.models import User
from accounts.selectors.addresses import must_confirm_address


class AddressStage(EmailVerificationStage):
    """Asks for a confirmed address of those alone who have one to confirm."""

    def handle(self) -> tuple[Any, bool]:
        """Let the login go on, or answer it with the page that says a mail was sent."""
        # allauth's own stage would keep the first administrator out, who has no address. No user:
        # it pretends, to a person who signs up with the address of another.
        if isinstance(self.login.user, User) and not must_confirm_address(self.login.user):
            return None, True
        return super().handle()
