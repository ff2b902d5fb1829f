"""What people send: the form of the sign-up, and the headers of a token or a password."""

import base64

from rest_framework.test import APIClient

FORM = {
    "username": "mira",
    "email": "mira@example.com",
    "password1": "a hive of 9 bees",
    "password2": "a hive of 9 bees",
}


URL = "/api/v1/auth/tokens/"


def basic(username: str, password: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {encoded}"}


def bearer(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client
