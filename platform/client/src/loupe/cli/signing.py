"""`loupe login`, `loupe logout`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from loupe.api import Api
from loupe.cli.arguments import Commands, command
from loupe.cli.output import remark, say, say_json
from loupe.client import Loupe
from loupe.errors import Invalid, LoupeError, NotSignedIn, SignedOut
from loupe.files import SignIns

SCOPES = ("read", "write", "predict")
_AT_HOME = ("localhost", "127.0.0.1", "::1")


def add_commands(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add them."""
    login = command(
        commands,
        common,
        "login",
        log_in,
        "sign in at a Loupe and keep the token",
        "Sign in at a Loupe: it shows a code, which you confirm in your browser. The token is kept "
        "in ~/.config/loupe/credentials.json, which only you may read.",
    )
    login.add_argument("address", nargs="?", help="such as https://loupe.example.org")
    login.add_argument(
        "--token-stdin", action="store_true", help="read an API token from standard input instead"
    )
    login.add_argument(
        "--days", type=int, default=90, metavar="N", help="how long the token lives (90)"
    )
    command(commands, common, "logout", log_out, "revoke the token and forget it")


def log_in(args: argparse.Namespace) -> int:
    """Get a token, check it, keep it."""
    url = args.address or args.url or os.environ.get("LOUPE_URL") or SignIns().last()
    if not url:
        raise NotSignedIn("Which Loupe? `loupe login https://loupe.example.org`")
    api = Api(url)
    parts = urlsplit(api.url)
    if parts.scheme == "http" and parts.hostname not in _AT_HOME:
        remark("This address is not https: the token travels unencrypted.")
    if args.token_stdin:
        made: dict[str, Any] = {"token": sys.stdin.readline().strip()}
        if not made["token"]:
            raise NotSignedIn("There is no token on standard input.")
    else:
        made = _asked_in_the_browser(api, args.days)
    with Loupe(Api(api.url, made["token"])) as client:
        username = client.me()["username"]
    kept = {"token": made["token"], "id": made.get("id"), "username": username}
    SignIns().keep(api.url, kept)
    if args.json:
        say_json({"url": api.url, "username": username, "expires_at": made.get("expires_at")})
    else:
        say(f"Signed in at {api.url} as {username}.")
    return 0


def log_out(args: argparse.Namespace) -> int:
    """Revoke the token at the server, then forget it."""
    sign_ins = SignIns()
    url = args.url or sign_ins.last()
    if not url:
        raise NotSignedIn("You are not signed in anywhere.")
    url = Api(url).url
    kept = sign_ins.of(url)
    if not kept:
        raise NotSignedIn(f"You are not signed in at {url}.")
    try:
        if kept.get("id"):
            Api(url, kept["token"]).delete(f"auth/tokens/{kept['id']}/")
        else:
            remark("The token was not made by `loupe login`: it stays valid. Revoke it in Loupe.")
    except SignedOut:
        remark("The token was over already.")
    sign_ins.forget(url)
    say(f"Signed out at {url}.")
    return 0


def _asked_in_the_browser(api: Api, days: int) -> dict[str, Any]:
    """Ask for a token and wait until its person has approved it (RFC 8628)."""
    wish = {
        "name": f"loupe on {platform.node() or 'a machine'}"[:80],
        "scopes": list(SCOPES),
        "expires_in_days": days,
    }
    asked = api.post("auth/device/", wish)
    remark(f"Open {asked['verification_uri']} and enter the code {asked['user_code']}")
    deadline = time.monotonic() + asked["expires_in"]
    interval = float(asked["interval"])
    while time.monotonic() < deadline:
        time.sleep(interval)
        try:
            made = api.post("auth/device/token/", {"device_code": asked["device_code"]})
            return dict(made)
        except Invalid as error:
            if error.code == "slow_down":
                interval += 1
            elif error.code != "authorization_pending":
                raise
    raise LoupeError("No one has entered the code in time. Run `loupe login` again.")
