"""Who holds an invitation: its link was opened in this browser."""

from django.http import HttpRequest

from accounts.selectors.invitations import invitation_by_secret
from common.errors import NotFound

INVITATION_SESSION_KEY = "invitation"


def holds_invitation(request: HttpRequest) -> bool:
    """Say whether the browser has opened an invitation's link that still works."""
    secret = request.session.get(INVITATION_SESSION_KEY)
    if not secret:
        return False
    try:
        invitation_by_secret(secret)
    except NotFound:
        return False
    return True
