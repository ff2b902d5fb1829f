"""Signatures by the scheme of Standard Webhooks (standardwebhooks.com), version 1."""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a secret for one endpoint."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def message_id(delivery: uuid.UUID) -> str:
    """Return the `webhook-id`: the same with every try, so that receivers know a repetition."""
    return f"msg_{delivery.hex}"


def signed_headers(
    *, delivery: uuid.UUID, timestamp: int, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Return the three headers; `timestamp` is in seconds since 1970, of this try.

    There is a signature by each of `secrets`, separated by spaces: a receiver needs one of them.
    """
    name = message_id(delivery)
    content = b".".join([name.encode(), str(timestamp).encode(), body])
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, content) for secret in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
