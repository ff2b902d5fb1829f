"""The API as a page of Markdown, generated from the OpenAPI schema."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "head", "post", "put", "patch", "delete")
HEADER = """# API

Generated from the OpenAPI schema by `manage.py write_api_page`; do not edit. Your own installation
shows it at `/api/v1/docs/` with every field, limit and default, and serves the schema itself at
`/api/v1/schema/`.

Send `Authorization: Bearer <token>`. Lists are pages `{next, previous, results}`, newest first.
Whatever takes longer than a moment answers 202 with a `job` to follow. Errors are
`application/problem+json`: `{type, title, status, detail, code, errors}`. A field or parameter that
a call does not know is refused with the names that it knows, the nearest first; so is one that
stands twice. A body may come in chunks, without Content-Length.
"""


def api_page() -> str:
    """Return the whole page: one table per first path segment, one row per operation."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    sections: dict[str, list[str]] = {}
    for path, operations in schema["paths"].items():
        relative = path.removeprefix("/api/v1/")
        section = relative.split("/", 1)[0]
        sections.setdefault(section, []).extend(_rows(relative, operations))
    parts = [HEADER]
    for section in sorted(sections):
        table = "\n".join(sections[section])
        parts.append(
            f"## {section}\n\n| call | body | answer | what it does |\n|---|---|---|---|\n{table}\n"
        )
    return "\n".join(parts)


def _rows(path: str, operations: dict[str, Any]) -> Iterator[str]:
    for method in METHODS:
        if operation := operations.get(method):
            summary = operation.get("summary") or operation.get("description", "").split("\n")[0]
            answers = f"{_body(operation)} | {_answer(operation)}"
            yield f"| `{method.upper()} {path}` | {answers} | {summary} |"


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    names = {_name(media.get("schema", {})) for media in content.values()}
    return ", ".join(sorted(names - {""}))


def _answer(operation: dict[str, Any]) -> str:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = response.get("content", {})
            names = sorted({_name(media.get("schema", {})) for media in content.values()} - {""})
            return f"{status} {', '.join(names)}".strip()
    return ""


def _name(schema: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        return str(reference.rsplit("/", 1)[-1])
    if schema.get("type") == "array":
        return f"[{_name(schema['items'])}]"
    return ""
