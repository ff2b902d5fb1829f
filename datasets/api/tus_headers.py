"""Headers of tus 1.0.0: what a request may say in them, for the schema and for the views alike."""

import base64
import binascii
import re
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.request import Request

from common.errors import FieldError, Invalid
from common.texts import decoded
from datasets.services.intake.uploads import CHECKSUMS, Checksum

VERSION = "1.0.0"
MAX_METADATA = 2000
_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
# A key is printable ASCII without space and comma; its value may be missing.
_PAIR = rf"[!-+\-.-~]+(?: {_BASE64})?"
METADATA = rf"^(?:{_PAIR}(?:, ?{_PAIR})*)?$"
# 20 and 32 bytes in Base64.
CHECKSUM = "^(?:sha1 [A-Za-z0-9+/]{27}=|sha256 [A-Za-z0-9+/]{43}=)$"


def _asked(name: str, schema: dict[str, Any], text: str, required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, required=required, description=text
    )


def _answered(name: str, schema: Any, codes: list[int], text: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, schema, OpenApiParameter.HEADER, required=True, response=codes, description=text
    )


_BYTES = {"type": "integer", "minimum": 0, "maximum": settings.ARCHIVE_MAX_BYTES}
RESUMABLE = OpenApiParameter(
    "Tus-Resumable",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    enum=[VERSION],
    description="Another version, or none, is refused with 412.",
)
LENGTH = _asked("Upload-Length", {**_BYTES, "minimum": 1}, "Bytes in all.", True)
OFFSET = _asked("Upload-Offset", _BYTES, "How many bytes have arrived.", True)
METADATA_GIVEN = _asked(
    "Upload-Metadata",
    {"type": "string", "maxLength": MAX_METADATA, "pattern": METADATA},
    "`filename` and the name in Base64; other keys are kept and told again. Each key once.",
    False,
)
CHECKSUM_GIVEN = _asked(
    "Upload-Checksum",
    {"type": "string", "pattern": CHECKSUM},
    "sha1 or sha256, and the part's digest in Base64; 460 on a mismatch.",
    False,
)
REFUSED = {412: OpenApiResponse(description="`Tus-Resumable` names no version spoken here.")}
LENGTH_TOLD = _answered("Upload-Length", {**_BYTES, "minimum": 1}, [200], "Bytes in all.")
METADATA_TOLD = OpenApiParameter(
    "Upload-Metadata",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="As it was given.",
)


def answered(*codes: int, told: bool = False, created: bool = False) -> list[OpenApiParameter]:
    """Return the headers of answers with these statuses, as the schema lists them.

    `told`: how much has arrived stands among them; `created`: the address of a new upload.
    """
    statuses = list(codes)
    version = {"type": "string", "enum": [VERSION]}
    headers = [
        _answered("Tus-Resumable", version, [*statuses, 412], "The version of the protocol."),
        _answered("Tus-Version", version, [412], "The version that is spoken here."),
    ]
    if told or created:
        until = "Until when the upload is kept without another part (an HTTP date)."
        headers.append(_answered("Upload-Expires", OpenApiTypes.STR, statuses, until))
    if told:
        headers.append(_answered("Upload-Offset", _BYTES, statuses, "How many have arrived."))
    if created:
        address = {"type": "string", "format": "uri-reference"}
        headers.append(_answered("Location", address, statuses, "Where the bytes are sent."))
    return headers


def count(request: Request, name: str, *, least: int) -> int:
    """Return the number in a header; raises `Invalid`."""
    text = request.headers.get(name, "")
    if text.isascii() and text.isdigit() and len(text) <= 15 and int(text) >= least:
        return int(text)
    raise _bad(name, f"must be a whole number from {least} on; received {text[:40] or 'none'}.")


def file_name(metadata: str) -> str:
    """Return the name that Upload-Metadata gives, empty for none; raises `Invalid`."""
    if len(metadata) > MAX_METADATA:
        raise _bad("Upload-Metadata", f"may have {MAX_METADATA} characters.")
    if not re.fullmatch(METADATA, metadata):
        raise _bad(
            "Upload-Metadata",
            "must hold keys with their values in Base64, as `filename cGV0cy56aXA=`, "
            f"with commas between them; received {metadata[:80]}.",
        )
    pairs = [pair.strip().partition(" ") for pair in metadata.split(",")]
    keys = [key for key, _, _ in pairs]
    if repeated := next((key for key in keys if keys.count(key) > 1), ""):
        raise _bad("Upload-Metadata", f"may have each key once; {repeated[:40]} stands twice.")
    value = next((value for key, _, value in pairs if key == "filename"), "")
    try:
        return decoded(_base64(value))
    except ValueError:
        raise _bad("Upload-Metadata", "must have the file's name in Base64.") from None


def checksum(header: str) -> Checksum | None:
    """Return the digest that Upload-Checksum gives, None for none; raises `Invalid`."""
    if not header:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise _bad("Upload-Checksum", f"may be by {' or '.join(CHECKSUMS)}.")
    try:
        return Checksum(algorithm, _base64(value))
    except ValueError:
        raise _bad("Upload-Checksum", "must have the digest in Base64.") from None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _bad(name: str, what: str) -> Invalid:
    detail = f"The header {name} {what}"
    return Invalid(detail, errors=[FieldError(f"/{name}", "invalid", detail)])
