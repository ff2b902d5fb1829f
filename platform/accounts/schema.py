"""Names of the ways to authenticate, for the OpenAPI schema."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class APITokenScheme(OpenApiAuthenticationExtension):
    """Names the bearer token in the OpenAPI schema."""

    target_class = "accounts.authentication.APITokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme object."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `POST auth/tokens/` or the page Tokens.",
        }


class PasswordScheme(OpenApiAuthenticationExtension):
    """Names HTTP Basic in the OpenAPI schema."""

    target_class = "accounts.authentication.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme object."""
        return {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password of an account without a second factor, "
            "to make the first token.",
        }
