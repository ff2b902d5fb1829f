"""Second factors of people."""

from allauth.mfa.models import Authenticator

from accounts.models import User


def has_second_factor(user: User) -> bool:
    """Say whether signing in as `user` takes more than the password.

    Recovery codes alone are no factor: allauth makes them with the first one.
    """
    factors = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return factors.filter(user=user).exists()
