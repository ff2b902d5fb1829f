"""Secrets that Loupe has to know again: encrypted where they are kept.

Who reads a copy of the database has nothing of them without SECRET_KEY.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac


def encrypt(text: str, *, purpose: str) -> str:
    """Encrypt with a key made from SECRET_KEY; each `purpose` has its own."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, *, purpose: str) -> str | None:
    """Return the text, None where SECRET_KEY is another one by now."""
    try:
        return _cipher(purpose).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        return None


def _cipher(purpose: str) -> Fernet:
    key = salted_hmac(purpose, "", secret=settings.SECRET_KEY, algorithm="sha256")
    return Fernet(base64.urlsafe_b64encode(key.digest()))
