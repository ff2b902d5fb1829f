"""Settings that fit together or do not: the key, the address, who may reach Loupe and how."""

import os
from collections.abc import Iterator

from django.conf import settings

from config.doctor.finding import Finding, Level
from config.environment import PUBLIC_URL, public_address
from programs.isolation import is_available

PART = "settings"
LOCAL = ("localhost", "127.0.0.1", "::1")
KEY_CHARACTERS, KEY_DIFFERENT = 32, 12
PLACEHOLDERS = ("insecure", "changeme", "change-me", "secret", "example")


def look_at_key() -> Iterator[Finding]:
    """Yield whether SECRET_KEY can be guessed."""
    key = settings.SECRET_KEY
    short = len(key) < KEY_CHARACTERS or len(set(key)) < KEY_DIFFERENT
    if not short and not any(word in key.lower() for word in PLACEHOLDERS):
        yield Finding(PART, Level.OK, "SECRET_KEY is long.")
        return
    yield Finding(
        PART,
        Level.FAULT,
        "SECRET_KEY is short, or one that stands in examples.",
        "A stranger who guesses it makes sessions and links of any person.",
        "Make another and set it on every machine (people sign in again, authenticator apps and "
        "secrets of webhooks are set up again): "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    )


def look_at_address() -> Iterator[Finding]:
    """Yield whether LOUPE_PUBLIC_URL, which links in mails begin with, is an address."""
    host = public_address.hostname or ""
    if public_address.scheme not in ("http", "https") or not host:
        yield Finding(
            PART,
            Level.FAULT,
            f"LOUPE_PUBLIC_URL is no address of the web: {PUBLIC_URL!r}.",
            "Links in mails lead nowhere, and requests of people are refused.",
            "Set it to what people type, such as https://loupe.example.org",
        )
    else:
        yield Finding(PART, Level.OK, f"People come by {PUBLIC_URL}.")


def look_at_way_in() -> Iterator[Finding]:
    """Yield whether that address, the one to listen on and the proxy fit together."""
    yield from _of_address()
    yield from _of_proxy()


def _of_address() -> Iterator[Finding]:
    host = public_address.hostname or ""
    listens = os.environ.get("LOUPE_HOST", "") or "127.0.0.1"
    if host in ("0.0.0.0", "::") or (host in LOCAL and listens not in LOCAL):  # noqa: S104
        yield Finding(
            PART,
            Level.WARNING,
            f"Loupe listens on {listens}, but people would come by {PUBLIC_URL}.",
            "Requests from other machines name another host and are refused (400).",
            "Set LOUPE_PUBLIC_URL to the address that people use.",
        )
    elif public_address.scheme == "http" and host not in LOCAL:
        yield Finding(
            PART,
            Level.WARNING,
            f"People come by {PUBLIC_URL}, without TLS.",
            "Passwords, tokens and images can be read on the way, and passkeys do not work.",
            "Put a proxy with TLS in front and set LOUPE_PUBLIC_URL to its https address.",
        )


def _of_proxy() -> Iterator[Finding]:
    proxies = os.environ.get("FORWARDED_ALLOW_IPS", "")
    if public_address.scheme == "https" and not proxies:
        yield Finding(
            PART,
            Level.WARNING,
            "LOUPE_PUBLIC_URL is https, and FORWARDED_ALLOW_IPS names no proxy.",
            "All people without an account seem to come from the proxy: they share one turn, and "
            "limits on wrong passwords count them together.",
            "Set FORWARDED_ALLOW_IPS to the proxy's address.",
        )
    if "*" in proxies:
        yield Finding(
            PART,
            Level.WARNING,
            "FORWARDED_ALLOW_IPS believes every sender (*).",
            "A stranger who reaches the web server itself can write any address into its records.",
            "Set FORWARDED_ALLOW_IPS to the proxy's address.",
        )


def look_at_isolation() -> Iterator[Finding]:
    """Yield whether decoders of strangers' files run without network, `/proc` and files."""
    if is_available():
        yield Finding(PART, Level.OK, "Decoders of strangers' files are isolated.")
        return
    yield Finding(
        PART,
        Level.WARNING,
        "Decoders of strangers' files keep the network, /proc and the files of Loupe's user.",
        "A file that takes a decoder over could call out or read what Loupe's user can read.",
        "Allow user namespaces to Loupe's user (docs/operator-guide.md, “Decoders of strangers' "
        "files”).",
    )
