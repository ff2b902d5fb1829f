"""`Idempotency-Key`: a POST sent again gets the answer of the first, and nothing is done twice."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from common.errors import Conflict, Invalid
from jobs.models import IdempotencyKey

HEADER = "Idempotency-Key"
MAX_LENGTH = 255


class IdempotentMixin:
    """For API views whose POST starts work.

    The first request with a key and everything it writes are one transaction, so that the same
    request sent twenty times at once is done once: the others wait for it and get its answer. The
    same key with another body or address is a `Conflict`. Keys are the caller's own and are kept
    for a day; an answer that is an error is not kept.
    """

    idempotent = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After DRF's checks, let a POST that carries a key go through `_once`."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = request.headers.get(HEADER)
        if key is not None and request.method == "POST":
            post = self.post  # type: ignore[has-type]
            self.post = lambda *a, **k: _once(_checked(key), request, lambda: post(*a, **k))


def _checked(key: str) -> str:
    if not (0 < len(key) <= MAX_LENGTH and key.isprintable()):
        raise Invalid(
            f"{HEADER} holds 1 to {MAX_LENGTH} printable characters; {len(key)} were received."
        )
    return key


def _once(key: str, request: Request, act: Callable[[], Response]) -> Response:
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        try:
            with transaction.atomic():
                # Waits here while another request with this key is at work.
                row = IdempotencyKey.objects.create(
                    user=cast(User, request.user), key=key, fingerprint=fingerprint
                )
        except IntegrityError:
            return _again(key, request, fingerprint)
        response = act()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        row.status = response.status_code
        row.body = _as_json(response.data)
        row.location = response.headers.get("Location", "")
        row.save()
        return response


def _again(key: str, request: Request, fingerprint: str) -> Response:
    row = IdempotencyKey.objects.get(user=cast(User, request.user), key=key)
    if row.fingerprint != fingerprint:
        raise Conflict(
            f"This {HEADER} was used for another request. A key stands for one request: "
            "send the same body, or choose a new key.",
            code="idempotency_key_reused",
        )
    headers = {"Idempotent-Replayed": "true"}
    if row.location:
        headers["Location"] = row.location
    return Response(row.body, status=row.status, headers=headers)


def _fingerprint(request: Request) -> str:
    """Return a digest of method, address and content; a multipart boundary makes no difference."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}".encode())
    data = request.data
    if hasattr(data, "lists"):
        for name, values in sorted(data.lists()):
            digest.update(f"\0{name}".encode())
            for value in values:
                digest.update(b"\1")
                for block in _blocks(value):
                    digest.update(block)
    else:
        digest.update(json.dumps(data, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _blocks(value: str | UploadedFile) -> Iterable[bytes]:
    if not isinstance(value, UploadedFile):
        return [str(value).encode()]
    digest = hashlib.sha256()
    for block in value.chunks():
        digest.update(block)
    value.seek(0)
    return [str(value.name).encode(), digest.digest()]


def _as_json(data: Any) -> Any:
    return json.loads(JSONRenderer().render(data)) if data is not None else None
