"""Programs' requests for tokens."""

import re

from django.utils import timezone

from accounts.models import DeviceRequest
from common.errors import NotFound


def open_request(user_code: str, *, lock: bool = False) -> DeviceRequest:
    """Return the undecided request with this code, typed in any case, with or without the hyphen.

    `lock` takes the row until the end of the transaction. Raises `NotFound`.
    """
    letters = re.sub(r"[^A-Z]", "", user_code.upper())
    rows = DeviceRequest.objects.select_for_update() if lock else DeviceRequest.objects.all()
    found = rows.filter(
        user_code=f"{letters[:4]}-{letters[4:]}",
        decision=DeviceRequest.Decision.OPEN,
        expires_at__gt=timezone.now(),
    ).first()
    if found is None:
        raise NotFound("No program waits with this code. Codes work once, for 10 minutes.")
    return found
