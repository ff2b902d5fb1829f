"""Who sends a request, by its token or session: before the request is read, and for no right."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from knox.crypto import hash_token

from accounts.models import APIToken


def person_of_token(token: str) -> str | None:
    """Return the key of the person whose token this is, None where it is not accepted."""
    found = APIToken.objects.select_related("user").filter(digest=hash_token(token)).first()
    if found is None or found.is_expired or not found.user.is_active:
        return None
    return str(found.user.pk)


def person_of_session(key: str) -> str | None:
    """Return the key of the person who is signed in by this session, None where no one is."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return str(user.pk) if user.is_authenticated else None
