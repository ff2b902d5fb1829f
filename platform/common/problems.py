"""Errors as RFC 9457 `application/problem+json`."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.errors import DomainError, FieldError, Invalid, TooLarge, pointer_part

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
# People read the first of 10,000 wrong entries; all would be longer than the body.
MOST_ERRORS = 100
STALE_PAGE = (
    "The page is older than your sign-in (its CSRF token is missing or out of date). Reload it, "
    "then try again."
)


def problem(
    *,
    status: int,
    title: str,
    detail: str,
    code: str,
    errors: list[FieldError] | None = None,
    hint: str = "",
) -> dict[str, Any]:
    """Return the members of a problem document; `errors` holds one entry per faulty field."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [error._asdict() for error in errors or []],
    }
    if hint:
        body["hint"] = hint
    return body


INTERNAL = problem(
    status=500,
    title="Internal error",
    detail="Something went wrong on our side. It has been logged.",
    code="internal",
)


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: turn any exception into a problem, and log what is our fault."""
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, SuspiciousOperation):
        exc = suspicious(exc)
    if isinstance(exc, DomainError):
        body = _of(exc)
        if retry_after := getattr(exc, "retry_after_seconds", None):
            headers["Retry-After"] = str(retry_after)
    elif isinstance(exc, exceptions.APIException):
        body, headers = _rest_framework_problem(exc)
    else:
        view = context.get("view")
        logger.exception("unhandled error in %s", type(view).__name__)
        body = INTERNAL
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def suspicious(exc: SuspiciousOperation) -> DomainError:
    """Return in our words what Django refused: its own name settings."""
    if isinstance(exc, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return TooLarge(f"A request to this address may have {limit:,} bytes besides files.")
    if isinstance(exc, TooManyFilesSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return Invalid(f"A request may hold {most} files; this one holds more.")
    if isinstance(exc, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return Invalid(f"A request may hold {most:,} fields; this one holds more.")
    return Invalid("This request cannot be understood.")


def problem_page(exc: DomainError) -> JsonResponse:
    """The same document from a view outside DRF (upload middleware, event streams)."""
    headers = {}
    if retry_after := getattr(exc, "retry_after_seconds", None):
        headers["Retry-After"] = str(retry_after)
    return JsonResponse(_of(exc), status=exc.status, content_type=CONTENT_TYPE, headers=headers)


def internal_problem() -> JsonResponse:
    """What is answered to a fault of ours outside of any view."""
    return JsonResponse(INTERNAL, status=500, content_type=CONTENT_TYPE)


def _of(exc: DomainError) -> dict[str, Any]:
    return problem(
        status=exc.status,
        title=exc.title,
        detail=exc.detail,
        code=exc.code,
        errors=exc.errors,
        hint=exc.hint,
    )


def _rest_framework_problem(
    exc: exceptions.APIException,
) -> tuple[dict[str, Any], dict[str, str]]:
    headers: dict[str, str] = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.ValidationError):
        errors = list(islice(_field_errors(exc.detail, ""), MOST_ERRORS))
        detail = "; ".join(f"{error.pointer or 'body'}: {error.detail}" for error in errors)
        return (
            problem(
                status=400, title="Invalid input", detail=detail, code="invalid", errors=errors
            ),
            headers,
        )
    codes = exc.get_codes()
    # Pages meet this when their person has signed in again since they were opened.
    stale = str(exc.detail).startswith("CSRF Failed")
    body = problem(
        status=exc.status_code,
        title=HTTPStatus(exc.status_code).phrase,
        detail=STALE_PAGE if stale else str(exc.detail),
        code=codes if isinstance(codes, str) else exc.default_code,
    )
    return body, headers


def _field_errors(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, dict):
        for name, value in detail.items():
            below = pointer if name == "non_field_errors" else f"{pointer}/{pointer_part(name)}"
            yield from _field_errors(value, below)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            yield from _field_errors(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield FieldError(pointer, getattr(detail, "code", "invalid"), str(detail))
