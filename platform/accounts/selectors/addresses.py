"""Mail addresses of people."""

from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.models import User


def must_confirm_address(user: User) -> bool:
    """Whether `user` has yet to open the link in a mail before they may sign in.

    So it is where Loupe sends mail. An account without any address, as operators make them, has
    nothing to confirm.
    """
    if not settings.MAIL_IS_SENT:
        return False
    addresses = EmailAddress.objects.filter(user=user)
    return bool(user.email or addresses.exists()) and not addresses.filter(verified=True).exists()
