"""What the OpenAPI schema says about every operation, said once."""

from typing import Any

METHODS = {"get", "post", "put", "patch", "delete"}
# REST framework trims strings, and Postgres has none with a NUL.
NO_NUL = r"^[^\u0000]*$"
# What a header can carry, of a length that we keep.
HEADER = r"^[!-~]([ -~]{0,253}[!-~])?$"
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"

PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it. "
    "The details say what is allowed and what was received.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the request, or /name of a parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "hint": {"type": "string", "description": "What to do next."},
    },
}
RESPONSE = {
    "description": "The request cannot be carried out; the caller can change that.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def complete(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """drf-spectacular's last step: add answers to errors, and what bodies and strings exclude."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in METHODS:
                operation["responses"].setdefault("4XX", RESPONSE)
                for parameter in operation.get("parameters", []):
                    _say_what_parameters_hold(parameter)
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request"):
            component.setdefault("additionalProperties", False)
            for value in component.get("properties", {}).values():
                _say_what_strings_hold(value)
    return result


def _say_what_strings_hold(value: dict[str, Any]) -> None:
    if value.get("type") == "array":
        _say_what_strings_hold(value["items"])
    elif value.get("type") == "string" and not value.keys() & {"format", "enum", "pattern"}:
        value["pattern"] = NOT_BLANK if value.get("minLength") else NO_NUL


def _say_what_parameters_hold(parameter: dict[str, Any]) -> None:
    if parameter["in"] == "query":
        if parameter["schema"].get("type") == "string" and parameter["name"] != "cursor":
            parameter["schema"].setdefault("minLength", 1)
        _say_what_strings_hold(parameter["schema"])
    elif parameter["in"] == "header" and parameter["schema"] == {"type": "string"}:
        parameter["schema"]["pattern"] = HEADER
