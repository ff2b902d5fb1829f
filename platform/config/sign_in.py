"""Settings about signing in that need more than a line: the address, and OpenID Connect."""

import json
from dataclasses import dataclass
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

PROVIDER_ID = "provider"
ROLES = ("viewer", "editor", "admin", "owner")


def public_host(host: str) -> str:
    """Return the name that people type for the machine that listens on `host`.

    Browsers keep no passkeys for IP addresses, so that this machine is called localhost.
    """
    return "localhost" if host in ("", "127.0.0.1") else host


@dataclass(frozen=True)
class OpenIDRules:
    """What the people of the OpenID provider may do.

    `domains`: of which mail addresses may sign up, all lower case; none: as by the form.
    `group_roles`: {group: {slug of an organization: role}}; `groups_claim` lists a person's groups.
    """

    domains: list[str]
    groups_claim: str
    group_roles: dict[str, dict[str, str]]


def openid_settings(env: environ.Env) -> tuple[OpenIDRules, dict[str, Any]]:
    """Return the rules, and allauth's setting for the provider that LOUPE_OIDC_URL names, if any.

    Raises `ImproperlyConfigured` for half a configuration, or groups that cannot be read.
    """
    url = env.str("LOUPE_OIDC_URL", default="").rstrip("/")
    domains = env.list("LOUPE_OIDC_DOMAINS", default=[])
    rules = OpenIDRules(
        domains=[name.strip().lower() for name in domains],
        groups_claim=env.str("LOUPE_OIDC_GROUPS_CLAIM", default="groups"),
        group_roles=_group_roles(env.str("LOUPE_OIDC_GROUP_ROLES", default="")),
    )
    return rules, {"openid_connect": {"APPS": [_app(env, url)]}} if url else {}


def _app(env: environ.Env, url: str) -> dict[str, Any]:
    client, secret = (
        env.str(name, default="") for name in ("LOUPE_OIDC_CLIENT_ID", "LOUPE_OIDC_CLIENT_SECRET")
    )
    if not client or not secret:
        raise ImproperlyConfigured(
            "LOUPE_OIDC_URL is set, so LOUPE_OIDC_CLIENT_ID and LOUPE_OIDC_CLIENT_SECRET must be."
        )
    scopes = env.str("LOUPE_OIDC_SCOPES", default="openid profile email").split()
    return {
        "provider_id": PROVIDER_ID,
        "name": env.str("LOUPE_OIDC_NAME", default="single sign-on"),
        "client_id": client,
        "secret": secret,
        "settings": {
            "server_url": url,
            "scope": scopes,
            "oauth_pkce_enabled": True,
            "verified_email": env.bool("LOUPE_OIDC_TRUST_EMAIL", default=False),
        },
    }


def _group_roles(text: str) -> dict[str, dict[str, str]]:
    """Read `{"group": {"organization's slug": "role"}}`."""
    if not text:
        return {}
    try:
        groups = json.loads(text)
        well_formed = all(role in ROLES for roles in groups.values() for role in roles.values())
    except (ValueError, AttributeError):
        well_formed = False
    if not well_formed:
        raise ImproperlyConfigured(
            'LOUPE_OIDC_GROUP_ROLES is JSON such as {"labellers": {"field-station": "editor"}}: '
            f"group, slug of an organization, role ({', '.join(ROLES)}). It is {text!r}."
        )
    return groups
