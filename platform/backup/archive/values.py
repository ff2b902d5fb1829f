"""Values of rows as JSON, and back as COPY takes them: nothing is taken that its field is not."""

import base64
import json
import re
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import BinaryField, BooleanField, Field, JSONField

from backup.errors import Refused

_SHA256 = re.compile(r"[0-9a-f]{64}")


def to_json(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a value as an archive has it."""
    if value is None or isinstance(field, JSONField | BooleanField):
        return value
    if isinstance(field, BinaryField):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(field, ArrayField):
        return [str(each) for each in value]
    return value if isinstance(value, int | float | str) else str(value)


def from_json(field: "Field[Any, Any]", value: Any) -> Any:
    """Return a value as `copy_rows` takes it; raises `Refused` for what the field cannot hold."""
    if value is None:
        return None
    try:
        if isinstance(field, JSONField):
            return json.dumps(value, allow_nan=False)
        if isinstance(field, BinaryField):
            return base64.b64decode(value, validate=True)
        if isinstance(field, ArrayField):
            return "{" + ",".join(str(field.base_field.to_python(each)) for each in value) + "}"
        plain = field.to_python(value)
    except (ValidationError, ValueError, TypeError) as error:
        raise Refused(f"The archive has {str(value)[:60]!r} as {field}: {error}.") from error
    if field.choices and plain not in ("", *(choice for choice, _ in field.flatchoices)):
        raise Refused(
            f"The archive has {str(value)[:60]!r} as {field}, which is none of its values."
        )
    if field.name.endswith("sha256") and not _SHA256.fullmatch(plain):
        raise Refused(f"The archive has {str(value)[:70]!r} as {field}, which is no SHA-256.")
    return plain
