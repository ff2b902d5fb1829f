"""Answers of the API against its OpenAPI schema: status, headers, media type and body."""

from functools import cache

import requests
import schemathesis
from django.http import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from schemathesis.core.failures import FailureGroup

# What HTTP and the middleware add to any answer.
GENERAL_HEADERS = {
    "allow",
    "cache-control",
    "content-disposition",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "vary",
    "x-accel-buffering",
    "x-content-type-options",
    "x-frame-options",
}


@cache
def _schema() -> schemathesis.BaseSchema:
    """Return the schema with every object of an answer closed.

    Clients are told that fields may be added. A field that is answered and that the schema does
    not name is a mistake all the same.
    """
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component.setdefault("additionalProperties", False)
    return schemathesis.openapi.from_dict(schema)


def untruths(method: str, path: str, response: HttpResponseBase) -> list[str]:
    """Return what the schema does not say of an answer, or says otherwise; empty for nothing.

    `path` is the address as the schema writes it, with names in braces.
    """
    operation = _schema()[path][method]
    documented = operation.responses.find_by_status_code(response.status_code)
    if documented is None:
        return [f"the status {response.status_code} is not in the schema"]
    content = b"" if response.streaming else response.content
    named = list(documented.definition.get("content", {}))
    media_type = response.headers.get("Content-Type", "").split(";")[0]
    found = []
    if (media_type not in named) if named else content:
        found.append(f"{media_type} is not in the schema, which has {named}")
    headers = {name.lower(): header for name, header in documented.headers.items()}
    answered = {name.lower(): [value] for name, value in response.headers.items()}
    if response.status_code < 400:
        surplus = answered.keys() - headers.keys() - GENERAL_HEADERS
        found += [f"the header {name} is not in the schema" for name in sorted(surplus)]
    found += [
        f"the header {name} is not in the answer"
        for name, header in headers.items()
        if header.is_required and name not in answered
    ]
    try:
        operation.validate_response(
            schemathesis.Response(
                status_code=response.status_code,
                headers=answered,
                content=content,
                request=requests.Request(method, "http://testserver/").prepare(),
                elapsed=0.0,
                verify=False,
            )
        )
    except FailureGroup as failures:
        found += [str(failure) for failure in failures.exceptions]
    return found
