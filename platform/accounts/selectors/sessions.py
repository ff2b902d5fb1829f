"""A person's sessions in browsers."""

from typing import NamedTuple

from allauth.usersessions.models import UserSession

from accounts.models import User
from common.errors import NotFound

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SessionLine(NamedTuple):
    """A session as its page shows it."""

    session: UserSession
    browser: str
    current: bool


def sessions_of(user: User, current_key: str | None) -> list[SessionLine]:
    """Return the person's sessions that are still open, the newest first."""
    rows = UserSession.objects.purge_and_list(user)
    lines = [
        SessionLine(row, browser_name(row.user_agent), row.session_key == current_key)
        for row in rows
    ]
    return sorted(lines, key=lambda line: (line.current, line.session.created_at), reverse=True)


def session_of(user: User, session_id: int) -> UserSession:
    """Return one session of the user's own; raises `NotFound`."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        raise NotFound("You have no such session.")
    return session


def browser_name(user_agent: str) -> str:
    """Return a browser in two words, such as "Firefox on Linux", as far as it says what it is."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
