"""Where allauth.mfa meets accounts: how secrets are kept, and under which name passkeys are."""

import ipaddress
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.http import HttpRequest

from accounts.models import User
from common.encryption import decrypt, encrypt

_PURPOSE = "accounts.second_factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps secrets encrypted: who reads a copy of the database computes no codes."""

    def encrypt(self, text: str) -> str:
        """Encrypt with a key made from SECRET_KEY."""
        return encrypt(text, purpose=_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt; after a change of SECRET_KEY nothing fits, and codes are simply wrong."""
        return decrypt(encrypted_text, purpose=_PURPOSE) or generate_totp_secret()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Return the name that the form for a new passkey proposes."""
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name who a passkey is for: the host, which the browser compares."""
        host = context.request.get_host().partition(":")[0]
        return {"id": host, "name": "Loupe"}


def passkeys_work_here(request: HttpRequest) -> bool:
    """Say whether browsers keep passkeys for the address that the request came to."""
    return keeps_passkeys(f"{request.scheme}://{request.get_host()}")


def keeps_passkeys(address: str) -> bool:
    """Say whether browsers keep passkeys for `address`: a name over https, or localhost."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False
