"""The OpenAPI schema as people read it: operations by section, fields with types and limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

PREFIX = "/api/v1/"
METHODS = ("get", "head", "post", "put", "patch", "delete")
# Words for what limits a value, in the order in which they are read.
LIMITS = {
    "minimum": "from {}",
    "maximum": "to {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} entries or more",
    "maxItems": "{} entries at most",
}


@dataclass(frozen=True)
class Kind:
    """What a value may be: `text` in words; `shape` names the shape of an object, if it is one."""

    text: str
    shape: str = ""


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: Kind
    required: bool
    note: str


@dataclass(frozen=True)
class Operation:
    """One call: where it is sent, what it takes and what it answers."""

    id: str
    method: str
    path: str
    title: str
    text: str
    parameters: list[Field]
    bodies: list[tuple[str, Kind]]
    answers: list[tuple[str, Kind, str]]


@dataclass(frozen=True)
class Shape:
    """The fields of an object that bodies or answers hold."""

    name: str
    text: str
    fields: list[Field]


@dataclass(frozen=True)
class Reference:
    """The whole API."""

    sections: dict[str, list[Operation]]
    shapes: list[Shape]


@cache
def api_reference() -> Reference:
    """Return the API as it is; the schema does not change while a process lives."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    shapes = schema["components"]["schemas"]
    sections: dict[str, list[Operation]] = {}
    for path, operations in schema["paths"].items():
        section = path.removeprefix(PREFIX).split("/", 1)[0]
        found = (
            _operation(path, method, operations[method], shapes)
            for method in METHODS
            if method in operations
        )
        sections.setdefault(section, []).extend(found)
    named = [_shape(name, shapes) for name in sorted(shapes) if "properties" in shapes[name]]
    return Reference(sections=dict(sorted(sections.items())), shapes=named)


def _operation(
    path: str, method: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Operation:
    text = operation.get("description", "")
    title = operation.get("summary") or text.split("\n")[0]
    parameters = (
        Field(
            one["name"],
            _kind(one["schema"], shapes),
            one.get("required", False),
            _note(one["schema"], one.get("description", "")),
        )
        for one in operation.get("parameters", [])
    )
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        title=title,
        text="" if text == title else text.removeprefix(title).strip(),
        parameters=sorted(parameters, key=lambda one: not one.required),
        bodies=list(_contents(operation.get("requestBody", {}), shapes)),
        answers=list(_answers(operation["responses"], shapes)),
    )


def _contents(holder: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[tuple[str, Kind]]:
    for media_type, media in holder.get("content", {}).items():
        yield media_type, _kind(media.get("schema", {}), shapes)


def _answers(
    responses: Mapping[str, Any], shapes: Mapping[str, Any]
) -> Iterator[tuple[str, Kind, str]]:
    refused = [str(status) for status, response in responses.items() if "$ref" in response]
    for status, response in responses.items():
        if status in refused:
            continue
        kinds = list(dict.fromkeys(kind for _, kind in _contents(response, shapes)))
        for kind in kinds or [Kind("nothing")]:
            yield str(status), kind, _with_headers(response)
    if refused:
        yield ", ".join(refused), Kind("Problem", "Problem"), ""


def _with_headers(response: Mapping[str, Any]) -> str:
    headers = ", ".join(f"`{name}`" for name in response.get("headers", {}))
    text = str(response.get("description", ""))
    return f"{text} Headers: {headers}.".strip() if headers else text


def _shape(name: str, shapes: Mapping[str, Any]) -> Shape:
    shape = shapes[name]
    required = shape.get("required", [])
    fields = [
        Field(
            field,
            _kind(schema, shapes),
            field in required,
            _note(schema, schema.get("description", "")),
        )
        for field, schema in shape["properties"].items()
    ]
    return Shape(name=name, text=shape.get("description", ""), fields=fields)


def _kind(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Kind:
    """Return what a schema allows, in words, with the shape that it names."""
    kind = _bare_kind(schema, shapes)
    return Kind(f"{kind.text} or null", kind.shape) if schema.get("nullable") else kind


def _bare_kind(schema: Mapping[str, Any], shapes: Mapping[str, Any]) -> Kind:
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[-1]
        return Kind(name, name) if "properties" in shapes[name] else _kind(shapes[name], shapes)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            kinds = [_kind(one, shapes) for one in schema[several]]
            return Kind(
                " or ".join(one.text for one in kinds),
                next((one.shape for one in kinds if one.shape), ""),
            )
    if "enum" in schema:
        return Kind("one of " + ", ".join(_said(value) for value in schema["enum"]))
    if schema.get("type") == "array":
        entry = _kind(schema.get("items", {}), shapes)
        return Kind(f"list of {entry.text}", entry.shape)
    if isinstance(held := schema.get("additionalProperties"), dict) and held:
        entry = _kind(held, shapes)
        return Kind(f"object of {entry.text}", entry.shape)
    words = {"binary": "file", "uuid": "UUID", "date-time": "time (ISO 8601)", "uri": "address"}
    return Kind(words.get(schema.get("format", ""), schema.get("type", "anything")))


def _note(schema: Mapping[str, Any], text: str) -> str:
    limits = [words.format(f"{schema[name]:,}") for name, words in LIMITS.items() if name in schema]
    if "default" in schema:
        limits.append(f"{_said(schema['default'])} by default")
    if schema.get("readOnly"):
        limits.append("answered only")
    said = ", ".join(limits)
    said = said[:1].upper() + said[1:]
    return ". ".join(part for part in (text.strip().rstrip("."), said) if part)


def _said(value: object) -> str:
    if value is None or value == "":
        return "null" if value is None else "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)
