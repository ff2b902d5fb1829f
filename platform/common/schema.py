"""What the OpenAPI schema says about every operation, said once."""

from collections.abc import Iterable
from typing import Any

from common.inputs import InputSerializer

METHODS = {"get", "head", "post", "put", "patch", "delete"}
# REST framework trims strings, and Postgres has none with a NUL.
NO_NUL = r"^[^\u0000]*$"
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


def _content() -> dict[str, Any]:
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _refusal(description: str, **headers: dict[str, Any]) -> dict[str, Any]:
    named = {"headers": {name.replace("_", "-"): header for name, header in headers.items()}}
    return {"description": description, **(named if headers else {}), "content": _content()}


_SECONDS = {
    "schema": {"type": "integer", "minimum": 1},
    "description": "After how many seconds it may be tried again.",
}
# By status, how calls are refused: the name of the component and the answer.
_REFUSALS = {
    "400": ("Invalid", _refusal("Not understood or not allowed; `errors` says what and where.")),
    "401": (
        "NotAuthenticated",
        _refusal(
            "No valid token or session.",
            WWW_Authenticate={"schema": {"type": "string"}, "description": "How to sign in."},
        ),
    ),
    "403": ("Forbidden", _refusal("It needs a higher role, or a token with another scope.")),
    "404": ("NotFound", _refusal("No such object, or none that the caller may know of.")),
    "408": ("TooSlow", _refusal("The body came in too slowly.")),
    "413": ("TooLarge", _refusal("Larger than may be sent here.")),
    "415": ("UnsupportedMediaType", _refusal("A media type that this call does not take.")),
    "429": ("TooMany", _refusal("More than one may ask for now.", Retry_After=_SECONDS)),
    "4XX": ("Refused", _refusal("It cannot be carried out; `code` says why.")),
    "503": (
        "Unavailable",
        _refusal("Loupe is busy, or a part of it is away.", Retry_After=_SECONDS),
    ),
    "507": ("DiskFull", _refusal("The server's disk has no room for the body.")),
}
_NAMES = {status: name for status, (name, _) in _REFUSALS.items()}
REFUSALS = dict(_REFUSALS.values())
# Path, its regular expression, method, view.
Endpoint = tuple[str, str, str, Any]


def add_heads(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """drf-spectacular's first step: add HEAD where a view answers it by itself, without GET."""
    found = list(endpoints)
    heads = {
        path: (path, regex, "HEAD", view)
        for path, regex, _, view in found
        if hasattr(view.cls, "head")
    }
    return [*found, *heads.values()]


def complete(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """drf-spectacular's last step: add answers to errors, and what bodies and strings exclude."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["responses"] = REFUSALS
    for operations in result["paths"].values():
        for method, operation in operations.items():
            if method in METHODS:
                _say_how_it_is_refused(method, operation, result["components"]["schemas"])
                for parameter in operation.get("parameters", []):
                    _say_what_parameters_hold(parameter)
    for name, component in result["components"]["schemas"].items():
        if component.get("description") == InputSerializer.__doc__:
            # A body without a docstring of its own has its base class's.
            del component["description"]
        # One of several bodies forbids nothing itself: each of them does.
        if name.endswith("Request") and "oneOf" not in component:
            component.setdefault("additionalProperties", False)
            for value in component.get("properties", {}).values():
                _say_what_strings_hold(value)
    return result


def _is_one_of_several(body: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether a body is one of several objects: it says which, so it has to be there."""
    shapes = [content["schema"].get("$ref", "") for content in body["content"].values()]
    return any("oneOf" in schemas.get(shape.rpartition("/")[2], {}) for shape in shapes)


def _say_how_it_is_refused(method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        if status.startswith("4") and method != "head":
            response.setdefault("content", _content())
    statuses = ["400", "429", "4XX", "503"]
    if operation.get("security"):
        statuses += ["401", "403"]
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", [])):
        statuses.append("404")
    if "requestBody" in operation:
        if _is_one_of_several(operation["requestBody"], schemas):
            operation["requestBody"]["required"] = True
        statuses += ["408", "413", "415", "507"]
    for status in sorted(statuses):
        name = _NAMES[status]
        responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    if method == "head":
        # Such an answer has a head only.
        for status in statuses:
            responses[status] = {
                name: value for name, value in REFUSALS[_NAMES[status]].items() if name != "content"
            }


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
